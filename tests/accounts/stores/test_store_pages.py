"""The pages of stores, as Alice (owner), Bob (viewer) and Charlie (owner of another organisation)
see them."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.models import AuthUser
from accounts.stores import selectors
from accounts.stores.entities import State, Store
from accounts.stores.opening_hours import WHOLE_DAY, OpeningHours
from storage.meter import measure
from tests.accounts.actions import stored
from tests.accounts.stores.shops import HOURS, bind, chain, make

LIST, NEW = "/staff/stores/", "/staff/stores/new/"
ALWAYS, NEVER = OpeningHours((WHOLE_DAY,) * 7), OpeningHours()
TYPED = {"version": "0", "name": "High Street", "time_zone": "Madrid", "active": "on"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(AuthUser.of(user))
    return client


def page_of(store: Store, action: str = "") -> str:
    return f"{LIST}{store.store_id}/{action}"


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(response.content.decode()))


class _Typed(HTMLParser):
    """What the form of a store would send."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = said.get("name") or ""
        is_box = said.get("type") == "checkbox"
        if tag == "input" and (not is_box or "checked" in said):
            self.values[name] = said.get("value") or ("on" if is_box else "")
        self._area = name if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            # As browsers do: the first line break after the tag is none of the text.
            self.values[self._area] = data.removeprefix("\n")


def typed_on(response: Any) -> dict[str, str]:
    parser = _Typed()
    parser.feed(response.content.decode().partition('class="app-form"')[2].partition("</form>")[0])
    return parser.values


def found(user: User, store: Store) -> Store:
    return selectors.find_store(user.actor, store_id=store.store_id)


def errors_of(response: Any, field: str) -> list[str]:
    inside = re.search(rf'id="id_{field}_error">(.*?)</ul>', text_of(response))
    return re.findall(r"<li>(.*?)</li>", inside[1]) if inside else []


def test_a_store_is_made_and_shown(alice: User) -> None:
    client = client_of(alice)
    assert client.get(NEW).status_code == 200
    typed = {
        **TYPED,
        "number": "42",
        "lines": "Plaza Mayor 1\nLocal 3",
        "city": "Madrid",
        "country": "ES",
        "monday": "9-13, 16-20",
        "saturday": "10 am - 2 pm",
        "sunday": "closed",
        "exceptions": "2026-12-25 closed\n\n2026-12-24: 10-14",
    }
    response = client.post(NEW, typed)
    assert response.status_code == 302
    page = text_of(client.get(response.headers["Location"]))
    assert "<h1>High Street</h1>" in page
    for value in ("09:00–13:00, 16:00–20:00", "10:00–14:00", "Europe/Madrid", "42"):
        assert f'value="{value}"' in page
    assert "2026-12-24 10:00–14:00 2026-12-25 closed" in page
    assert "Opened" in page
    assert "High Street" in text_of(client.get(LIST))


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(alice: User) -> None:
    make(alice, number="42")
    client = client_of(alice)
    wrong = {"tuesday": "nine to five", "friday": "10-9", "exceptions": "Christmas closed"}
    response = client.post(NEW, {**TYPED, **wrong, "time_zone": ""})
    assert response.status_code == 422
    assert "Write the hours like" in errors_of(response, "tuesday")[0]
    assert "morning or evening" in errors_of(response, "friday")[0]
    assert "Begin every line" in errors_of(response, "exceptions")[0]
    (message,) = errors_of(response, "time_zone")
    assert "do not tell the time zone" in message
    assert errors_of(response, "monday") == []
    assert 'value="nine to five"' in text_of(response)
    response = client.post(NEW, {**TYPED, "number": "42", "time_zone": "Middle Earth"})
    assert "only some cities" in errors_of(response, "time_zone")[0]
    response = client.post(NEW, {**TYPED, "number": "42"})
    assert (response.status_code, len(errors_of(response, "number"))) == (422, 1)
    assert len(selectors.all_stores(alice.actor)) == 1


