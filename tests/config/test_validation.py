"""Whatever pydantic finds wrong in a request is said in the words of this site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from accounts.entities import User
from config import validation
from config.api import api
from tests.catalog.api_client import Api

# By the type in pydantic's core schema: what may be wrong with it.
FOUND: dict[str, set[str]] = {
    "bool": {"bool_type", "bool_parsing"},
    "date": {
        *("date_type", "date_parsing", "date_from_datetime_parsing"),
        "date_from_datetime_inexact",
    },
    "datetime": {
        *("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
        *("datetime_object_invalid", "timezone_aware"),
    },
    "enum": {"enum"},
    "int": {
        *("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
        *("greater_than_equal", "less_than_equal"),
    },
    "list": {"list_type", "too_short", "too_long"},
    "literal": {"literal_error"},
    "model": {"model_type", "model_attributes_type", "extra_forbidden", "missing"},
    "str": {
        *("string_type", "string_unicode", "string_too_short", "string_too_long"),
        "string_pattern_mismatch",
    },
}
# These only hold others, or are functions of ours.
AROUND = {
    *("default", "definitions", "definition-ref", "nullable", "model-field", "model-fields"),
    *("function-after", "function-before", "function-plain", "no-info", "with-info", "any"),
}


def kinds(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema["type"]
        schema = schema.values()
    elif not isinstance(schema, list | tuple):
        return
    for inner in schema:
        yield from kinds(inner)


def test_there_are_words_for_everything_that_the_api_takes() -> None:
    seen = {
        kind
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
        for model in operation.models
        for kind in kinds(model.__pydantic_core_schema__)
    }
    assert seen - AROUND <= FOUND.keys()
    assert {"datetime", "list", "model", "str"} <= seen
    assert set[str]().union(*FOUND.values()) <= validation.TEXTS.keys()


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"deadline": "soon"}, "deadline", "Send a date with a time"),
        ({"deadline": []}, "deadline", "Send a date with a time"),
        ({"deadline": "2026-11-21T14:30:00"}, "deadline", "Say in which time zone"),
        ({"tags": [str(number) for number in range(20)]}, "tags", "a list of at most 10 items."),
        ({"header": ""}, "header", "Use at least 1 character."),
        ({"header": "x" * 81}, "header", "Use at most 80 characters."),
    ],
)
def test_what_is_wrong_is_said_in_our_words(
    alice: User, body: dict[str, object], field: str, said: str
) -> None:
    address = "/api/v1/stores/STORE-1/requests"
    answer = Api(alice).post({"header": "May he return it?", **body}, address)
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]


def test_what_nobody_foresaw_is_refused_without_english() -> None:
    unforeseen = {"loc": ("body", "payload", "x"), "type": "url_parsing", "msg": "Input should…"}
    with translation.override("es"):
        (entry,) = validation.entries([unforeseen])
        assert entry["message"] == str(validation.REFUSED)


def test_the_end_that_is_before_the_beginning_is_to_blame(alice: User) -> None:
    query = {"since": "2026-12-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    answer = Api(alice).get("/api/v1/organisation/requests/pending", query)
    assert [one["field"] for one in answer.json()["errors"]] == ["until"]
