from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.parsers import JSONParser, ResponseParserError
from hypothesis import given
from hypothesis import strategies as st

from storage.client import shared_client
from storage.parsing import ItemParser

texts = st.text(max_size=8) | st.sampled_from(["B", '"B"', "BS", "Item", "null"])
values = st.recursive(
    st.one_of(
        st.fixed_dictionaries({"S": texts}),
        st.fixed_dictionaries({"N": st.integers().map(str)}),
        st.fixed_dictionaries({"BOOL": st.booleans()}),
        st.fixed_dictionaries({"NULL": st.just(True)}),
        st.fixed_dictionaries({"SS": st.lists(texts, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"B": st.binary().map(lambda raw: base64.b64encode(raw).decode())}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"L": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"M": st.dictionaries(texts, inner, max_size=3)}),
    ),
    max_leaves=8,
)
items = st.dictionaries(texts.filter(bool), values, min_size=1, max_size=5)


def parsed(parser: Any, operation: str, body: bytes) -> Any:
    shape = shared_client().meta.service_model.operation_model(operation).output_shape
    return parser.parse({"body": body, "headers": {}, "status_code": 200}, shape)


@given(st.lists(items, max_size=4))
def test_a_query_is_read_as_botocore_reads_it(found: list[dict[str, Any]]) -> None:
    answer = {
        "Items": found,
        "Count": len(found),
        "ScannedCount": len(found),
        "ConsumedCapacity": {"TableName": "things", "CapacityUnits": 0.5},
    }
    body = json.dumps(answer).encode()
    assert parsed(ItemParser(), "Query", body) == parsed(JSONParser(), "Query", body)


@given(items)
def test_an_item_is_read_as_botocore_reads_it(item: dict[str, Any]) -> None:
    body = json.dumps({"Item": item}).encode()
    assert parsed(ItemParser(), "GetItem", body) == parsed(JSONParser(), "GetItem", body)


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_an_empty_answer_is_empty(body: bytes) -> None:
    assert set(parsed(ItemParser(), "PutItem", body)) == {"ResponseMetadata"}


def test_what_is_no_json_is_not_taken_for_an_empty_answer() -> None:
    with pytest.raises(ResponseParserError):
        parsed(ItemParser(), "GetItem", b'{"Item": {"id"')
