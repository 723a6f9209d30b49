from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import mail
from accounts.entities import Actor, User
from accounts.repository import change_user, get_user
from accounts.stores import services as stores
from storage.configuration import configuration, configure
from storage.errors import StoreUnavailable
from storage.meter import measure
from storage.transactions import Transaction
from supervisor import notice_repository, notices, repository, services
from supervisor.entities import Request, Urgency, now_in_milliseconds
from supervisor.notice_entities import Notices, Reason, is_near_deadline
from supervisor.notifying import Notified, notify
from tests.accounts.fixtures import add_user
from tests.supervisor.test_filters import write
from tests.supervisor.test_services import ask, at_once

NOTHING = Notified()


@pytest.fixture
def mia(alice: User) -> User:
    return add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",))


def on_duty(user: User, **said: Any) -> Notices:
    wanted: dict[str, Any] = {"urgency": Urgency.SOON, "near_deadline": True, "stores": None}
    stored = notices.find_notices(user.actor)
    return notices.change_notices(
        actor=user.actor, version=stored.version or 0, **{"on_duty": True, **wanted, **said}
    )


def nearly_due(request: Request) -> Request:
    """The same, asked an hour ago and due in five minutes."""
    now = now_in_milliseconds()
    asked_at, deadline = now - timedelta(hours=1), now + timedelta(minutes=5)
    changed = replace(request, asked_at=asked_at, deadline=deadline)
    transaction = Transaction()
    repository.replace_request(transaction, request, changed)
    transaction.commit()
    return changed


def change(user: User, **said: Any) -> None:
    stored = get_user(user.org_id, user.user_id)
    assert stored is not None
    transaction = Transaction()
    change_user(transaction, replace(stored, **said))
    transaction.commit()


def told_headers(message: Any, *headers: str) -> list[str]:
    return [header for header in headers if header in message.body]


def test_the_last_quarter_is_near_and_the_last_hour_at_most(steve: Actor, harbour: str) -> None:
    made = ask(steve, harbour)
    for allowance, before, near in (
        (timedelta(minutes=10), timedelta(seconds=149), True),
        (timedelta(minutes=10), timedelta(seconds=151), False),
        (timedelta(hours=8), timedelta(minutes=60), True),
        (timedelta(hours=8), timedelta(minutes=61), False),
    ):
        request = replace(made, deadline=made.asked_at + allowance)
        assert is_near_deadline(request, request.deadline - before) is near, (allowance, before)


def test_one_mail_tells_what_is_urgent_or_nearly_due(
    mia: User, steve: Actor, harbour: str, mailoutbox: list[Any]
) -> None:
    change(mia, language="es", time_zone="Pacific/Auckland")
    on_duty(mia)
    for header, priority in (("Leak & flood", 7), ("Later", 3), ("Soon", 6)):
        ask(steve, harbour, header=header, priority=priority)
    due = nearly_due(ask(steve, harbour, header="Forgotten", priority=0))
    assert notify() == Notified(sent=1)
    (message,) = mailoutbox
    headers = ("Leak & flood", "Soon", "Forgotten", "Later")
    assert message.to == ["mia@example.com"]
    assert told_headers(message, *headers) == [*headers[:3]]
    assert "Harbour" in message.body
    assert f"/staff/requests/{harbour}/{due.id}/" in message.body
    html = message.alternatives[0][0]
    assert "Leak &amp; flood" in html
    assert 'lang="es"' in html
    for text in (message.subject, message.body, html):
        assert "Romero" not in text
        assert "600123" not in text.replace(" ", "")
    assert notify() == NOTHING
    assert len(mailoutbox) == 1


def test_mails_have_a_pause_and_what_is_most_urgent_has_none(
    mia: User, steve: Actor, harbour: str, mailoutbox: list[Any], settings: Any
) -> None:
    on_duty(mia)
    ask(steve, harbour, header="First", priority=6)
    assert notify().sent == 1
    ask(steve, harbour, header="Second", priority=6)
    assert notify() == NOTHING
    ask(steve, harbour, header="Fire", priority=9)
    assert notify().sent == 1
    assert told_headers(mailoutbox[1], "First", "Second", "Fire") == ["Second", "Fire"]
    ask(steve, harbour, header="Third", priority=6)
    settings.NOTICE_MINUTES = 0
    assert notify().sent == 1
    assert told_headers(mailoutbox[2], "First", "Second", "Fire", "Third") == ["Third"]


