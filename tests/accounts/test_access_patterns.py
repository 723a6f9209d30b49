"""The six access patterns of the table, each one request with these keys and this index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

import storage.configuration
from accounts import directory
from accounts.entities import Actor, Organisation, User
from accounts.errors import OrganisationNotFound, UserNotFound
from accounts.tables import AccountItem, item_type
from storage.configuration import configuration
from storage.errors import InvalidCursor
from storage.meter import Meter, measure
from storage.pages import Page
from tests.accounts.crowd import asked, crowd, member, organisation, organisations, write
from tests.catalog.products import put_raw

pytestmark = pytest.mark.usefixtures("store")

SERVER = Actor.system(org_id="")
ORG_ID = "ORG-crowd"
PEOPLE = f"table: hashKey = {ORG_ID} AND rangeKey BETWEEN USER- AND USER-\uffff"


@dataclass(frozen=True)
class Pattern:
    """A row of the table of access patterns: how to ask, and what the store hears and takes.

    `capacity` by how many people and organisations there are: a list costs a page of fifty.
    """

    ask: Callable[[], Any]
    heard: str
    capacity: dict[int, float]


def shop(number: int) -> str:
    return organisation(number).org_id


PATTERNS = {
    "single user": Pattern(
        lambda: directory.find_user(SERVER, org_id=ORG_ID, user_id=member(ORG_ID, 7).user_id),
        f"GetItem: hashKey = {ORG_ID} AND rangeKey = {member(ORG_ID, 7).user_id}",
        {10: 1.0, 1000: 1.0},
    ),
    "single user by email": Pattern(
        lambda: directory.find_user_by_email(SERVER, email="Person.0007@example.com"),
        "itemTypeIdIndex: itemType = USER AND id = person.0007@example.com",
        {10: 0.5, 1000: 0.5},
    ),
    "all users in org": Pattern(
        lambda: directory.list_users(SERVER, org_id=ORG_ID),
        PEOPLE,
        {10: 0.5, 1000: 3.0},
    ),
    "all users": Pattern(
        lambda: directory.list_all_users(SERVER),
        "itemTypeIdIndex: itemType = USER",
        {10: 0.5, 1000: 3.0},
    ),
    "single org": Pattern(
        lambda: directory.find_organisation(SERVER, org_id=shop(7)),
        f"GetItem: hashKey = {shop(7)} AND rangeKey = {shop(7)}",
        {10: 0.5, 1000: 0.5},
    ),
    "all orgs": Pattern(
        lambda: directory.list_all_organisations(SERVER),
        "itemTypeIdIndex: itemType = ORG",
        {10: 0.5, 1000: 2.0},
    ),
}


@pytest.fixture
def shards(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def use(count: int) -> None:
        # Not by configure(), which would replace the client that the store fixture watches.
        sharded = replace(configuration(), shards=count)
        monkeypatch.setattr(storage.configuration, "_configuration", sharded)

    return use


@pytest.mark.parametrize("size", [10, 1000])
def test_every_pattern_is_one_request_with_the_documented_keys(size: int) -> None:
    crowd(size)
    organisations(size)
    for name, pattern in PATTERNS.items():
        with asked() as heard, measure() as meter:
            assert pattern.ask()
        assert heard == [pattern.heard], name
        assert len(meter.calls) == 1, name
        assert meter.capacity == pattern.capacity[size], name


def all_pages(read: Callable[[str | None], Page[Any]]) -> tuple[list[Any], Meter]:
    found: list[Any] = []
    cursor = None
    with measure() as meter:
        while True:
            page = read(cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found, meter
            assert page.items


@pytest.mark.parametrize("shard_count", [1, 4])
def test_pages_follow_one_another_without_gaps_and_repeats(
    shards: Callable[[int], None], shard_count: int
) -> None:
    shards(shard_count)
    people, shops = crowd(100), organisations(100)
    ids = [user.user_id for user in people]

    found, meter = all_pages(
        lambda cursor: directory.list_users(SERVER, org_id=ORG_ID, limit=30, cursor=cursor)
    )
    assert [user.user_id for user in found] == ids
    assert len(meter.calls) == 4

    found, meter = all_pages(
        lambda cursor: directory.list_all_users(SERVER, limit=30, cursor=cursor)
    )
    assert [user.user_id for user in found] == ids
    assert len(meter.calls) == 4 * shard_count

    found, meter = all_pages(
        lambda cursor: directory.list_all_organisations(SERVER, limit=30, cursor=cursor)
    )
    assert [shop.org_id for shop in found] == [shop.org_id for shop in shops]
    assert len(meter.calls) == 4 * shard_count


def test_only_people_are_listed_and_keys_are_taken_to_the_letter() -> None:
    (person,) = crowd(1)
    neighbours = ("ROLE-1", "STORE-1", "USES-1", "user-1", "USER", ORG_ID)
    put_raw(AccountItem, ({"hashKey": {"S": ORG_ID}, "rangeKey": {"S": key}} for key in neighbours))
    assert directory.list_users(SERVER, org_id=ORG_ID).items == (replace(person, version=1),)


def test_a_page_that_everybody_fits_on_is_the_last() -> None:
    crowd(30)
    assert directory.list_users(SERVER, org_id=ORG_ID, limit=30).next_cursor is None


@pytest.mark.parametrize("size", [10, 1000])
def test_with_shards_lists_ask_each_and_an_address_only_its_own(
    shards: Callable[[int], None], size: int
) -> None:
    shards(3)
    crowd(size)
    organisations(size)

    with asked() as heard:
        directory.find_user_by_email(SERVER, email="person.0007@example.com")
    assert len(heard) == 1
    assert heard[0].startswith("itemTypeIdIndex: itemType = USER#")
    assert heard[0].endswith(" AND id = person.0007@example.com")
    for read, kind in (
        (directory.list_all_users, "USER"),
        (directory.list_all_organisations, "ORG"),
    ):
        with asked() as heard, measure() as meter:
            read(SERVER)
        assert heard == [f"itemTypeIdIndex: itemType = {kind}#{shard}" for shard in range(3)]
        assert meter.capacity <= (1.5 if size == 10 else 9)
    with asked() as heard:
        directory.list_users(SERVER, org_id=ORG_ID)
    assert heard == [PEOPLE]


# Deleted people and organisations


@pytest.mark.parametrize("include_deleted", [False, True])
@pytest.mark.parametrize("shard_count", [1, 4])
def test_who_is_deleted_is_left_out_unless_asked_for(
    shards: Callable[[int], None], shard_count: int, include_deleted: bool
) -> None:
    shards(shard_count)
    people = [member(ORG_ID, number, deleted=number % 3 == 0) for number in range(100)]
    shops = [organisation(number, deleted=number % 3 == 0) for number in range(100)]
    write([*people, *shops])
    options: dict[str, Any] = {"limit": 7, "include_deleted": include_deleted}

    of_one, _ = all_pages(
        lambda cursor: directory.list_users(SERVER, org_id=ORG_ID, cursor=cursor, **options)
    )
    of_all, _ = all_pages(lambda cursor: directory.list_all_users(SERVER, cursor=cursor, **options))
    expected = [user.user_id for user in people if include_deleted or user.deleted_at is None]
    assert [user.user_id for user in of_one] == [user.user_id for user in of_all] == expected
    found, _ = all_pages(
        lambda cursor: directory.list_all_organisations(SERVER, cursor=cursor, **options)
    )
    assert [shop.org_id for shop in found] == [
        shop.org_id for shop in shops if include_deleted or shop.deleted_at is None
    ]


def test_a_page_is_full_although_some_are_deleted_in_two_requests() -> None:
    write(member(ORG_ID, number, deleted=number % 5 == 0) for number in range(200))
    with measure() as meter:
        page = directory.list_users(SERVER, org_id=ORG_ID, limit=50)
    assert len(page.items) == 50
    assert len(meter.calls) == 2


@pytest.mark.parametrize("shard_count", [1, 4])
def test_hundreds_deleted_in_a_row_cost_three_requests_and_a_short_page_that_leads_on(
    shards: Callable[[int], None], shard_count: int
) -> None:
    shards(shard_count)
    write(member(ORG_ID, number, deleted=number >= 5) for number in range(1500))
    write(member(ORG_ID, number) for number in range(1500, 1510))

    found: list[User] = []
    cursor, pages = None, 0
    while True:
        with measure() as meter:
            page = directory.list_all_users(SERVER, limit=10, cursor=cursor)
        assert len(meter.calls) <= 3 * shard_count
        assert meter.capacity <= 20 * shard_count
        found += page.items
        cursor, pages = page.next_cursor, pages + 1
        if cursor is None:
            break
    assert [u.name for u in found] == [
        f"Person {number:04}" for number in (*range(5), *range(1500, 1510))
    ]
    assert 1 < pages <= 7


def in_shard(wanted: int, numbers: Iterable[int]) -> list[int]:
    kinds = ((number, item_type("USER", member(ORG_ID, number).email_key)) for number in numbers)
    return [number for number, kind in kinds if kind == f"USER#{wanted}"]


@pytest.mark.parametrize("first_of_the_other", [0, 1900])
def test_shards_that_lag_behind_are_waited_for(
    shards: Callable[[int], None], first_of_the_other: int
) -> None:
    """In two shards hundreds are deleted, one of them half as full, and in the third nobody: the
    order stays that of the ids."""
    shards(3)
    lagging = [*in_shard(0, range(2000)), *in_shard(1, range(2000))[::2]]
    other = in_shard(2, range(first_of_the_other, 2000))
    gone = {number for number in lagging if number < 1800 and number % 90}
    write(member(ORG_ID, number, deleted=number in gone) for number in (*lagging, *other))

    found: list[User] = []
    cursor = None
    while True:
        with measure() as meter:
            page = directory.list_all_users(SERVER, limit=10, cursor=cursor)
        assert len(meter.calls) <= 9
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    expected = sorted({*lagging, *other} - gone)
    assert [user.name for user in found] == [f"Person {number:04}" for number in expected]


def test_one_who_is_deleted_is_found_only_where_asked_for() -> None:
    write([member(ORG_ID, 1, deleted=True), organisation(1, deleted=True)])
    user_id = member(ORG_ID, 1).user_id
    questions: tuple[Callable[..., User | Organisation], ...] = (
        lambda **more: directory.find_user(SERVER, org_id=ORG_ID, user_id=user_id, **more),
        lambda **more: directory.find_user_by_email(
            SERVER, email="person.0001@example.com", **more
        ),
        lambda **more: directory.find_organisation(SERVER, org_id=shop(1), **more),
    )
    for ask in questions:
        assert ask(include_deleted=True).deleted_at is not None
        with pytest.raises((UserNotFound, OrganisationNotFound)):
            ask()


# Cursors


def test_a_cursor_is_good_for_its_own_list_only() -> None:
    crowd(10)
    organisations(10)
    of_one = directory.list_users(SERVER, org_id=ORG_ID, limit=3).next_cursor
    of_all = directory.list_all_users(SERVER, limit=3).next_cursor
    for read in (
        lambda: directory.list_users(SERVER, org_id="ORG-other", cursor=of_one),
        lambda: directory.list_users(SERVER, org_id=ORG_ID, cursor=of_one, include_deleted=True),
        lambda: directory.list_users(SERVER, org_id=ORG_ID, cursor=of_all),
        lambda: directory.list_all_users(SERVER, cursor=of_one),
        lambda: directory.list_all_organisations(SERVER, cursor=of_all),
        lambda: directory.list_all_users(SERVER, cursor="made up"),
    ):
        with pytest.raises(InvalidCursor):
            read()
