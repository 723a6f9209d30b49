"""All requests of one telephone number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.test import Client

from accounts.entities import Actor, User
from accounts.errors import ConfirmationNeeded, PermissionDenied
from accounts.permissions import Grants, Role
from accounts.stores import services as stores
from accounts.tokens import issue_token
from storage.audit import history
from supervisor import callers, services
from supervisor.callers import Forgotten, earlier_requests, forget_number
from supervisor.entities import Request
from supervisor.errors import InvalidRequest
from tests.commands import run
from tests.supervisor.invariants import assert_invariants
from tests.supervisor.test_forgetting import names_caller, stored
from tests.supervisor.test_services import ask, at_once, headers, overdue

NUMBER = "+34600123456"
PAGE = "/staff/requests/callers/forget/"


@pytest.fixture
def pier(alice: User) -> str:
    said = {"name": "Pier", "time_zone": "Europe/Madrid"}
    return stores.create_store(actor=alice.actor, said=said).store.store_id


def confirmed(actor: Actor) -> Actor:
    return replace(actor, confirmed_at=datetime.now(UTC))


def told(request: Request) -> list[str]:
    return [entry.action for entry in history(request.audit_subject).items]


def test_who_may_see_callers_sees_what_the_same_number_asked_before(
    alice: User,
    charlie: User,
    steve: Actor,
    ana: Actor,
    harbour: str,
    pier: str,
    log_in: Callable[[User], Client],
) -> None:
    said = {"name": "Elsewhere", "time_zone": "Europe/Madrid"}
    theirs = stores.create_store(actor=charlie.actor, said=said).store.store_id
    ask(charlie.actor, theirs, header="of others")
    ask(steve, harbour, header="first", phone_number="0034 600-123-456")
    ask(steve, harbour, header="another", phone_number="600 123 456")
    ask(steve, harbour, header="nobody", phone_number="")
    ask(steve, pier, header="second")
    shown = ask(steve, harbour, header="third")
    ask(steve, harbour, header="fourth")
    found = earlier_requests(ana, shown)
    assert (headers(found.summaries), found.count) == (["second", "first"], 2)
    bound = replace(ana, stores=frozenset({harbour}))
    assert headers(earlier_requests(bound, shown).summaries) == ["first"]
    assert earlier_requests(replace(ana, permissions=Grants((Role.STAFF,))), shown).count == 0
    address = f"/staff/requests/{harbour}/{shown.id}/"
    page = log_in(alice).get(address).content.decode()
    assert "2 earlier requests from this number" in page
    assert ">second</a>" in page
    for _ in range(24):
        ask(steve, harbour)
    late = earlier_requests(ana, ask(steve, harbour))
    assert (len(late.summaries), late.count, late.has_more) == (5, 25, True)


def test_a_number_is_forgotten_wherever_it_stands(
    ana: Actor, steve: Actor, charlie: User, harbour: str, pier: str
) -> None:
    said = {"name": "Elsewhere", "time_zone": "Europe/Madrid"}
    theirs = stores.create_store(actor=charlie.actor, said=said).store.store_id
    elsewhere = ask(charlie.actor, theirs)
    other = ask(steve, harbour, phone_number="+34 600 123 457")
    waiting, claimed, answered, late, swept, cancelled = (ask(steve, harbour) for _ in range(6))
    far = ask(steve, pier, phone_number="0034600123456")
    services.claim(actor=ana, store_id=harbour, request_id=claimed.id)
    services.answer(actor=ana, store_id=harbour, request_id=answered.id, text="Yes.")
    overdue(late)
    assert services.time_out(overdue(swept))
    services.cancel(actor=steve, store_id=harbour, request_id=cancelled.id)
    all_of_them = (waiting, claimed, answered, late, swept, cancelled, far)
    before = list(map(stored, all_of_them))

    actor = confirmed(ana)
    assert callers.count_requests(actor, number=NUMBER) == (7, False)
    assert forget_number(actor=actor, number=" +34 600 123 456 ") == Forgotten(7, True)
    for request in before:
        question = replace(request.question, caller_name="", phone_number="")
        version = (request.version or 0) + 1
        assert stored(request) == replace(request, question=question, version=version)
        entry = history(request.audit_subject).items[0]
        assert (entry.action, entry.actor_name) == ("supervisor.forget_caller_request", "Ana")
        assert entry.changes == {}
    assert names_caller(other)
    assert names_caller(elsewhere)
    assert forget_number(actor=actor, number=NUMBER) == Forgotten(0, True)
    assert_invariants()


def test_cut_short_or_by_several_at_once_each_is_forgotten_once(
    ana: Actor, steve: Actor, harbour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "AT_ONCE", 2)
    made = [ask(steve, harbour) for _ in range(8)]
    actor = confirmed(ana)
    assert callers.count_requests(actor, number=NUMBER) == (2, True)
    assert forget_number(actor=actor, number=NUMBER, is_piece=True) == Forgotten(2, False)
    assert sum(map(names_caller, made)) == 6

    def act(number: int) -> object:
        if number % 2:
            keys = {"store_id": harbour, "request_id": made[number].id}
            return services.claim(actor=ana, **keys)
        return forget_number(actor=actor, number=NUMBER)

    results = at_once(act, 8)
    assert sum(one.count for one in results if isinstance(one, Forgotten)) == 6, results
    assert sum(isinstance(one, Request) for one in results) == 4, results
    assert not any(map(names_caller, made))
    for request in made:
        assert told(request).count("supervisor.forget_caller_request") == 1
    assert_invariants()


def test_only_who_reaches_all_stores_and_has_just_confirmed_it_forgets_a_number(
    ana: Actor, steve: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    bound = replace(ana, stores=frozenset({harbour}))
    answering = replace(ana, permissions=Grants((), frozenset({services.ANSWER})))
    seeing = replace(ana, permissions=Grants((), frozenset({services.VIEW_CALLER})))
    for actor in (steve, bound, answering, seeing):
        with pytest.raises(PermissionDenied):
            forget_number(actor=confirmed(actor), number=NUMBER)
    with pytest.raises(ConfirmationNeeded):
        forget_number(actor=ana, number=NUMBER)
    for wrong in ("", "  ", "none", "1" * 16):
        with pytest.raises(InvalidRequest):
            forget_number(actor=confirmed(ana), number=wrong)
    assert names_caller(made)


def test_it_is_asked_for_on_a_page(
    alice: User,
    steve: Actor,
    harbour: str,
    log_in: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = log_in(alice)
    made = [ask(steve, harbour) for _ in range(2)]
    assert f'href="{PAGE}"' in browser.get("/staff/requests/callers/").content.decode()
    filled = browser.get(f"{PAGE}?store={harbour}&request={made[0].id}").content.decode()
    assert f'value="{NUMBER}"' in filled
    unknown = browser.post(PAGE, {"number": "+34 600 000 000"})
    assert unknown.status_code == 422
    assert "No request names this number" in unknown.content.decode()
    assert browser.post(PAGE, {"number": ""}).status_code == 422
    question = browser.post(PAGE, {"number": NUMBER}).content.decode()
    assert f"2 requests name the number {NUMBER}" in question
    assert all(map(names_caller, made))
    monkeypatch.setattr(callers, "AT_ONCE", 1)
    piece = browser.post(PAGE, {"number": NUMBER, "forget": "yes"}).content.decode()
    assert "1 request does not name its caller any more. Not all at once: go on." in piece
    assert sum(map(names_caller, made)) == 1
    done = browser.post(PAGE, {"number": NUMBER, "forget": "yes"}, follow=True)
    assert done.redirect_chain == [(PAGE, 302)]
    assert "1 request does not name its caller any more." in done.content.decode()
    assert not any(map(names_caller, made))


def test_a_command_and_programs_do_it_as_well(alice: User, steve: Actor, harbour: str) -> None:
    first = ask(steve, harbour)
    said = run("forget_callers", "--number", NUMBER, "--organisation", alice.org_id)
    assert said == "1 request does not name its caller any more.\n"
    assert told(first)[0] == "supervisor.forget_caller_request"
    wrong: list[tuple[Any, ...]] = [
        ("--number", NUMBER),
        ("--organisation", alice.org_id),
        ("--number", "none", "--organisation", alice.org_id),
        ("--number", NUMBER, "--organisation", "ORG-gone"),
    ]
    for arguments in wrong:
        with pytest.raises(CommandError):
            run("forget_callers", *arguments)
    second = ask(steve, harbour)
    answer = Client().post(
        "/api/v1/organisation/requests/forget-number",
        {"number": NUMBER},
        content_type="application/json",
        headers={"Authorization": f"Bearer {issue_token(alice).text}"},
    )
    assert answer.json() == {"count": 1, "is_complete": True}
    assert not names_caller(second)
