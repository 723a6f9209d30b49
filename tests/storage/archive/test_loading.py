"""How items get into a store that is slow, full, or does not want them."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from storage.archive import loading
from storage.archive.errors import ArchiveError
from storage.archive.lines import item_of
from storage.client import call
from storage.configuration import table_name
from storage.errors import StoreUnavailable
from storage.typed import RawItem
from tests.storage.archive.samples import EVERYTHING, KEYED, put_back, rewrite_data, stored
from tests.storage.faults import attempts, injected, raw_answer, refusal

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.mark.usefixtures("as_any_other_store")
class TestAStoreThatCannotTakeEverythingAtOnce:
    def test_gets_again_what_it_left(self, archive: Path) -> None:
        with injected("BatchWriteItem", left_all, left_all, left_all) as bodies:
            put_back(archive)
        assert len(stored(EVERYTHING)) == 100
        assert len(stored(KEYED)) == 24
        assert len(bodies) == 4 + 1 + 3

    def test_gets_only_the_rest_again(self, archive: Path) -> None:
        """Here the others of the first request are lost, which the count at the end tells."""
        with (
            injected("BatchWriteItem", left_first) as bodies,
            pytest.raises(ArchiveError, match="holds 76 items, the archive 100"),
        ):
            put_back(archive, names=[EVERYTHING])
        sizes = sorted(len(body["RequestItems"][table_name(EVERYTHING)]) for body in bodies)
        assert sizes == [1, 25, 25, 25, 25]

    def test_is_asked_again_after_a_while(self, archive: Path) -> None:
        busy = refusal("ProvisionedThroughputExceededException")
        with injected("BatchWriteItem", *[busy] * 7):
            put_back(archive)
        assert len(stored(EVERYTHING)) == 100

    def test_is_given_up_when_it_never_answers(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loading, "GIVE_UP_AFTER_SECONDS", 0.2)
        gone = refusal("InternalServerError", status=500)
        with injected("BatchWriteItem", always=gone), pytest.raises(StoreUnavailable):
            put_back(archive)
        with (
            injected("BatchWriteItem", always=left_all),
            pytest.raises(StoreUnavailable, match="are left"),
        ):
            put_back(archive)

    def test_is_not_given_up_while_it_takes_something(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each request takes nearly as long as a store may be silent."""
        now = itertools.count(0, loading.GIVE_UP_AFTER_SECONDS * 0.9 / 2)
        monkeypatch.setattr(loading, "time", SimpleNamespace(monotonic=lambda: next(now)))
        monkeypatch.setattr(loading, "FIRST_PAUSE_SECONDS", 0)
        with injected("BatchWriteItem", always=takes_last) as bodies:
            put_back(archive, names=[KEYED])
        assert len(bodies) == len(stored(KEYED)) == 24

    def test_that_refuses_is_quoted(self, archive: Path) -> None:
        denied = refusal("AccessDeniedException", Message="not yours")
        with (
            injected("BatchWriteItem", always=denied),
            pytest.raises(ArchiveError, match="BatchWriteItem: not yours"),
        ):
            put_back(archive)


def left_all(request: AWSPreparedRequest) -> AWSResponse | None:
    items = orjson.loads(request.body)["RequestItems"]
    return raw_answer(200, orjson.dumps({"UnprocessedItems": items}))(request)


def left_first(request: AWSPreparedRequest) -> AWSResponse | None:
    ((name, writes),) = orjson.loads(request.body)["RequestItems"].items()
    return raw_answer(200, orjson.dumps({"UnprocessedItems": {name: writes[:1]}}))(request)


def takes_last(request: AWSPreparedRequest) -> AWSResponse | None:
    ((name, writes),) = orjson.loads(request.body)["RequestItems"].items()
    put = writes[-1]["PutRequest"]["Item"]
    call("PutItem", {"TableName": name, "Item": read_back(put)})
    left = {name: writes[:-1]} if writes[1:] else {}
    return raw_answer(200, orjson.dumps({"UnprocessedItems": left}))(request)


def read_back(item: RawItem) -> RawItem:
    """What boto3 makes of an item in a request: bytes again."""
    return item_of(orjson.dumps({"Item": item}))


@pytest.mark.usefixtures("any_way_of_writing")
def test_requests_stay_far_below_what_fits(archive: Path) -> None:
    large = b'{"Item":{"id":{"S":"%d"},"t":{"S":"' + b"a" * 300_000 + b'"}}}\n'
    rewrite_data(archive, EVERYTHING, b"".join(large % number for number in range(10)))
    with attempts("TransactWriteItems") as some, attempts("BatchWriteItem") as others:
        put_back(archive, names=[EVERYTHING])
    sizes = [size for size in map(len, map(orjson.dumps, (*some, *others))) if size > 100_000]
    assert len(sizes) == 4
    assert max(sizes) < 1_100_000
