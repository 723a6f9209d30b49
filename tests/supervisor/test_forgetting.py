from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.personal_data.entities import Erasure
from accounts.stores import services as stores
from accounts.tokens import issue_token
from storage.audit import history
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import forgetting, repository, retention, retention_repository, services
from supervisor.callbacks.repository import deliveries_of
from supervisor.entities import Code, Person, Question, Request, now_in_milliseconds
from supervisor.errors import InvalidRequest
from supervisor.own_data import RequestsKeeper
from supervisor.retention import RetentionChanged
from tests.supervisor.test_services import QUESTION, ask, at_once, overdue

DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)


def closed(ana: Actor, request: Request, ago: timedelta) -> Request:
    """The same, stored as if it had been answered so long ago."""
    store_id = request.store_id
    answered = services.answer(actor=ana, store_id=store_id, request_id=request.id, text="Yes.")
    old = replace(answered, closed_at=now_in_milliseconds() - ago)
    transaction = Transaction()
    repository.replace_request(transaction, answered, old)
    transaction.commit()
    return stored(request)


def stored(request: Request) -> Request:
    found = repository.get_request(request.store_id, request.id)
    assert found is not None
    return found


def names_caller(request: Request) -> bool:
    question = stored(request).question
    return bool(question.caller_name or question.phone_number)


def keep_for(actor: Actor, days: int) -> None:
    version = retention.find_retention(actor).version or 0
    retention.change_retention(actor=actor, days=days, version=version)


def test_callers_go_when_their_time_is_over_and_nothing_else_does(
    alice: User, ana: Actor, steve: Actor, harbour: str
) -> None:
    old = closed(ana, ask(steve, harbour), 30 * DAY + A_MINUTE)
    recent = closed(ana, ask(steve, harbour), 30 * DAY - A_MINUTE)
    waiting = ask(steve, harbour)
    assert forgetting.forget_callers() == 0, "kept for longer where nobody says anything"
    keep_for(alice.actor, 30)
    assert forgetting.forget_callers() == 1
    after = stored(old)
    question: Question = replace(old.question, caller_name="", phone_number="")
    assert after == replace(old, question=question, version=(old.version or 0) + 1)
    assert names_caller(recent)
    assert names_caller(waiting)
    (entry, *_) = history(old.audit_subject).items
    assert (entry.action, entry.changes) == ("supervisor.forget_caller_request", {})
    with measure() as meter:
        assert forgetting.forget_callers() == 0
    assert len([call for call in meter.calls if call.operation == "Query"]) <= 3


def test_runs_at_once_and_runs_cut_short_do_each_request_once(
    alice: User, ana: Actor, steve: Actor, harbour: str
) -> None:
    keep_for(alice.actor, 1)
    old = [closed(ana, ask(steve, harbour), 2 * DAY) for _ in range(5)]
    assert forgetting.forget_callers(most=2) == 2
    assert sum(map(names_caller, old)) == 3
    results = at_once(lambda _: forgetting.forget_callers(), 4)
    assert sum(one for one in results if isinstance(one, int)) == 3, results
    assert not any(map(names_caller, old))
    for request in old:
        actions = [entry.action for entry in history(request.audit_subject).items]
        assert actions.count("supervisor.forget_caller_request") == 1


def test_the_setting_of_the_server_holds_where_an_organisation_says_nothing(
    alice: User, ana: Actor, steve: Actor, harbour: str, settings: Settings
) -> None:
    assert settings.REQUEST_RETENTION_DAYS == 90
    old = closed(ana, ask(steve, harbour), 40 * DAY)
    settings.REQUEST_RETENTION_DAYS = 30
    keep_for(alice.actor, 0)
    assert forgetting.forget_callers() == 0
    keep_for(alice.actor, 41)
    assert forgetting.forget_callers() == 0
    keep_for(alice.actor, 39)
    out = StringIO()
    call_command("forget_callers", stdout=out)
    assert out.getvalue() == "1 caller forgotten.\n"
    assert not names_caller(old)


def test_the_sweeper_forgets_by_the_way_once_an_hour(
    alice: User, ana: Actor, steve: Actor, harbour: str
) -> None:
    keep_for(alice.actor, 1)
    first = closed(ana, ask(steve, harbour), 2 * DAY)
    call_command("sweep_requests", stdout=StringIO())
    assert not names_caller(first)
    second = closed(ana, ask(steve, harbour), 2 * DAY)
    with measure() as meter:
        assert forgetting.forget_by_the_way() == 0
    assert [call.operation for call in meter.calls] == ["GetItem"]
    assert names_caller(second)


