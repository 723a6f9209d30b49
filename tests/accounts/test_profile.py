"""What people say about themselves, and how it follows them through pages and devices."""

from __future__ import annotations

import re
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.entities import User
from accounts.errors import ChangedMeanwhile, ProfileChanged
from accounts.profile import change_profile, choose, time_zones, zone_of
from catalog import services as catalogue
from storage.audit import history
from storage.domain import Invalid
from storage.meter import measure
from tests.accounts.actions import change, stored
from tests.accounts.browsers import ACCOUNT, logged_in

pytestmark = pytest.mark.usefixtures("store")

PROFILE = "/accounts/profile/"
SPANISH = {"language": "es", "time_zone": "Europe/Madrid", "theme": "dark"}


def said(user: User, **changes: str) -> dict[str, object]:
    """The form as a browser sends it."""
    person = stored(user)
    names = ("name", "language", "time_zone", "theme", "version")
    return {**{name: getattr(person, name) for name in names}, **changes}


def text(client: Client, path: str = ACCOUNT, **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


# The rules


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Europe/Madrid", "Europe/Madrid"),
        ("  europe/madrid ", "Europe/Madrid"),
        ("madrid", "Europe/Madrid"),
        ("New York", "America/New_York"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        ("Etc/GMT+3", "Etc/GMT+3"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_time_zone_is_understood_however_it_is_written(
    alice: User, written: str, name: str
) -> None:
    changed = change_profile(user=alice, version=1, said={"time_zone": written})
    assert stored(alice).time_zone == changed.time_zone == name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Middle/Earth"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "/etc/localtime"),
        ("language", "fi"),
        ("language", "es-MX"),
        ("theme", "pink"),
        ("name", ""),
        ("name", "\u202e \t"),
        ("name", "x" * 151),
    ],
)
def test_what_does_not_exist_is_refused_beside_its_field(
    alice: User, field: str, value: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change_profile(user=alice, version=1, said={field: value, "theme": value or "pink"})
    assert {field, "theme"} == refused.value.fields.keys()
    assert replace(stored(alice), last_login_at=None) == alice


def test_every_proposed_zone_exists() -> None:
    assert len(time_zones()) > 300
    assert {"UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata"} <= set(time_zones())
    for name in time_zones():
        zoneinfo.ZoneInfo(name)


def test_zones_of_a_city_are_names_of_one() -> None:
    moments = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7)]
    offsets: dict[str, set[object]] = {}
    for name in time_zones():
        zone = zoneinfo.ZoneInfo(name)
        city = name.rpartition("/")[2].casefold()
        offsets.setdefault(city, set()).add(tuple(zone.utcoffset(at) for at in moments))
    assert {city: found for city, found in offsets.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["", "Middle/Earth", "../x"])
def test_a_zone_that_is_not_known_here_is_utc(alice: User, name: str) -> None:
    assert zone_of(replace(alice, time_zone=name)) is UTC


def test_a_change_leaves_what_changed(alice: User) -> None:
    change_profile(user=alice, version=1, said={"name": " Alicia ", **SPANISH})
    entry = history(f"user#{alice.user_id}").items[0]
    assert entry.action == "accounts.change_profile"
    assert entry.changes == {
        "name": ("Alice", "Alicia"),
        "language": (None, "es"),
        "time_zone": (None, "Europe/Madrid"),
        "theme": (None, "dark"),
    }
    assert stored(alice).version == 2


def test_what_changes_nothing_writes_nothing(alice: User) -> None:
    with measure() as meter:
        assert change_profile(user=alice, version=1, said={"name": "Alice"}) is alice
    assert meter.calls == []


def test_a_lost_race_names_what_is_stored(alice: User) -> None:
    first = change_profile(user=alice, version=1, said={"name": "Alicia"})
    for seen in (alice, first):
        with pytest.raises(ProfileChanged) as lost:
            change_profile(user=seen, version=1, said={"theme": "dark"})
        assert (lost.value.current.name, lost.value.current.version) == ("Alicia", 2)
    assert stored(alice).theme == ""