def test_a_page_in_spanish_understands_its_own_words(alice: User) -> None:
    typed = {**TYPED, "monday": "cerrado", "exceptions": "24/12/2026 24 h"}
    response = client_of(alice).post(NEW, typed, headers={"Accept-Language": "es"})
    store = selectors.all_stores(alice.actor)[0]
    christmas_eve = (date(2026, 12, 24), WHOLE_DAY)
    assert response.status_code == 302
    assert store.opening_hours == replace(NEVER, exceptions=(christmas_eve,))
    english = client_of(alice).post(NEW, {**TYPED, "exceptions": "12/11/2026 24 h"})
    assert "Begin every line" in errors_of(english, "exceptions")[0]


def test_a_day_repeats_the_one_above(alice: User) -> None:
    client = client_of(alice)
    refused = client.post(NEW, {**TYPED, "monday": "="})
    assert len(errors_of(refused, "monday")) == 1
    week = dict.fromkeys(("tuesday", "wednesday", "thursday"), "=")
    client.post(NEW, {**TYPED, "monday": "0-24", **week})
    hours = selectors.all_stores(alice.actor)[0].opening_hours
    assert hours == OpeningHours((*(WHOLE_DAY,) * 4, (), (), ()))


def test_only_stores_in_use_say_whether_they_are_open(alice: User) -> None:
    client = client_of(alice)
    store = make(alice, opening_hours=ALWAYS)
    assert ">Open<" in text_of(client.get(page_of(store)))
    assert ">Open<" in text_of(client.get(LIST))
    client.post(page_of(store, "delete/"), {"version": "1"})
    assert ">Open<" not in text_of(client.get(page_of(store)))
    assert ">Open<" not in text_of(client.get(f"{LIST}?state=deleted"))


def test_hours_that_nobody_said_are_not_the_same_as_closed(alice: User) -> None:
    client = client_of(alice)
    for name, hours in (("Unsaid", None), ("Never", NEVER), ("Always", ALWAYS)):
        make(alice, name, opening_hours=hours)
    rows = re.findall(r'<tr> <th scope="row">.*?</tr>', text_of(client.get(LIST)))
    states = [re.findall(r'app-badge--\w+">(.*?)<', row)[0] for row in rows]
    assert states == ["Open", "Closed", "No opening hours"]
    for store in selectors.all_stores(alice.actor):
        response = client.post(page_of(store), typed_on(client.get(page_of(store))))
        assert response.status_code == 302
        # Saving what is shown changes nothing.
        assert found(alice, store) == store


def test_whoever_was_slower_sees_both_and_decides(alice: User) -> None:
    store = make(alice, city="Madrid", opening_hours=HOURS)
    client = client_of(alice)
    mine = {**typed_on(client.get(page_of(store))), "name": "Mine"}
    client.post(page_of(store), {**mine, "name": "Theirs", "monday": "8-12"})
    response = client.post(page_of(store), mine)
    page = text_of(response)
    assert response.status_code == 409
    assert "perhaps you in another window, changed this store" in page
    assert "<dt>Name</dt> <dd>Theirs</dd> <dt>Monday</dt> <dd>08:00–12:00</dd>" in page
    assert client.post(page_of(store), typed_on(response)).status_code == 302
    assert (found(alice, store).name, found(alice, store).opening_hours) == ("Mine", HOURS)


def test_deleting_restoring_and_removing_for_good(alice: User) -> None:
    store = make(alice)
    client = client_of(alice)
    assert client.post(page_of(store, "delete/"), {"version": "7"}).status_code == 409
    question = text_of(client.get(page_of(store, "delete/")))
    assert "Delete “High Street”?" in question
    assert 'name="version" value="1"' in question
    assert client.post(page_of(store, "delete/"), {"version": "1"}).status_code == 302
    assert client.get(page_of(store, "delete/")).status_code == 409
    page = text_of(client.get(page_of(store)))
    assert "Restore" in page
    assert 'name="name"' not in page
    assert client.post(page_of(store), {**TYPED, "version": "2"}).status_code == 409
    assert "High Street" in text_of(client.get(f"{LIST}?state=deleted"))
    assert client.post(page_of(store, "restore/"), {"version": "2"}).status_code == 302
    assert found(alice, store).state is State.ACTIVE


