"""The page of a person and what is done there; who was deleted; handing over."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core import mail

from accounts import repository
from accounts.entities import Role, User
from accounts.people import managing
from accounts.stores.services import change_store
from storage.meter import measure
from tests.accounts.crowd import member as extra
from tests.accounts.crowd import write
from tests.accounts.people.company import (
    acting,
    browser_of,
    fresh,
    member,
    own_role,
    store_of,
)

PEOPLE, DELETED = "/staff/people/", "/staff/people/deleted/"


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def address(user: User, action: str = "") -> str:
    return f"{PEOPLE}{user.user_id}/{action}"


def actions(by: User, user: User) -> set[str]:
    """What is offered on the page of a person."""
    page = text_of(browser_of(by).get(address(user)))
    return set(re.findall(rf'"{re.escape(address(user))}(\w+)/"', page)) | set(
        re.findall(r'"/staff/organisation/(transfer)/', page)
    )


def save(by: User, user: User, **fields: Any) -> Any:
    typed = {"version": fresh(user).version, **fields}
    return browser_of(by).post(address(user, "access/"), typed)


def test_a_person_is_described(alice: User) -> None:
    role = own_role(alice.org_id, 1, "catalog.view_product")
    dora = member(alice, "Dora", "staff", role.role_id, stores=[store_of(alice, "North")])
    page = text_of(browser_of(alice).get(address(dora)))
    for text in ("Dora", "dora@example.com", "Staff", "Role 1", "North", "never"):
        assert text in page
    repository.note_login(dora, dora.created_at)
    managing.deactivate_person(actor=acting(alice), user_id=dora.user_id)
    page = text_of(browser_of(alice).get(address(dora)))
    assert "never" not in page
    assert ">deactivated<" in page
    assert "<strong>Account deactivated</strong>" in page


def test_what_was_ticked_before_does_not_hinder_all(alice: User) -> None:
    store = store_of(alice, "North")
    dora = member(alice, "Dora", "staff", stores=[store])
    assert save(alice, dora, roles=["staff"], where="all", stores=[store]).status_code == 302
    assert fresh(dora).stores is None


def test_everybody_is_offered_what_they_may_do(alice: User, bob: User) -> None:
    mia, olga = member(alice, "Mia", "manager"), member(alice, "Olga", "owner")
    everything = {"access", "deactivate", "delete", "transfer"}
    assert actions(alice, bob) == everything
    assert actions(alice, olga) == everything - {"transfer"}
    assert actions(alice, alice) == {"access"}
    assert actions(mia, bob) == everything - {"transfer"}
    assert actions(mia, olga) == set()
    assert actions(bob, mia) == set()
    assert "may do more than you" in text_of(browser_of(mia).get(address(olga)))
    assert "History" not in text_of(browser_of(bob).get(address(mia)))


def test_stores_are_told_apart_and_are_a_reason_of_their_own(alice: User) -> None:
    north, south = store_of(alice, "Sur"), store_of(alice, "Sur")
    numbered = {"name": "Sur", "time_zone": "UTC", "number": "12"}
    change_store(actor=acting(alice), store_id=north, said=numbered, version=1)
    mia = member(alice, "Mia", "manager", stores=[north])
    vic = member(alice, "Vic", "viewer", stores=[north, south])
    page = text_of(browser_of(alice).get(address(vic)))
    assert "Sur, Sur (12)" in page
    assert "Sur (12)" in text_of(browser_of(alice).get("/staff/people/invite/"))
    assert "stores that are not yours" in text_of(browser_of(mia).get(address(vic)))
    assert re.search(
        r"<dt>Works in</dt>\s*<dd>Sur</dd>", text_of(browser_of(mia).get("/accounts/"))
    )


def test_the_list_says_stores_last_login_and_state(alice: User, bob: User) -> None:
    managing.deactivate_person(actor=acting(alice), user_id=bob.user_id)
    page = text_of(browser_of(alice).get(PEOPLE))
    for text in (">deactivated<", "All stores", "never", address(bob), "/staff/people/invite/"):
        assert text in page
    assert "/staff/people/invite/" not in text_of(
        browser_of(member(alice, "Vic", "viewer")).get(PEOPLE)
    )


def test_somebody_is_found_by_the_whole_address(alice: User, bob: User, charlie: User) -> None:
    browser = browser_of(alice)
    page = text_of(browser.get(PEOPLE))
    assert f'method="post" action="{PEOPLE}"' in page
    found = browser.post(PEOPLE, {"email": " BOB@example.com"})
    assert (found.status_code, found.headers["Location"]) == (302, address(bob))
    for nobody in (charlie.email, "bob@", "b"):
        answer = browser.post(PEOPLE, {"email": nobody})
        assert answer.status_code == 422
        assert "Nobody with this address" in text_of(answer)
        assert f'value="{nobody}"' in text_of(answer)
    assert browser.post(PEOPLE, {"email": " "}).status_code == 200


# Roles and stores


def test_roles_and_stores_are_saved(alice: User, bob: User) -> None:
    store = store_of(alice, "North")
    response = save(alice, bob, roles=["staff"], where="some", stores=[store])
    assert response.headers["Location"] == address(bob)
    assert (fresh(bob).roles, fresh(bob).stores) == ((Role.STAFF,), frozenset({store}))
    page = text_of(browser_of(alice).get(address(bob)))
    assert "<strong>Roles or stores changed</strong>" in page
    assert "<del>Viewer</del>" in page
    assert "<ins>1 store</ins>" in page


def test_nothing_ticked_does_not_come_to_mean_all(alice: User) -> None:
    store = store_of(alice, "North")
    dora = member(alice, "Dora", "staff", stores=[store])
    assert save(alice, dora, roles=["staff"], where="some").status_code == 422
    assert fresh(dora).stores == frozenset({store})


def test_a_lost_race_shows_both_and_is_saved_on_top(alice: User, bob: User) -> None:
    managing.change_access(
        actor=acting(alice), user_id=bob.user_id, version=1, roles=("supervisor",)
    )
    response = save(alice, bob, version=1, roles=["staff"])
    page = text_of(response)
    assert response.status_code == 409
    assert re.search(r"<dt>Roles</dt>\s*<dd>Supervisor</dd>", page)
    assert re.search(r'value="staff"[^>]* checked', page)
    assert 'name="version" value="2"' in page
    assert fresh(bob).roles == (Role.SUPERVISOR,)
    assert save(alice, bob, version=2, roles=["staff"]).status_code == 302


def test_the_only_owner_is_told_why_not(alice: User) -> None:
    response = save(alice, alice, roles=["viewer"])
    assert response.status_code == 409
    assert "only active owner" in text_of(response)


def test_a_manager_does_not_get_to_an_owner(alice: User) -> None:
    mia, olga = member(alice, "Mia", "manager"), member(alice, "Olga", "owner")
    browser = browser_of(mia)
    for action in ("access/", "delete/"):
        assert browser.get(address(olga, action)).status_code == 403
    for action in ("access/", "deactivate/", "delete/"):
        assert browser.post(address(olga, action), {"roles": ["viewer"]}).status_code == 403
    assert fresh(olga) == olga


# Out, back, and gone


def test_out_and_in_again(alice: User, bob: User) -> None:
    browser = browser_of(alice)
    assert browser.post(address(bob, "deactivate/")).headers["Location"] == address(bob)
    assert not fresh(bob).may_log_in
    browser.post(address(bob, "reactivate/"))
    assert fresh(bob).may_log_in


def test_deleted_restored_and_removed_for_good(alice: User, bob: User) -> None:
    browser = browser_of(alice)
    assert "Delete Bob?" in text_of(browser.get(address(bob, "delete/")))
    assert browser.post(address(bob, "delete/")).headers["Location"] == DELETED
    assert address(bob) not in text_of(browser.get(PEOPLE))
    assert address(bob) in text_of(browser.get(DELETED))
    assert {"restore", "destroy"} == actions(alice, bob)
    browser.post(address(bob, "restore/"))
    assert "Nobody is deleted" in text_of(browser.get(DELETED))

    assert browser.get(address(bob, "destroy/")).status_code == 409
    browser.post(address(bob, "delete/"))
    wrong = browser.post(address(bob, "destroy/"), {"typed": "bob"})
    assert wrong.status_code == 422
    assert "not what you have to type" in text_of(wrong)
    response = browser.post(address(bob, "destroy/"), {"typed": bob.email})
    assert response.headers["Location"] == DELETED
    assert browser.get(address(bob)).status_code == 404


def test_who_may_not_delete_sees_nobody_deleted(alice: User, bob: User, charlie: User) -> None:
    gone = member(alice, "Gus", "viewer")
    managing.delete_person(actor=acting(alice), user_id=gone.user_id)
    assert browser_of(bob).get(DELETED).status_code == 403
    assert browser_of(bob).get(address(gone)).status_code == 404
    assert browser_of(charlie).get(address(gone)).status_code == 404
    assert browser_of(charlie).get(address(bob)).status_code == 404


# Handing over


def test_the_organisation_is_handed_over(alice: User, bob: User) -> None:
    browser, transfer = browser_of(alice), "/staff/organisation/transfer/"
    choice = text_of(browser.get(transfer))
    assert f"{transfer}?to={bob.user_id}" in choice
    assert f"?to={alice.user_id}" not in choice
    page = f"{transfer}?to={bob.user_id}"
    assert "Hand over the organisation to Bob?" in text_of(browser.get(page))
    assert browser.post(page, {"typed": "bob", "step_down": "on"}).status_code == 422
    response = browser.post(page, {"typed": bob.email, "step_down": "on"}, follow=True)
    assert response.redirect_chain[0][0] == address(bob)
    assert "Bob is an owner now. You are a manager now." in text_of(response)
    assert [(each.to, each.subject) for each in mail.outbox] == [
        ([bob.email], "Alice's Shop has a new owner"),
        ([alice.email], "Alice's Shop has a new owner"),
    ]
    assert "made you an owner" in str(mail.outbox[0].body)
    assert "you are a manager" in str(mail.outbox[1].body)
    assert (fresh(bob).roles, fresh(alice).roles) == ((Role.OWNER,), (Role.MANAGER,))
    assert browser.get(transfer).status_code == 403


# What it costs


@pytest.mark.parametrize("people", [10, 1000])
def test_the_pages_cost_little(alice: User, bob: User, people: int) -> None:
    write(extra(alice.org_id, number, deleted=number == people - 1) for number in range(people))
    session = ["GetItem", "BatchGetItem"]
    owner, viewer = browser_of(alice), browser_of(bob)
    for path, browser, operations, capacity in (
        (PEOPLE, owner, [*session, "Query"], 7.5),
        (address(bob), viewer, [*session, "BatchGetItem"], 5),
        (address(bob), owner, [*session, "BatchGetItem", "Query"], 6),
        (address(bob, "access/"), owner, [*session, "BatchGetItem", "Query", "Query"], 7),
        (address(bob, "delete/"), owner, [*session, "BatchGetItem"], 5),
        (DELETED, owner, [*session, "Query"], 80),
        ("/staff/organisation/transfer/", owner, [*session, "Query"], 7.5),
    ):
        with measure() as meter:
            assert browser.get(path).status_code == 200
        assert [call.operation for call in meter.calls] == operations, path
        assert meter.capacity <= capacity, path
