from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from accounts.people import managing
from storage.meter import measure
from supervisor import assigning, selectors, services
from supervisor.entities import LEASE
from supervisor.errors import CannotBeAssigned, RequestNotFound, SomebodyIsOnIt, StepRefused
from tests.accounts.people.company import acting, member
from tests.accounts.roles.people import made as made_role
from tests.supervisor.test_services import ask


def names(actor: Actor, store_id: str) -> list[str]:
    return [one.name for one in assigning.people_who_may_answer(actor, store_id=store_id)]


def test_those_are_offered_who_may_answer_in_the_store(
    alice: User, bob: User, harbour: str
) -> None:
    answers = made_role(alice, "Answerers", services.VIEW, services.ANSWER)
    other = made_role(alice, "Others", "catalog.view_product")
    member(alice, "Mia", "supervisor")
    member(alice, "Here", "supervisor", stores=[harbour])
    member(alice, "There", "supervisor", stores=["STORE-other"])
    member(alice, "Staff", "staff", other.role_id)
    member(alice, "Own", answers.role_id)
    gone = member(alice, "Gone", "supervisor")
    managing.deactivate_person(actor=acting(alice), user_id=gone.user_id)
    with measure() as meter:
        offered = names(alice.actor, harbour)
    assert offered == sorted(["Here", "Mia", "Own", alice.name], key=str.casefold)
    assert [call.operation for call in meter.calls] == ["Query", "Query"]
    assigns = replace(alice.actor, permissions=frozenset({services.ASSIGN}))
    assert names(assigns, harbour) == offered
    with pytest.raises(PermissionDenied):
        names(bob.actor, harbour)


def test_a_request_is_put_into_other_hands(
    alice: User, steve: Actor, ana: Actor, harbour: str
) -> None:
    mia = member(alice, "Mia", "supervisor")
    made = ask(steve, harbour)
    keys = {"store_id": harbour, "request_id": made.id}
    services.claim(actor=ana, **keys)
    with measure() as meter:
        after = services.assign(actor=ana, **keys, user_id=mia.user_id)
    assert [call.operation for call in meter.calls] == [
        *("Query", "BatchGetItem", "TransactWriteItems", "Query")
    ]
    assert after.handling is not None
    assert after.handling.by.name == "Mia"
    assert after.handling.until - after.handling.since == LEASE
    with pytest.raises(SomebodyIsOnIt):
        services.answer(actor=ana, **keys, text="Yes.")
    entry = selectors.timeline(ana, after).items[0]
    assert entry.changes["handled_by"] == (None, mia.user_id)
    assert assigning.names_of(ana, [mia.user_id, "USER-nobody"]) == {mia.user_id: "Mia"}
    services.answer(actor=mia.actor, **keys, text="Yes.")
    with pytest.raises(StepRefused, match="answered already"):
        services.assign(actor=ana, **keys, user_id=mia.user_id)


def test_who_may_not_answer_there_gets_nothing(
    alice: User, bob: User, charlie: User, steve: Actor, ana: Actor, harbour: str
) -> None:
    made = ask(steve, harbour)
    keys = {"store_id": harbour, "request_id": made.id}
    there = member(alice, "There", "supervisor", stores=["STORE-other"])
    gone = member(alice, "Gone", "supervisor")
    managing.delete_person(actor=acting(alice), user_id=gone.user_id)
    nobodies = (bob.user_id, charlie.user_id, there.user_id, gone.user_id, "", alice.org_id)
    for user_id in nobodies:
        with pytest.raises(CannotBeAssigned):
            services.assign(actor=ana, **keys, user_id=user_id)
    with pytest.raises(PermissionDenied):
        services.assign(actor=steve, **keys, user_id=alice.user_id)
    elsewhere = replace(ana, stores=frozenset({"STORE-other"}))
    for actor in (charlie.actor, elsewhere):
        with pytest.raises(RequestNotFound):
            services.assign(actor=actor, **keys, user_id=alice.user_id)
    assert selectors.find_request(ana, **keys).handling is None
