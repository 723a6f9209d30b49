"""Who gets which answer where: every page, every action and every operation of the API, for every
kind of person. The tables are in `tests/permission_matrix`; what is not in them fails here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.entities import User
from config.api import api as served
from storage.meter import measure
from tests.permission_matrix.asks import ASKS, Ask, Thing
from tests.permission_matrix.cells import (
    ACTORS,
    GET,
    LOGIN,
    POST,
    UNASKED,
    Line,
    is_as_declared,
    is_refusal,
    lines,
    tells,
    told,
)
from tests.permission_matrix.operations import OPERATIONS
from tests.permission_matrix.pages import PAGES
from tests.permission_matrix.world import SECRETS, World
from tests.plugin import WRITES

DOCUMENT = json.loads(json.dumps(served.get_openapi_schema(path_prefix="/api/v1/")))
ADDRESSES = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
DECLARED_PAGES = list(lines(PAGES, methods=True))
DECLARED_OPERATIONS = list(lines(OPERATIONS, methods=False))
NO_METHOD = (405, 415)
PLAIN = Ask()
# Whoever gets one of these has changed nothing.
FORBIDDEN = (LOGIN, "401", "403", "404")
STRANGERS = ("anonymous", "outsider")
COUNTERS = {"test-ephemeral", "test-sessions"}
Send = Callable[[World, Line, Ask, set[str]], Any]


@pytest.fixture
def world(alice: User, charlie: User) -> World:
    return World(alice, charlie)


def routes(
    patterns: list[URLPattern | URLResolver], namespace: str = "", before: str = ""
) -> Iterator[str]:
    """By their names, by their patterns where they have none; without operations of the API."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner, before + str(pattern.pattern))
            continue
        path = before + str(pattern.pattern)
        if not _is_operation(path):
            yield namespace + pattern.name if pattern.name else path


def _is_operation(path: str) -> bool:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) in DOCUMENT["paths"]


def test_every_page_is_declared() -> None:
    found = set(routes(get_resolver().url_patterns))
    declared = {line.route for line in DECLARED_PAGES}
    assert (found - declared, declared - found) == (set(), set())


def test_every_operation_of_the_api_is_declared() -> None:
    declared = {line.route for line in DECLARED_OPERATIONS}
    assert (ADDRESSES.keys() - declared, declared - ADDRESSES.keys()) == (set(), set())


def test_every_line_is_there_once_and_every_ask_is_of_one() -> None:
    keys = [line.key for line in (*DECLARED_PAGES, *DECLARED_OPERATIONS)]
    assert len(keys) == len(set(keys))
    assert ASKS.keys() - set(keys) == set()


@pytest.mark.parametrize("actor", ACTORS)
def test_pages_answer_as_declared(world: World, actor: str) -> None:
    assert _differences(world, actor, DECLARED_PAGES, _page) == ""


@pytest.mark.parametrize("actor", ACTORS)
def test_operations_answer_as_declared(world: World, actor: str) -> None:
    assert _differences(world, actor, DECLARED_OPERATIONS, _operation) == ""


def test_what_is_not_declared_of_a_page_is_no_method_of_it(world: World) -> None:
    """So that a form which a page gets later is not overlooked."""
    world.asking = "owner"
    declared = {(line.route, line.method) for line in DECLARED_PAGES}
    taken = []
    for line in DECLARED_PAGES:
        other = POST if line.method == GET else GET
        if (line.route, other) not in declared:
            ask = ASKS.get(line.key, PLAIN)
            with closing(_page(world, replace(line, method=other), ask, set())) as it:
                if it.status_code not in NO_METHOD:
                    taken.append(f"{line.route} {other}: {told(it)}")
    assert taken == []


def _differences(world: World, actor: str, declared: Iterable[Line], send: Send) -> str:
    """Empty where every answer is as declared, else a line for each that is not."""
    world.asking = actor
    found = []
    for line in declared:
        cell = line.cells.get(actor, UNASKED)
        if cell == UNASKED:
            continue
        written: set[str] = set()
        with closing(send(world, line, ASKS.get(line.key, PLAIN), written)) as answer:
            if not is_as_declared(cell, answer, SECRETS):
                found.append(f"{line.key}: declared {cell}, answered {told(answer)}")
            elif cell in FORBIDDEN and actor in STRANGERS and tells(answer, SECRETS):
                found.append(f"{line.key}: refused, and told something of Alice's")
            elif cell in FORBIDDEN and written:
                found.append(f"{line.key}: refused, and wrote to {', '.join(sorted(written))}")
    return "\n".join(found)


@contextmanager
def _watch(written: set[str]) -> Iterator[None]:
    """Notes the tables that are written to, but for counts of attempts and times of last use."""
    with measure() as meter:
        yield
    written |= {call.table for call in meter.calls if call.operation in WRITES} - COUNTERS


def _page(world: World, line: Line, ask: Ask, written: set[str]) -> Any:
    values = _things(world, ask.path, line)
    query = _things(world, ask.query, line)
    address = reverse(line.route, kwargs=values, query=query)
    client = world.client(alone=ask.alone)
    body = ask.body(world, values)
    with _watch(written):
        return client.get(address) if line.method == GET else client.post(address, body)


def _operation(world: World, line: Line, ask: Ask, written: set[str]) -> Any:
    method, path = ADDRESSES[line.route]
    values = _things(world, ask.path, line)
    query = dict(part.split("=") for part in line.query.split("&")) if line.query else {}
    query |= _things(world, ask.query, line)
    api, body = world.api(alone=ask.alone), ask.body(world, values)
    headers = ask.headers(world, values)
    with _watch(written):
        return api.send(method, path.format(**values), body, query=query, **headers)


def _things(world: World, makers: Mapping[str, Thing], line: Line) -> dict[str, str]:
    """New ones where the request may change them; a refusal leaves them as they are."""
    method = line.method or ADDRESSES[line.route][0]
    changes = method != GET and not is_refusal(line.cells.get(world.asking, UNASKED))
    return {name: make(world) if changes else world.kept(make) for name, make in makers.items()}