def test_of_many_who_saw_the_same_version_one_saves(alice: User) -> None:
    def save(number: int) -> bool:
        try:
            change_profile(user=alice, version=1, said={"name": f"Alice {number}"})
        except ProfileChanged as lost:
            return lost.current.version != 2
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(save, range(64))) == 1
    assert stored(alice).version == 2


def test_of_choices_with_one_click_the_last_one_holds(alice: User) -> None:
    change(replace(alice, theme="light"))
    assert choose(user=alice, said={"theme": "dark"}).version == 3
    assert stored(alice).theme == "dark"


def test_a_person_who_is_gone_cannot_be_changed(alice: User) -> None:
    ghost = replace(alice, user_id=User.new_id())
    with pytest.raises(ChangedMeanwhile):
        change_profile(user=ghost, version=1, said={"theme": "dark"})


# The page


def test_the_form_proposes_time_zones_and_says_what_is_stored(alice: User) -> None:
    change(replace(alice, **SPANISH))  # type: ignore[arg-type]
    page = text(logged_in(alice), PROFILE)
    assert '<option value="America/New_York">' in page
    assert 'list="time-zones"' in page
    assert 'value="Europe/Madrid"' in page
    assert re.search(r'value="es" selected', page)
    assert re.search(r'value="dark" selected', page)


