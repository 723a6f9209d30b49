from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from storage.idempotency import IdempotencyKey
from storage.meter import measure
from supervisor.knowledge import services
from tests.accounts.fixtures import add_user
from tests.catalog.api_client import Api
from tests.supervisor.test_services import at_once

ARTICLES = "/api/v1/organisation/articles"
RETURNS = {"title": "Returns without a receipt", "text": "Thirty days, for a voucher."}


@pytest.fixture
def mia(alice: User) -> Api:
    """A supervisor."""
    return Api(add_user(email="mia@example.com", name="Mia", beside=alice, roles=("supervisor",)))


@pytest.fixture
def asker(alice: User) -> Api:
    return Api(add_user(email="bot@example.com", name="Bot", beside=alice, roles=("staff",)))


def items(api: Api, **query: Any) -> list[str]:
    answer = api.get(ARTICLES, query)
    assert answer.status_code == 200, answer.content
    return [item["title"] for item in answer.json()["items"]]


def test_who_asks_looks_first(mia: Api, asker: Api, harbour: str) -> None:
    made = mia.post({**RETURNS, "tags": ["refunds"], "store_id": harbour}, ARTICLES)
    assert made.status_code == 201, made.content
    address = made.headers["Location"]
    found = asker.get(ARTICLES, {"q": "May she return it if there is no réceipt?"})
    assert found.json() == {"items": [made.json()], "next_cursor": None}
    assert items(asker, q="refund", store=harbour) == [RETURNS["title"]]
    assert items(asker, q="zygote") == []
    with measure() as meter:
        same = asker.get(address, If_None_Match=made.headers["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    assert [call.operation for call in meter.calls] == ["BatchGetItem", "GetItem"]
    assert asker.get(address).json() == made.json()


def test_the_same_key_writes_once(mia: Api, asker: Api) -> None:
    first = mia.post(RETURNS, ARTICLES, Idempotency_Key="k")
    turned = dict(reversed(RETURNS.items()))
    again = mia.post(turned, ARTICLES, Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = mia.post({**RETURNS, "text": "No."}, ARTICLES, Idempotency_Key="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert items(mia) == [RETURNS["title"]]
    assert asker.post(RETURNS, ARTICLES, Idempotency_Key="k").status_code == 403


def test_of_16_at_once_with_one_key_one_writes(alice: User) -> None:
    key = IdempotencyKey.for_body(scope="test", key="1", body=b"a")
    answers = at_once(
        lambda _: services.create_article(actor=alice.actor, raw=RETURNS, idempotency=key), 16
    )
    made = [one for one in answers if isinstance(one, services.Created)]
    assert len(made) == 16, answers
    assert len({one.article.id for one in made}) == 1
    assert [one.is_new for one in made].count(True) == 1


def test_a_list_goes_on_where_the_page_before_ended(mia: Api) -> None:
    for number in range(3):
        mia.post({**RETURNS, "title": str(number)}, ARTICLES)
    first = mia.get(ARTICLES, {"limit": 2}).json()
    assert [item["title"] for item in first["items"]] == ["2", "1"]
    assert items(mia, limit=2, cursor=first["next_cursor"]) == ["0"]
    broken = mia.get(ARTICLES, {"cursor": "broken"})
    assert broken.status_code == 400


def test_a_correction_needs_the_version_that_was_seen(mia: Api, alice: User) -> None:
    made = mia.post(RETURNS, ARTICLES)
    address, etag = made.headers["Location"], made.headers["ETag"]
    assert mia.patch(address, {"text": "No."}).status_code == 428
    changed = mia.patch(address, {"text": "No."}, If_Match=etag)
    assert (changed.status_code, changed.json()["title"]) == (200, RETURNS["title"])
    stale = mia.patch(address, {"text": "Yes."}, If_Match=etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "article_changed")
    assert stale.json()["current"]["text"] == "No."
    assert mia.delete(address, If_Match=changed.headers["ETag"]).status_code == 403
    owner = Api(alice)
    assert owner.delete(address, If_Match=changed.headers["ETag"]).status_code == 204
    assert mia.get(address).status_code == 404
    gone = owner.patch(address, {"text": "Yes."}, If_Match=f'"{made.json()["id"]}-3"')
    assert (gone.status_code, gone.json()["code"]) == (409, "article_deleted")
    assert owner.post({}, f"{address}/restore").json()["version"] == 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x"}, "text"),
        ({**RETURNS, "title": "x" * 121}, "title"),
        ({**RETURNS, "text": " "}, "text"),
        ({**RETURNS, "tags": ["x"] * 11}, "tags"),
        ({**RETURNS, "author": "Mia"}, "author"),
    ],
    ids=["nothing", "title", "blank", "tags", "unknown"],
)
def test_what_is_wrong_is_said(mia: Api, body: dict[str, object], field: str) -> None:
    answer = mia.post(body, ARTICLES)
    assert answer.status_code == 422
    assert field in {error["field"].partition(".")[0] for error in answer.json()["errors"]}


def test_outsiders_find_nothing_and_askers_only_read(
    mia: Api, asker: Api, charlie: User, harbour: str
) -> None:
    made = mia.post(RETURNS, ARTICLES)
    address, etag = made.headers["Location"], made.headers["ETag"]
    outsider = Api(charlie)
    assert outsider.get(ARTICLES, {"q": "receipt"}).json()["items"] == []
    assert outsider.get(ARTICLES, {"store": harbour}).status_code == 404
    for api, read, write in ((outsider, 404, 404), (asker, 200, 403)):
        assert api.get(address).status_code == read
        assert api.patch(address, {"text": "No."}, If_Match=etag).status_code == write
        assert api.delete(address, If_Match=etag).status_code == write
        assert api.post({}, f"{address}/restore").status_code == write
    assert outsider.post({**RETURNS, "store_id": harbour}, ARTICLES).status_code == 404
    assert asker.post(RETURNS, ARTICLES).status_code == 403
    assert Client().get(ARTICLES).status_code == 401
