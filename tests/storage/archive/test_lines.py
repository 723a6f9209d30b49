from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from storage.archive.lines import NotAnItem, item_of, line_of
from storage.typed import RawItem
from tests.storage.archive.samples import NUMBERS, TEXTS, everything, keyed

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)
numbers = some.decimals(-(10**30), 10**30, places=8).map(str) | some.sampled_from(NUMBERS)
# DynamoDB holds 38 digits.
integers = some.integers(1 - 10**38, 10**38 - 1)
values: Any = some.recursive(
    texts.map(lambda value: {"S": value})
    | numbers.map(lambda value: {"N": value})
    | some.binary(max_size=20).map(lambda value: {"B": value})
    | some.booleans().map(lambda value: {"BOOL": value})
    | some.just({"NULL": True})
    | some.sets(texts, min_size=1, max_size=4).map(lambda value: {"SS": sorted(value)})
    | some.sets(integers, min_size=1).map(lambda value: {"NS": [str(n) for n in value]})
    | some.sets(some.binary(max_size=9), min_size=1).map(lambda value: {"BS": sorted(value)}),
    lambda inner: (
        some.lists(inner, max_size=4).map(lambda value: {"L": value})
        | some.dictionaries(texts, inner, max_size=4).map(lambda value: {"M": value})
    ),
    max_leaves=12,
)


@given(some.dictionaries(texts, values, max_size=6))
def test_what_is_written_is_read_back(item: Any) -> None:
    line = line_of(item)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert item_of(line) == item


def test_samples_are_read_back() -> None:
    for item in (*everything(), *keyed()):
        assert item_of(line_of(item)) == item


def test_a_line_is_what_dynamodb_exports() -> None:
    item: RawItem = {
        "Id": {"N": "103"},
        "Title": {"S": "Book"},
        "Photo": {"B": b"hi"},
        "Authors": {"SS": ["A", "B"]},
        "In": {"BOOL": False},
        "Left": {"NULL": True},
    }
    assert line_of(item) == (
        b'{"Item":{"Authors":{"SS":["A","B"]},"Id":{"N":"103"},"In":{"BOOL":false},'
        b'"Left":{"NULL":true},"Photo":{"B":"aGk="},"Title":{"S":"Book"}}}\n'
    )


def test_the_order_in_which_the_store_gives_attributes_does_not_matter() -> None:
    one: RawItem = {"a": {"M": {"x": {"S": ""}, "y": {"S": ""}}}, "b": {"N": "1"}}
    other: RawItem = {"b": {"N": "1"}, "a": {"M": {"y": {"S": ""}, "x": {"S": ""}}}}
    assert line_of(one) == line_of(other)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_texts_keep_every_character(text: str) -> None:
    assert item_of(line_of({"id": {"S": text}}))["id"]["S"] == text


@pytest.mark.parametrize("number", [*NUMBERS, "+5", ".5", "5.", "1e5", "007", "-0", "0E+999"])
def test_numbers_stay_the_texts_that_they_are(number: str) -> None:
    assert item_of(line_of({"id": {"N": number}})) == {"id": {"N": number}}


@pytest.mark.parametrize(
    "number",
    [
        *("", " 1", "1 ", "1\n", "1,5", "--1", "1e", "e5", ".", "0x10", "1_000", "NaN", "Infinity"),
        *("١", "1" * 39, "0." + "1" * 39, "1E+126", "9E-131", "1E+99999999999999999999", "1" * 500),
    ],
    ids=ascii,
)
def test_what_is_no_number_of_dynamodb_is_refused(number: str) -> None:
    with pytest.raises(NotAnItem, match="an attribute n that is"):
        item_of(orjson.dumps({"Item": {"n": {"N": number}}}))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"item":{}}',
        b'{"Item":[]}',
        b'{"Item":{},"More":1}',
        b'{"Item":{"a":"b"}}',
        b'{"Item":{"a":{}}}',
        b'{"Item":{"a":{"S":"b","N":"1"}}}',
        b'{"Item":{"a":{"s":"b"}}}',
        b'{"Item":{"a":{"S":1}}}',
        b'{"Item":{"a":{"S":null}}}',
        b'{"Item":{"a":{"N":1}}}',
        b'{"Item":{"a":{"N":1.5}}}',
        b'{"Item":{"a":{"BOOL":"true"}}}',
        b'{"Item":{"a":{"BOOL":1}}}',
        b'{"Item":{"a":{"NULL":false}}}',
        b'{"Item":{"a":{"NULL":1}}}',
        b'{"Item":{"a":{"B":"a"}}}',
        b'{"Item":{"a":{"B":"a-_="}}}',
        b'{"Item":{"a":{"B":"\xc3\xa9"}}}',
        b'{"Item":{"a":{"B":1}}}',
        b'{"Item":{"a":{"L":{}}}}',
        b'{"Item":{"a":{"M":[]}}}',
        b'{"Item":{"a":{"L":["b"]}}}',
        b'{"Item":{"a":{"SS":[]}}}',
        b'{"Item":{"a":{"SS":"b"}}}',
        b'{"Item":{"a":{"SS":["b","b"]}}}',
        b'{"Item":{"a":{"NS":["1","1.0"]}}}',
        b'{"Item":{"a":{"NS":["b"]}}}',
        b'{"Item":{"a":{"BS":["YQ==","YQ=="]}}}',
        b'{"Item":{"a":{"S":"\xff"}}}',
        b'{"Item":{"a":{"S":"\\ud800"}}}',
    ],
    ids=ascii,
)
def test_what_dynamodb_would_not_write_is_refused(line: bytes) -> None:
    with pytest.raises(NotAnItem):
        item_of(line)


@pytest.mark.parametrize("levels", [33, 200, 5_000])
def test_nesting_is_limited_as_in_dynamodb(levels: int) -> None:
    line = b'{"Item":{"a":' + b'{"L":[' * levels + b"]}" * levels + b"}}"
    with pytest.raises(NotAnItem):
        item_of(line)


def test_binary_is_standard_base64() -> None:
    content = bytes(range(256))
    line = orjson.loads(line_of({"id": {"B": content}}))
    assert line["Item"]["id"]["B"] == base64.standard_b64encode(content).decode()