def test_each_reason_is_told_once_and_a_reopened_one_again(
    mia: User, steve: Actor, ana: Actor, harbour: str, mailoutbox: list[Any], settings: Any
) -> None:
    settings.NOTICE_MINUTES = 0
    on_duty(mia)
    made = ask(steve, harbour, priority=6)
    services.claim(actor=ana, store_id=harbour, request_id=made.id)
    assert notify() == NOTHING
    services.release(actor=ana, store_id=harbour, request_id=made.id)
    assert notify().sent == 1
    stored = repository.get_request(harbour, made.id)
    assert stored is not None
    # The same deadline, but a question long before.
    asked_at = stored.asked_at - timedelta(days=1)
    transaction = Transaction()
    repository.replace_request(transaction, stored, replace(stored, asked_at=asked_at))
    transaction.commit()
    assert notify().sent == 1
    assert "The deadline is near." in mailoutbox[1].body
    assert notify() == NOTHING
    stored = repository.get_request(harbour, made.id)
    assert stored is not None
    later = replace(stored, deadline=stored.deadline + timedelta(hours=2))
    transaction = Transaction()
    repository.replace_request(transaction, stored, later)
    transaction.commit()
    assert notify().sent == 1


def test_only_who_may_answer_there_is_told(
    alice: User, mia: User, steve: Actor, harbour: str, mailoutbox: list[Any]
) -> None:
    other = stores.create_store(actor=alice.actor, said={"name": "Hill", "time_zone": "UTC"}).store
    on_duty(mia, stores=[other.store_id])
    on_duty(alice, near_deadline=False, urgency=Urgency.AT_ONCE)
    ask(steve, harbour, header="Harbour's", priority=6)
    assert notify() == NOTHING
    on_duty(mia)
    change(mia, stores=frozenset({other.store_id}))
    assert notify() == NOTHING
    change(mia, stores=None, roles=("staff",))
    assert notify() == NOTHING
    change(mia, roles=("supervisor",), deactivated_at=now_in_milliseconds())
    assert notify() == NOTHING
    change(mia, deactivated_at=None)
    notices.set_duty(actor=mia.actor, on_duty=False)
    assert notify() == NOTHING
    notices.set_duty(actor=mia.actor, on_duty=True)
    assert notify() == Notified(sent=1)
    assert [message.to for message in mailoutbox] == [["mia@example.com"]]


def test_of_8_runners_one_tells_each_person(
    alice: User, mia: User, steve: Actor, harbour: str, mailoutbox: list[Any]
) -> None:
    people = [alice, mia]
    for number in range(3):
        email = f"p{number}@example.com"
        people.append(add_user(email=email, name="P", beside=alice, roles=("manager",)))
    for user in people:
        on_duty(user)
    for number in range(4):
        ask(steve, harbour, header=f"Question {number}", priority=9)
    runs = at_once(lambda _: notify(), 8)
    done = [run for run in runs if isinstance(run, Notified)]
    assert len(done) == 8, runs
    assert sum(run.sent for run in done) == len(people)
    assert sorted(message.to[0] for message in mailoutbox) == sorted(one.email for one in people)


class Refusing(EmailBackend):
    """As a mail server that knows everybody but Mia."""

    def send_messages(self, messages: Any) -> int:
        if any("mia@example.com" in message.to for message in messages):
            raise SMTPRecipientsRefused({"mia@example.com": (550, b"no such mailbox")})
        return super().send_messages(messages)


def _no_mailbox(mia: User, settings: Any, _patch: pytest.MonkeyPatch) -> Notified:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    return Notified(sent=2, failed=1)


def _fault_in_the_mail(mia: User, _settings: Any, patch: pytest.MonkeyPatch) -> Notified:
    send = mail.send

    def failing(name: str, /, *, to: str, **said: Any) -> None:
        if to == mia.email:
            raise KeyError(to)
        send(name, to=to, **said)

    patch.setattr(mail, "send", failing)
    return Notified(sent=2, left=1)


def _store_in_the_way(mia: User, _settings: Any, patch: pytest.MonkeyPatch) -> Notified:
    take_on = notice_repository.take_on

    def failing(before: Any, *, until: Any) -> Any:
        if before.user_id == mia.user_id:
            raise StoreUnavailable("UpdateItem: timeout")
        return take_on(before, until=until)

    patch.setattr(notice_repository, "take_on", failing)
    return Notified(sent=2, left=1)


