"""A faster way for botocore to read DynamoDB's answers.

botocore walks the service model through every attribute of every item, a fifth of a page's CPU.
What DynamoDB sends already has the form that the walk would give, but for binary attributes and
timestamps; bodies that may hold either take botocore's own way.
"""

from __future__ import annotations

from typing import Any

import orjson
from botocore.parsers import JSONParser, ResponseParserError, ResponseParserFactory

# Their answers hold items and numbers only; table descriptions hold timestamps.
_ITEM_OPERATIONS = frozenset(
    {
        "BatchGetItemOutput",
        "BatchWriteItemOutput",
        "DeleteItemOutput",
        "GetItemOutput",
        "PutItemOutput",
        "QueryOutput",
        "ScanOutput",
        "TransactGetItemsOutput",
        "TransactWriteItemsOutput",
        "UpdateItemOutput",
    }
)
_BINARY = (b'"B"', b'"BS"')


class ItemParser(JSONParser):  # type: ignore[misc]  # botocore is untyped
    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        plain = shape.name in _ITEM_OPERATIONS and not any(mark in raw_body for mark in _BINARY)
        if plain and raw_body:
            try:
                return orjson.loads(raw_body)
            except orjson.JSONDecodeError as error:
                raise ResponseParserError(str(error)) from error
        return super()._handle_json_body(raw_body, shape)


class ItemParserFactory(ResponseParserFactory):  # type: ignore[misc]
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return ItemParser(**self._defaults)
        return super().create_parser(protocol_name)