def test_one_that_was_reopened_meanwhile_keeps_its_caller(
    alice: User, ana: Actor, steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_for(alice.actor, 1)
    late = overdue(ask(steve, harbour))
    again = services.reopen(actor=ana, store_id=harbour, request_id=late.id)
    assert again.closed_at is None
    # The index lags.
    monkeypatch.setattr(retention_repository, "with_callers", lambda *_, **__: [(harbour, late.id)])
    assert forgetting.forget_callers() == 0
    assert names_caller(late)


def test_who_has_many_callers_to_forget_does_not_keep_others_waiting(
    alice: User,
    charlie: User,
    ana: Actor,
    steve: Actor,
    harbour: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pier = stores.create_store(
        actor=charlie.actor, said={"name": "Pier", "time_zone": "Europe/Madrid"}
    ).store.store_id
    old = []
    for actor, store_id in ((alice.actor, harbour), (charlie.actor, pier)):
        keep_for(actor, 1)
        old += [closed(actor, ask(actor, store_id), 2 * DAY) for _ in range(3)]
    monkeypatch.setattr(forgetting, "EVERY", -A_MINUTE)
    monkeypatch.setattr(forgetting, "MOST_BY_THE_WAY", 2)
    assert [forgetting.forget_by_the_way() for _ in range(2)] == [2, 2]
    named = [sum(map(names_caller, some)) for some in (old[:3], old[3:])]
    assert named == [1, 1], "a turn each"
    monkeypatch.setattr(forgetting, "MOST_BY_THE_WAY", 100)
    monkeypatch.setattr(forgetting, "MOST_OF_ONE", 1)
    assert sum(forgetting.forget_by_the_way() for _ in range(2)) == 2
    assert not any(map(names_caller, old))


def test_a_turn_that_nobody_else_needs_goes_to_who_is_behind(
    alice: User, ana: Actor, steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_for(alice.actor, 1)
    old = [closed(ana, ask(steve, harbour), 2 * DAY) for _ in range(6)]
    monkeypatch.setattr(forgetting, "MOST_OF_ONE", 1)
    monkeypatch.setattr(forgetting, "MOST_BY_THE_WAY", 4)
    assert forgetting.forget_by_the_way() == 4
    assert forgetting.forget_by_the_way() == 2, "what is left does not wait for an hour"
    assert not any(map(names_caller, old))
    closed(ana, ask(steve, harbour), 2 * DAY)
    assert forgetting.forget_by_the_way() == 0, "whoever is not behind is looked at once an hour"


def test_who_asks_to_be_forgotten_is_forgotten_whatever_state_the_request_is_in(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    blind = replace(ana, permissions=frozenset({services.VIEW, services.ANSWER}))
    for actor in (steve, blind):
        with pytest.raises(PermissionDenied):
            services.forget_caller(actor=actor, store_id=harbour, request_id=made.id)
    after = services.forget_caller(actor=ana, store_id=harbour, request_id=made.id)
    assert after.code is Code.PENDING_RESPONSE
    assert not names_caller(made)
    again = services.answer(actor=ana, store_id=harbour, request_id=made.id, text="Yes.")
    assert again.answer is not None


def test_only_who_decides_about_all_stores_says_how_long(
    alice: User, ana: Actor, harbour: str
) -> None:
    for actor in (ana, replace(alice.actor, stores=frozenset({harbour}))):
        with pytest.raises(PermissionDenied):
            retention.change_retention(actor=actor, days=1, version=0)
    for wrong in (-1, retention.MOST_DAYS + 1):
        with pytest.raises(InvalidRequest):
            retention.change_retention(actor=alice.actor, days=wrong, version=0)
    retention.change_retention(actor=alice.actor, days=30, version=0)
    with pytest.raises(RetentionChanged):
        retention.change_retention(actor=alice.actor, days=31, version=0)
    results = at_once(
        lambda days: retention.change_retention(actor=alice.actor, days=100 + days, version=1), 8
    )
    lost = [one for one in results if isinstance(one, RetentionChanged)]
    assert len(lost) == 7, results


def test_people_who_are_erased_leave_their_ids_only(
    alice: User, ana: Actor, steve: Actor, harbour: str, settings: Settings
) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    hook = "http://127.0.0.1:9/hook"
    first = services.ask(actor=steve, store_id=harbour, raw=QUESTION, callback_url=hook).request
    services.answer(actor=ana, store_id=harbour, request_id=first.id, text="Yes.")
    services.correct(actor=ana, store_id=harbour, request_id=first.id, text="No.")
    second = ask(steve, harbour)
    services.claim(actor=ana, store_id=harbour, request_id=second.id)
    before = stored(first)
    user = replace(alice, user_id=ana.user_id, name="Ana")
    keeper = RequestsKeeper()
    asked, written = (list[Any](section.content) for section in keeper.export(user))
    assert asked == [], "they are somebody else's"
    assert [(one["request_id"], one["text"]) for one in written] == [
        (first.id, "Yes."),
        (first.id, "No."),
    ]
    erasure = Erasure.of(user)
    assert list(keeper.erase(erasure)) == [None]
    after = stored(first)
    assert after.answer is not None
    assert after.answer.by == after.earlier_answers[0].by == Person(ana.user_id, "")
    assert (after.answer.text, after.asked_by) == ("No.", before.asked_by)
    handling = stored(second).handling
    assert handling is not None
    assert handling.by == Person(ana.user_id, "")
    version = after.version
    assert list(keeper.erase(erasure)) == [None]
    assert stored(first).version == version, "what is done is passed over"
    assert len(deliveries_of(first.id, most=9).deliveries) == 2, "no news to the asker"


def test_programs_read_and_change_it(alice: User, bob: User, ana: Actor, harbour: str) -> None:
    def call(user: User, method: str, path: str, body: object = None, **headers: str) -> Any:
        token = {"Authorization": f"Bearer {issue_token(user).text}", **headers}
        address = f"/api/v1/{path}"
        kind = "application/json"
        return Client().generic(
            method, address, "" if body is None else str(body), kind, headers=token
        )

    where = "organisation/requests/retention"
    found = call(alice, "GET", where)
    assert found.json() == {"days": 90, "version": 0}
    tag = found.headers["ETag"]
    assert call(alice, "GET", where, **{"If-None-Match": tag}).status_code == 304
    changed = call(alice, "PUT", where, '{"days": 90}', **{"If-Match": tag})
    assert changed.json() == {"days": 90, "version": 1}
    stale = call(alice, "PUT", where, '{"days": 91}', **{"If-Match": tag})
    assert (stale.status_code, stale.json()["current"]["days"]) == (412, 90)
    assert call(alice, "PUT", where, '{"days": 91}').status_code == 428
    assert call(alice, "PUT", where, '{"days": -1}', **{"If-Match": tag}).status_code == 422
    assert call(bob, "GET", where).status_code == 403
    assert call(alice, "GET", "organisation/requests/callback-secret").status_code == 404
    secret = call(alice, "POST", "organisation/requests/callback-secret", "{}")
    assert call(alice, "GET", "organisation/requests/callback-secret").json() == secret.json()
    assert secret.json()["secret"].startswith("whsec_")
    replaced = call(alice, "POST", "organisation/requests/callback-secret", "{}")
    assert replaced.json()["secret"] != secret.json()["secret"]
    assert replaced.json()["earlier_valid_until"]
    assert replaced.headers["Cache-Control"] == "no-store"
    assert call(bob, "GET", "organisation/requests/callback-secret").status_code == 403

    asked = call(
        alice,
        "POST",
        f"stores/{harbour}/requests",
        '{"header": "May he return it?", "name": "Mr Romero",'
        ' "callback_url": "https://shop.example.com/hook"}',
    ).json()
    address = f"stores/{harbour}/requests/{asked['id']}"
    call(alice, "POST", f"{address}/cancel", "{}")
    (delivery,) = call(bob, "GET", f"{address}/deliveries").json()["items"]
    assert (delivery["event"], delivery["state"]) == ("request.cancelled", "waiting")
    assert delivery["host"] == "shop.example.com"
    assert "hook" not in str(delivery), "what follows can be a secret"
    assert call(bob, "POST", f"{address}/forget-caller", "{}").status_code == 403
    assert call(alice, "POST", f"{address}/forget-caller", "{}").json()["name"] == ""
    wrong = '{"header": "A", "callback_url": "https://10.0.0.1/"}'
    refused = call(alice, "POST", f"stores/{harbour}/requests", wrong)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "callback_url"
