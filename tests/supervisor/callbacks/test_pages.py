from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.test import Client
from pytest_django.fixtures import Settings

from accounts.entities import Actor, User
from storage.meter import measure
from supervisor import retention, services
from supervisor.callbacks import repository, signing_secrets
from supervisor.callbacks.entities import Attempt, CallProblem, Outcome
from supervisor.entities import now_in_milliseconds
from tests.accounts.api_tokens import make as make_token
from tests.accounts.fixtures import PASSWORD
from tests.accounts.personal_data.test_pages import unconfirmed
from tests.accounts.second_factors import CONFIRM, confirmed
from tests.catalog.api_client import Api
from tests.supervisor.test_services import QUESTION

LogIn = Callable[[User], Client]
SECRET = "/api/v1/organisation/requests/callback-secret"


def secret_of(owner: User) -> str:
    found = signing_secrets.find_secret(confirmed(owner))
    assert found is not None
    return found.current


def test_the_secret_is_shown_and_replaced(alice: User, bob: User, log_in: LogIn) -> None:
    browser, address = log_in(alice), "/staff/requests/callbacks/"
    with measure() as meter:
        assert "There is no secret yet." in browser.get(address).content.decode()
    assert {call.operation for call in meter.calls} <= {"GetItem", "BatchGetItem"}
    made = browser.post(address)
    shown = f"{address}?shown=1"
    assert (made.status_code, made.headers["Location"]) == (302, shown)
    first = secret_of(alice)
    page = browser.get(shown)
    assert first in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    plain = browser.get(address).content.decode()
    assert first not in plain
    assert shown in plain
    assert browser.post(address).status_code == 302
    text = browser.get(shown).content.decode()
    assert first not in text
    assert secret_of(alice) in text
    assert "The one before holds until" in text
    assert log_in(bob).get(address).status_code == 403
    assert log_in(bob).post(address).status_code == 403


def test_who_logged_in_long_ago_confirms_before_seeing_or_replacing_it(
    alice: User, log_in: LogIn
) -> None:
    browser, address = log_in(alice), "/staff/requests/callbacks/"
    browser.post(address)
    first = secret_of(alice)
    unconfirmed(browser)
    assert first not in browser.get(address).content.decode()
    shown = browser.get(f"{address}?shown=1")
    assert shown.headers["Location"].startswith(CONFIRM)
    asked = browser.post(address)
    assert asked.status_code == 403
    assert secret_of(alice) == first
    waiting = {"confirm-waiting": "1", "confirm-password": PASSWORD}
    again = browser.post(f"{CONFIRM}?next={address}", waiting, follow=True)
    assert secret_of(alice) != first
    assert secret_of(alice) in again.content.decode()


def test_an_api_token_neither_reads_nor_replaces_it(alice: User) -> None:
    _, text = make_token(alice, "supervisor.change_settings")
    robot = Api(token=text)
    for answer in (robot.get(SECRET), robot.post({}, SECRET)):
        assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_needed")


def test_how_long_callers_are_kept_is_said_on_a_page(alice: User, bob: User, log_in: LogIn) -> None:
    browser, address = log_in(alice), "/staff/requests/callers/"
    assert browser.post(address, {"days": "30", "version": "0"}).status_code == 302
    assert retention.find_retention(alice.actor).days == 30
    late = browser.post(address, {"days": "31", "version": "0"})
    assert late.status_code == 409
    assert 'value="31"' in late.content.decode()
    assert browser.post(address, {"days": "-1", "version": "1"}).status_code == 422
    assert browser.post(address, {"days": "31", "version": "1"}).status_code == 302
    assert log_in(bob).get(address).status_code == 403


def test_a_request_shows_its_calls_and_forgets_its_caller(
    alice: User, bob: User, log_in: LogIn, steve: Actor, harbour: str, settings: Settings
) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = False
    url = "https://shop.example.com/hook?token=1234"
    made = services.ask(actor=steve, store_id=harbour, raw=QUESTION, callback_url=url).request
    services.cancel(actor=steve, store_id=harbour, request_id=made.id)
    (delivery,) = repository.deliveries_of(made.id, most=2).deliveries
    now = now_in_milliseconds()
    held = repository.take_on(delivery, now)
    assert held is not None
    failed = held.after(Attempt(now, Outcome(500)), 0)
    failed = replace(
        failed, attempts=(*failed.attempts, Attempt(now, Outcome(None, CallProblem.CERTIFICATE)))
    )
    assert repository.settle(held, failed)
    browser, address = log_in(alice), f"/staff/requests/{harbour}/{made.id}/"
    page = browser.get(address).content.decode()
    for text in ("Answer 500", "The certificate is not good.", "Next attempt:", "Mr Romero"):
        assert text in page
    assert "token=1234" not in page
    assert "Forget the caller" not in log_in(bob).get(address).content.decode()
    assert log_in(bob).post(f"{address}forget_caller/").status_code == 403
    assert browser.post(f"{address}forget_caller/").status_code == 302
    page = browser.get(address).content.decode()
    assert "Mr Romero" not in page
    assert "Caller forgotten" in page
