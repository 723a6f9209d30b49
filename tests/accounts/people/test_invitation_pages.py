"""The pages on which people invite and accept."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from accounts import repository, services
from accounts.entities import User
from accounts.people import managing, selectors
from storage.meter import measure
from tests.accounts.fixtures import PASSWORD
from tests.accounts.people.company import (
    ADDRESS,
    acting,
    browser_of,
    fresh,
    invite,
    mailed_token,
    member,
    own_role,
    store_of,
)

INVITE, LIST = "/staff/people/invite/", "/staff/people/invitations/"


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def submit(user: User, **fields: Any) -> Any:
    typed = {"email": ADDRESS, "roles": ["viewer"], **fields}
    return browser_of(user).post(INVITE, typed)


def page_of(token: str) -> str:
    return f"/accounts/invitation/{token}/"


def join(client: Client, token: str, **fields: str) -> Any:
    return client.post(page_of(token), {"name": "Dora", "password": PASSWORD, **fields})


def offered(response: Any, name: str) -> list[str]:
    return re.findall(rf'<input type="checkbox" name="{name}" value="([^"]+)"', text_of(response))


def test_what_one_may_give_is_offered(alice: User) -> None:
    own = own_role(alice.org_id, 1, "accounts.delete_organisation")
    north = store_of(alice, "North")
    store_of(alice, "South")
    page = browser_of(alice).get(INVITE)
    built_in = ["manager", "supervisor", "staff", "viewer"]
    assert offered(page, "roles") == ["owner", *built_in, own.role_id]
    assert len(offered(page, "stores")) == 2
    assert 'name="where" value="all"' in text_of(page)

    page = browser_of(member(alice, "Mia", "manager", stores=[north])).get(INVITE)
    assert offered(page, "roles") == built_in
    assert offered(page, "stores") == [north]
    assert 'name="where"' not in text_of(page)


def test_without_stores_nothing_is_asked_about_them(alice: User) -> None:
    page = text_of(browser_of(alice).get(INVITE))
    assert 'name="stores"' not in page
    assert 'name="where"' not in page
    assert submit(alice).status_code == 302


def test_somebody_is_invited_and_stands_in_the_list(alice: User) -> None:
    store = store_of(alice, "North")
    response = submit(alice, roles=["staff"], where="some", stores=[store])
    assert (response.status_code, response.headers["Location"]) == (302, LIST)
    page = text_of(browser_of(alice).get(LIST))
    for text in (ADDRESS, "Staff", "1 store", "Alice", "Send again", "Withdraw"):
        assert text in page
    assert f"http://testserver{page_of(mailed_token())}" in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"email": "nonsense"}, "Enter an e-mail address"),
        ({"roles": []}, "This field is required."),
        ({"roles": ["king"]}, "Select a valid choice"),
        ({"where": "some"}, "Choose at least one store."),
        ({"where": "all", "stores": ["North"]}, "You have ticked stores."),
    ],
    ids=["address", "no role", "unknown role", "no store", "all and some"],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    alice: User, fields: dict[str, Any], text: str
) -> None:
    store = store_of(alice, "North")
    named = {"stores": [store]} if "stores" in fields else {}
    response = submit(alice, **{"where": "all", **fields, **named})
    assert response.status_code == 422
    assert text in text_of(response)
    assert f'value="{fields.get("email", ADDRESS)}"' in text_of(response)
    assert mail.outbox == []


def test_a_second_invitation_is_told_and_the_first_sent_again(alice: User) -> None:
    submit(alice)
    response = submit(alice)
    assert response.status_code == 409
    again = re.search(r'action="(/staff/people/invitations/[^"]+/resend/)"', text_of(response))
    assert again
    assert browser_of(alice).post(again[1]).headers["Location"] == LIST
    assert len(mail.outbox) == 2


def test_members_are_told_apart_from_people_elsewhere(
    alice: User, bob: User, charlie: User
) -> None:
    response = submit(alice, email=bob.email)
    assert response.status_code == 409
    assert "already a member" in text_of(response)
    assert submit(alice, email=charlie.email).status_code == 302


def test_a_mail_that_fails_is_told_with_a_way_out(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError("no such server")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    browser = browser_of(alice)
    browser.post(INVITE, {"email": ADDRESS, "roles": ["viewer"]})
    page = text_of(browser.get(LIST))
    assert "could not be sent" in page
    assert "Send again" in page


def test_too_many_are_slowed_down(alice: User, settings: Any) -> None:
    settings.INVITATIONS_PER_HOUR = 1
    submit(alice)
    response = submit(alice, email="emil@example.com")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_withdrawn_it_is_gone(alice: User) -> None:
    invitation = invite(alice).invitation
    browser = browser_of(alice)
    browser.post(f"{LIST}{invitation.invitation_id}/withdraw/")
    assert "is withdrawn" in text_of(browser.get(LIST))
    assert browser.post(f"{LIST}{invitation.invitation_id}/resend/").status_code == 404


# Accepting


def test_the_link_leads_in(alice: User) -> None:
    invite(alice, ADDRESS, "staff")
    client, token = Client(), mailed_token()
    page = client.get(page_of(token))
    for text in ("Join Alice's Shop", ADDRESS, "Alice has invited you"):
        assert text in text_of(page)
    assert page.headers["Cache-Control"].endswith("private")
    response = join(client, token)
    assert (response.status_code, response.headers["Location"]) == (302, "/staff/")
    assert "Welcome, Dora!" in text_of(client.get("/accounts/"))
    assert client.get("/staff/products/new/").status_code == 200
    assert client.get("/staff/people/invite/").status_code == 403
    (dora,) = (user for user in repository.users_of(alice.org_id) if user.name == "Dora")
    assert fresh(dora).last_login_at is not None


def test_whoever_accepts_in_another_language_is_written_to_in_it(alice: User) -> None:
    invite(alice)
    join(Client(headers={"Accept-Language": "es"}), mailed_token())
    (dora,) = (user for user in repository.users_of(alice.org_id) if user.name == "Dora")
    assert dora.language == "es"


def test_who_is_logged_in_hears_that_joining_ends_that(alice: User, charlie: User) -> None:
    invite(alice)
    address = page_of(mailed_token())
    assert "You are logged in as Charlie." in text_of(browser_of(charlie).get(address))
    assert "You are logged in" not in text_of(Client().get(address))


def test_of_a_deleted_person_there_is_the_way_to_restore_them(alice: User, bob: User) -> None:
    managing.delete_person(actor=acting(alice), user_id=bob.user_id)
    typed = {"email": bob.email, "roles": ["viewer"], "where": "all"}
    page = browser_of(alice).post("/staff/people/invite/", typed)
    assert page.status_code == 409
    assert f'href="/staff/people/{bob.user_id}/"' in text_of(page)


def test_whoever_was_logged_in_here_is_not_afterwards(alice: User, charlie: User) -> None:
    invite(alice)
    browser = browser_of(charlie)
    join(browser, mailed_token())
    assert "Charlie" not in text_of(browser.get("/accounts/"))


@pytest.mark.parametrize(
    ("fields", "text"),
    [({"name": ""}, "This field is required."), ({"password": "short"}, "at least 12")],
)
def test_name_and_password_are_checked(alice: User, fields: dict[str, str], text: str) -> None:
    invite(alice)
    response = join(Client(), mailed_token(), **fields)
    assert response.status_code == 422
    assert text in text_of(response)
    assert PASSWORD not in text_of(response)


def test_what_does_not_work_is_one_page(alice: User) -> None:
    invite(alice)
    token = mailed_token()
    join(Client(), token)
    pages = set()
    for address in (token, "of-nobody", token[:-1]):
        for response in (Client().get(page_of(address)), join(Client(), address)):
            assert response.status_code == 404
            pages.add(re.sub(r"csrf\S+ value=\S+", "", text_of(response)).replace(address, ""))
    assert len(pages) == 1
    assert "This invitation does not work" in pages.pop()


def test_an_address_with_an_account_by_now_is_told_to_its_owner(alice: User) -> None:
    invite(alice)
    services.sign_up(email=ADDRESS, password=PASSWORD)
    response = join(Client(), mailed_token())
    assert response.status_code == 409
    assert "There is an account with this e-mail address already." in text_of(response)


# What it costs


def test_the_pages_cost_little(alice: User) -> None:
    invite(alice)
    token, browser = mailed_token(), browser_of(alice)
    session = ["GetItem", "BatchGetItem"]
    for address, client, operations, capacity in (
        (LIST, browser, [*session, "Query"], 4),
        (INVITE, browser, [*session, "Query", "Query"], 5),
        (page_of(token), Client(), session, 3),
        (page_of("of-nobody"), Client(), [], 0),
    ):
        with measure() as meter:
            client.get(address)
        assert [call.operation for call in meter.calls] == operations, address
        assert meter.capacity <= capacity, address
    assert selectors.list_invitations(alice.actor).items
