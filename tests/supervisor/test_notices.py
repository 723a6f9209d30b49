from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.errors import PermissionDenied
from accounts.personal_data.entities import Erasure
from accounts.removal.followers import Piece
from accounts.stores import services as stores
from storage.audit import history
from storage.meter import measure
from supervisor import notice_repository, notices
from supervisor.entities import Urgency
from supervisor.errors import InvalidRequest
from supervisor.notice_entities import Notices, Told
from supervisor.notice_removal import NoticesOfPeople
from supervisor.own_data import NoticesKeeper
from tests.catalog.api_client import Api
from tests.supervisor.test_notifying import on_duty
from tests.supervisor.test_pages import QUEUE, LogIn, text_of
from tests.supervisor.test_services import at_once

PAGE = f"{QUEUE}notices/"
FORM = {"version": "0", "on_duty": "on", "urgency": "today", "where": "all"}
API = "/api/v1/organisation/requests/notices"
SAID = {"on_duty": True, "urgency": "at_once", "near_deadline": False, "store_ids": None}


@pytest.fixture
def browser(alice: User, log_in: LogIn) -> Client:
    return log_in(alice)


def test_the_queue_has_a_switch_for_being_on_duty(browser: Client, alice: User, bob: User) -> None:
    assert 'role="switch" aria-checked="false"><span' in text_of(browser.get(QUEUE))
    looked_at = f"{QUEUE}?urgency=soon"
    sent_from = {"referer": f"http://testserver{looked_at}"}
    answer = browser.post(f"{PAGE}duty/", {"on": "yes"}, headers=sent_from, follow=True)
    assert answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"] == looked_at
    assert "You are on duty now." in text_of(answer)
    assert 'role="switch" aria-checked="true"><span' in text_of(answer)
    assert [one.user_id for one in notice_repository.people_on_duty(alice.org_id)] == [
        alice.user_id
    ]
    browser.post(f"{PAGE}duty/", {"on": "no"})
    assert notice_repository.people_on_duty(alice.org_id) == []
    with pytest.raises(PermissionDenied):
        notices.set_duty(actor=bob.actor, on_duty=True)


def test_what_is_mailed_is_said_on_a_page(browser: Client, alice: User, harbour: str) -> None:
    with measure() as meter:
        page = text_of(browser.get(PAGE))
    # The session, the person, the settings, the stores to choose from (the last one finds the end).
    calls = [call.operation for call in meter.calls]
    assert calls == ["GetItem", "BatchGetItem", "GetItem", "Query", "Query"]
    assert "Harbour" in page
    assert browser.post(PAGE, FORM).status_code == 302
    stored = notices.find_notices(alice.actor)
    assert stored == Notices(
        alice.org_id, alice.user_id, on_duty=True, urgency=Urgency.TODAY, near_deadline=False,
        version=1,
    )  # fmt: skip
    race = browser.post(PAGE, {**FORM, "urgency": "soon"})
    assert race.status_code == 409
    assert "You changed this elsewhere in the meantime." in text_of(race)
    assert 'value="soon" selected' in text_of(race)
    some = {**FORM, "version": "1", "where": "some"}
    nothing = browser.post(PAGE, some)
    assert nothing.status_code == 422
    assert "Choose at least one store." in text_of(nothing)
    assert browser.post(PAGE, {**some, "stores": ["STORE-of-others"]}).status_code == 422
    assert browser.post(PAGE, {**some, "stores": [harbour]}).status_code == 302
    (there,) = notice_repository.people_on_duty(alice.org_id)
    assert there == notices.find_notices(alice.actor)
    assert there.stores == frozenset({harbour})
    (newest, first) = history(stored.audit_subject).items
    assert newest.changes == {"stores": (None, [harbour])}
    assert first.action == "supervisor.change_notices"


def test_programs_say_it_too(alice: User, bob: User, harbour: str) -> None:
    api = Api(alice)
    found = api.get(API)
    first = {"on_duty": False, "urgency": "soon", "near_deadline": True, "store_ids": None}
    assert found.json() == {**first, "version": 0}
    etag = found.headers["ETag"]
    assert api.get(API, If_None_Match=etag).status_code == 304
    assert api.put(API, SAID).status_code == 428
    changed = api.put(API, {**SAID, "store_ids": [harbour]}, If_Match=etag)
    assert changed.json() == {**SAID, "store_ids": [harbour], "version": 1}
    late = api.put(API, SAID, If_Match=etag)
    assert late.status_code == 412
    assert late.json()["code"] == "notices_changed"
    assert late.json()["current"] == changed.json()
    etag = changed.headers["ETag"]
    assert late.headers["ETag"] == etag
    spoiled: list[dict[str, Any]] = [
        *({"urgency": "never"}, {"store_ids": []}, {"store_ids": ["x"]}, {"on_duty": 1})
    ]
    for wrong in spoiled:
        assert api.put(API, {**SAID, **wrong}, If_Match=etag).status_code == 422, wrong
    assert Api(bob).get(API).status_code == 403


def test_stores_are_ones_that_one_reaches(alice: User, charlie: User, harbour: str) -> None:
    theirs = stores.create_store(actor=charlie.actor, said={"name": "X", "time_zone": "UTC"}).store
    for wrong in ([theirs.store_id], [harbour, "x"], [], [str(number) for number in range(101)]):
        with pytest.raises(InvalidRequest) as refusal:
            on_duty(alice, stores=wrong)
        assert set(refusal.value.fields) == {"stores"}


def test_of_16_presses_of_the_button_all_count(alice: User) -> None:
    done = at_once(lambda number: notices.set_duty(actor=alice.actor, on_duty=number % 2 == 0), 16)
    assert all(isinstance(one, Notices) for one in done), done
    stored = notices.find_notices(alice.actor)
    there = notice_repository.people_on_duty(alice.org_id)
    assert there == ([stored] if stored.on_duty else [])


def told(user: User) -> Told:
    return notice_repository.told([user.user_id])[user.user_id]


def test_it_is_exported_and_erased(alice: User, harbour: str) -> None:
    keeper = NoticesKeeper()
    assert list(keeper.export(alice)) == []
    on_duty(alice, stores=[harbour])
    notice_repository.settle(told(alice))
    (section,) = keeper.export(alice)
    assert section.content == {
        "on_duty": True, "urgency": "soon", "near_deadline": True, "stores": frozenset({harbour})
    }  # fmt: skip
    assert list(keeper.erase(Erasure.of(alice))) == [None]
    assert notices.find_notices(alice.actor).version is None
    assert notice_repository.people_on_duty(alice.org_id) == []
    assert told(alice).revision is None


def test_it_goes_with_the_organisation(alice: User, bob: User, charlie: User) -> None:
    for user in (alice, charlie):
        on_duty(user)
    notices.set_duty(actor=charlie.actor, on_duty=False)
    bound: list[Any] = []
    piece = Piece(alice.org_id, "removal", "", alice.actor, bound.append)
    pieces = 0
    while NoticesOfPeople().destroy(piece) is not None:
        pieces += 1
    assert pieces == 2
    assert len(bound) == 3
    assert notices.find_notices(alice.actor).version is None
    assert notice_repository.people_on_duty(alice.org_id) == []
    assert [one.org_id for one in notice_repository.places_on_duty()] == [charlie.org_id]
    assert notices.find_notices(charlie.actor).version == 2