@pytest.mark.parametrize("spoil", [_no_mailbox, _fault_in_the_mail, _store_in_the_way])
def test_who_cannot_be_told_keeps_nobody_else_from_their_mail(
    spoil: Callable[..., Notified],
    alice: User,
    mia: User,
    steve: Actor,
    harbour: str,
    mailoutbox: list[Any],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    zoe = add_user(email="zoe@example.com", name="Zoe", beside=alice, roles=("manager",))
    for user in (alice, mia, zoe):
        on_duty(user)
    ask(steve, harbour, priority=6)
    works = settings.EMAIL_BACKEND
    with monkeypatch.context() as patch:
        expected = spoil(mia, settings, patch)
        assert notify() == expected
    assert sorted(message.to[0] for message in mailoutbox) == ["alice@example.com", zoe.email]
    said = [str(vars(record)) for record in caplog.records if record.levelname != "INFO"]
    assert len(said) == 1
    assert not any(secret in said[0] for secret in (mia.email, mia.user_id, "Mia", "Romero"))
    settings.EMAIL_BACKEND = works
    before = notice_repository.told([mia.user_id])[mia.user_id]
    # As if the lease of whoever failed had ended, or the pause.
    notice_repository.settle(replace(before, retry_at=0))
    assert notify() == Notified(sent=1)
    assert mailoutbox[2].to == [mia.email]


def test_the_command_ends_with_an_error_where_somebody_is_left(
    mia: User, steve: Actor, harbour: str, settings: Any
) -> None:
    on_duty(mia)
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    ask(steve, harbour, priority=6)
    out = io.StringIO()
    with pytest.raises(CommandError, match="see the log"):
        call_command("notify_supervisors", stdout=out)
    assert out.getvalue() == "Mails sent: 0, to be tried again: 1.\n"


def test_who_died_while_telling_is_followed_by_another_one(
    mia: User, steve: Actor, harbour: str, mailoutbox: list[Any]
) -> None:
    on_duty(mia)
    ask(steve, harbour, priority=6)
    before = notice_repository.told([mia.user_id])[mia.user_id]
    soon = now_in_milliseconds() + timedelta(minutes=1)
    taken = notice_repository.take_on(before, until=soon)
    assert taken is not None
    assert notice_repository.take_on(before, until=soon) is None
    assert notify() == NOTHING
    assert notice_repository.take_on(taken, until=now_in_milliseconds()) is not None
    assert notify() == Notified(sent=1)
    assert notice_repository.settle(taken) is None


def test_an_organisation_with_nobody_on_duty_is_left(alice: User, charlie: User) -> None:
    on_duty(alice)
    on_duty(charlie)
    notices.set_duty(actor=alice.actor, on_duty=False)
    (hers,) = (one for one in notice_repository.places_on_duty() if one.org_id == alice.org_id)
    notices.set_duty(actor=alice.actor, on_duty=True)
    notice_repository.leave(hers)
    both = {one.org_id for one in notice_repository.places_on_duty()}
    assert both == {alice.org_id, charlie.org_id}
    notices.set_duty(actor=alice.actor, on_duty=False)
    notify()
    assert [one.org_id for one in notice_repository.places_on_duty()] == [charlie.org_id]
    with measure() as meter:
        notify()
    # The organisations, who is on duty there, what waits there.
    assert [call.operation for call in meter.calls] == ["Query"] * 3


def test_with_several_shards_everybody_is_found(alice: User, charlie: User) -> None:
    before = configuration()
    configure(replace(before, shards=3))
    try:
        on_duty(alice)
        on_duty(charlie)
        found = {one.org_id for one in notice_repository.places_on_duty()}
    finally:
        configure(before)
    assert found == {alice.org_id, charlie.org_id}
    assert list(notice_repository.places_on_duty()) == []


def test_a_digest_costs_the_same_for_many_requests(
    mia: User, steve: Actor, harbour: str, mailoutbox: list[Any]
) -> None:
    on_duty(mia)
    write(steve, harbour, 60, priority=6)
    with measure() as meter:
        assert notify().sent == 1
    assert [call.operation for call in meter.calls] == [
        *["Query"] * 3,
        *("BatchGetItem", "BatchGetItem", "TransactWriteItems", "GetItem", "TransactWriteItems"),
    ]
    body = mailoutbox[0].body
    assert body.count("Number ") == 50
    assert "And 10 more." in body
    assert "60 requests wait for an answer" in mailoutbox[0].subject
    assert notify() == NOTHING


def test_the_command_says_how_many(mia: User, steve: Actor, harbour: str) -> None:
    on_duty(mia)
    ask(steve, harbour, priority=6)
    out = io.StringIO()
    call_command("notify_supervisors", stdout=out)
    assert out.getvalue() == "Mails sent: 1, to be tried again: 0.\n"


def test_marks_go_with_their_deadlines(steve: Actor, harbour: str) -> None:
    made = ask(steve, harbour)
    late = replace(made, id="l" * 16, deadline=made.deadline - timedelta(days=1))
    told = notice_repository.told(["USER-mia"])["USER-mia"]
    after = told.after([(made, Reason.NEW), (late, Reason.NEAR)], now_in_milliseconds())
    assert after.knows(made, Reason.NEW)
    assert not after.knows(made, Reason.NEAR)
    assert len(after.marks) == 1