def test_removing_for_good_asks_first_who_it_is(alice: User) -> None:
    store = make(alice)
    client = client_of(alice)
    client.post(page_of(store, "delete/"), {"version": "1"})
    session = client.session
    just_now = session["confirmed"]
    session["confirmed"] = just_now - 16 * 60
    session.save()
    response = client.post(page_of(store, "destroy/"), {"version": "2"})
    assert response.headers.get("Location") != LIST
    assert found(alice, store).version == 2
    session["confirmed"] = just_now
    session.save()
    assert "for good?" in text_of(client.get(page_of(store, "destroy/")))
    response = client.post(page_of(store, "destroy/"), {"version": "2"})
    assert (response.status_code, response.headers["Location"]) == (302, LIST)
    assert client.get(page_of(store)).status_code == 404


def test_a_viewer_reads_facts_and_changes_nothing(alice: User, bob: User) -> None:
    store = make(alice, city="Madrid", opening_hours=HOURS)
    client = client_of(bob)
    page = text_of(client.get(page_of(store)))
    assert "<dt>City</dt> <dd>Madrid</dd>" in page
    assert 'name="name"' not in page
    assert "Add a store" not in text_of(client.get(LIST))
    assert client.get(NEW).status_code == 403
    for action in ("", "delete/", "restore/"):
        assert client.post(page_of(store, action), {**TYPED, "version": "1"}).status_code == 403


def test_what_belongs_to_others_is_not_found(alice: User, bob: User, charlie: User) -> None:
    own, other = make(alice, "Own"), make(alice, "Other")
    bind(stored(bob), own)
    assert client_of(bob).get(page_of(own)).status_code == 200
    for user, store in ((bob, other), (charlie, own)):
        client = client_of(user)
        assert client.get(page_of(store)).status_code == 404
        for action in ("", "delete/", "restore/", "destroy/"):
            assert client.post(page_of(store, action), {**TYPED, "version": "1"}).status_code == 404
        assert f"/{store.store_id}/" not in text_of(client.get(LIST))


@pytest.mark.parametrize("path", [LIST, NEW, f"{LIST}STORE-1/"])
def test_strangers_are_sent_to_the_login(client: Client, store: None, path: str) -> None:
    with measure() as meter:
        response = client.get(path)
    assert (response.status_code, meter.calls) == (302, [])


def test_the_list_turns_pages_and_each_costs_what_is_on_it(alice: User) -> None:
    chain(alice.org_id, 130)
    client = client_of(alice)
    path, names = LIST, []
    while path:
        with measure() as meter:
            page = text_of(client.get(path))
        # Session, person and organisation together, the list.
        operations = [call.operation for call in meter.calls]
        assert operations == ["GetItem", "BatchGetItem", "Query"]
        assert meter.capacity <= 10
        names += re.findall(r'<th scope="row"><a href="[^"]+">(.*?)</a>', page)
        following = re.search(r'<a href="([^"]+)" rel="next"', page)
        path = following[1] if following else ""
    assert names == [f"Store {number:04}" for number in range(130)]


def test_a_store_is_one_read_and_its_history_another(alice: User) -> None:
    store = make(alice, opening_hours=HOURS)
    client = client_of(alice)
    with measure() as meter:
        client.get(page_of(store))
    operations = [call.operation for call in meter.calls]
    # The last one: how many requests wait there.
    assert operations == ["GetItem", "BatchGetItem", "GetItem", "Query", "Query"]
    assert meter.capacity <= 5


def test_the_country_tells_the_time_zone_and_unknown_cities_are_explained(alice: User) -> None:
    client = client_of(alice)
    typed = {**TYPED, "time_zone": ""}
    response = client.post(NEW, {**typed, "country": "US", "region": "or"})
    page = text_of(client.get(response.headers["Location"]))
    assert 'value="America/Los_Angeles"' in page
    assert typed_on(client.get(NEW))["time_zone"] == "America/Los_Angeles"
    assert '<option value="US" selected>' in text_of(client.get(NEW))
    (message,) = errors_of(client.post(NEW, {**typed, "country": "US"}), "time_zone")
    assert "name it, such as Europe/Madrid" in message
    sevilla = client.post(NEW, {**typed, "country": "ES", "time_zone": "Sevilla"})
    (message,) = errors_of(sevilla, "time_zone")
    assert "only some cities" in message
    assert 'value="Sevilla"' in text_of(sevilla)