def test_after_saving_the_next_page_is_as_the_person_wants(alice: User) -> None:
    client = logged_in(alice)
    answer = client.post(PROFILE, said(alice, name="Alicia", **SPANISH), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(ACCOUNT, 302)]
    assert '<html lang="es" data-theme="dark"' in page
    assert answer.headers["Content-Language"] == "es"
    assert "Alicia" in page
    assert "Europe/Madrid" in page


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(alice: User) -> None:
    answer = logged_in(alice).post(PROFILE, said(alice, name="Alicia", time_zone="Mordor"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is no such time zone." in page
    assert 'value="Mordor"' in page
    assert 'value="Alicia"' in page
    assert replace(stored(alice), last_login_at=None) == alice


def test_whoever_loses_a_race_sees_both_and_may_save_again(alice: User) -> None:
    client = logged_in(alice)
    mine = said(alice, name="Alicia", time_zone="Madrid")
    change(replace(alice, name="Ali", theme="dark"))
    answer = client.post(PROFILE, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "changed somewhere else" in page
    assert "<dd>Ali</dd>" in page
    assert 'value="Alicia"' in page
    assert 'name="version" value="2"' in page
    assert client.post(PROFILE, {**mine, "version": 2}).status_code == 302
    assert (stored(alice).name, stored(alice).theme) == ("Alicia", "")


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_broken_version_overwrites_nothing(alice: User, version: str) -> None:
    answer = logged_in(alice).post(PROFILE, said(alice, name="Mallory", version=version))
    assert answer.status_code in (409, 422)
    assert stored(alice).name == "Alice"


def test_everybody_changes_only_oneself(alice: User, bob: User, charlie: User) -> None:
    for person in (bob, charlie):
        fields = said(person, name="Renamed", user_id=alice.user_id, org_id=alice.org_id)
        assert logged_in(person).post(PROFILE, fields).status_code == 302
        assert stored(person).name == "Renamed"
    assert replace(stored(alice), last_login_at=None) == alice


def test_strangers_are_led_to_the_login_and_other_sites_refused(alice: User) -> None:
    assert Client().get(PROFILE).headers["Location"] == f"/accounts/login/?next={PROFILE}"
    client = logged_in(alice)
    client.handler.enforce_csrf_checks = True
    assert client.post(PROFILE, said(alice, name="Mallory")).status_code == 403


# Everywhere else


def test_preferences_follow_the_person_to_another_device(alice: User) -> None:
    change(replace(alice, **SPANISH))  # type: ignore[arg-type]
    client = logged_in(alice)
    for path in ("/", ACCOUNT, "/staff/products/", "/api/v1/docs"):
        assert '<html lang="es" data-theme="dark"' in text(client, path), path


def test_what_the_person_wants_wins_over_the_device(alice: User) -> None:
    change(replace(alice, **SPANISH))  # type: ignore[arg-type]
    client = logged_in(alice)
    client.cookies["language"], client.cookies["theme"] = "en", "light"
    assert '<html lang="es" data-theme="dark"' in text(client)
    client.post("/accounts/logout/")
    assert '<html lang="en" data-theme="light"' in text(client, "/")


def test_without_a_preference_the_device_decides(alice: User) -> None:
    client = logged_in(alice)
    client.cookies["theme"] = "light"
    page = text(client, **{"Accept-Language": "es"})
    assert '<html lang="es" data-theme="light"' in page


def test_choosing_in_the_header_is_choosing_for_the_person(alice: User) -> None:
    client = logged_in(alice)
    client.post("/preferences/language/", {"language": "es", "next": ACCOUNT})
    client.post("/preferences/theme/", {"theme": "dark", "next": ACCOUNT})
    assert (stored(alice).language, stored(alice).theme) == ("es", "dark")
    assert '<html lang="es" data-theme="dark"' in text(client)
    assert '<html lang="es" data-theme="dark"' in text(logged_in(alice))
    assert [entry.action for entry in history(f"user#{alice.user_id}").items].count(
        "accounts.change_profile"
    ) == 2


def test_visitors_choose_for_their_device_without_a_request_to_the_store(client: Client) -> None:
    with measure() as meter:
        client.post("/preferences/language/", {"language": "es"})
        client.post("/preferences/theme/", {"theme": "dark"})
    assert meter.calls == []


def test_other_sites_cannot_choose_for_the_person(alice: User) -> None:
    client = logged_in(alice)
    answer = client.post(
        "/preferences/theme/", {"theme": "dark"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert stored(alice).theme == ""


def test_errors_speak_the_language_of_the_person(alice: User) -> None:
    change(replace(alice, **SPANISH))  # type: ignore[arg-type]
    page = text(logged_in(alice), "/nowhere/")
    assert '<html lang="es" data-theme="dark"' in page


def test_the_next_visitor_gets_nothing_of_it(alice: User) -> None:
    change(replace(alice, **SPANISH))  # type: ignore[arg-type]
    client = logged_in(alice)
    text(client)
    assert '<html lang="en">' in text(Client(), "/")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Madrid", r"CES?T"),
        ("America/New_York", r"E[SD]T"),
        ("America/Sao_Paulo", r"UTC-03"),
        ("Asia/Kathmandu", r"UTC\+05:45"),
        ("", "UTC"),
    ],
)
def test_times_are_shown_in_the_zone_of_the_person(alice: User, zone: str, shown: str) -> None:
    change(replace(alice, time_zone=zone))
    raw = {"sku": "M", "name": "Mug", "price": "1", "currency": "EUR"}
    product = catalogue.create_product(actor=alice.actor, raw=raw).product
    client = logged_in(alice)
    for path in (f"/staff/products/{product.id}/history/", "/accounts/sessions/"):
        page = text(client, path)
        times = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', page)
        assert times
        for machine, human in times:
            assert machine.endswith("Z")
            assert re.search(rf" {shown}$", human), human


def test_being_somebody_with_preferences_costs_no_more(alice: User) -> None:
    change(replace(alice, **SPANISH))  # type: ignore[arg-type]
    client = logged_in(alice)
    for path in ("/", "/b/", "/search/?q=mug"):
        with measure() as anonymous:
            Client().get(path)
        with measure() as personal:
            client.get(path)
        assert len(personal.calls) == len(anonymous.calls) + 2, path
