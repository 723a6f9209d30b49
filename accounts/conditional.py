"""Conditional and idempotent requests (RFC 9110, section 13), as operations for programs declare
and answer them. `thing` is what they are about, in the words of the document: "store"."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Header
from pydantic import BaseModel

from accounts.entities import Actor
from accounts.etags import matches
from storage.domain import LostRace, PreconditionFailed
from storage.idempotency import IdempotencyKey

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="The ETag you have; 304 while it is current."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of the version that you saw. Required; 428 without it.",
    ),
]


class ApiRequest(HttpRequest):
    auth: Actor


def with_etag(thing: str) -> dict[str, Any]:
    """The headers of an answer that shows a version, for `openapi_extra`."""
    return {"headers": {"ETag": _text(f"This version of the {thing}.")}}


def created(thing: str, *, repeatable: bool = False) -> dict[str, Any]:
    """The headers of a 201, for `openapi_extra`; `repeatable` where it takes a key."""
    headers: dict[str, Any] = {
        **with_etag(thing)["headers"],
        "Location": _text(f"The new {thing}."),
    }
    if repeatable:
        headers["Idempotent-Replayed"] = {
            "description": f"`true` when an earlier request with this key had made the {thing}.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    return {"headers": headers}


def idempotency_header(thing: str) -> Any:
    return Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="1 to 255 visible characters of your choice. Repeating the request with the "
        f"same key within 24 hours gives the same {thing} instead of another one.",
    )


def idempotency(
    actor: Actor, key: str | None, raw: dict[str, Any], *, operation: str
) -> IdempotencyKey | None:
    """The same content in another order or layout is the same request."""
    if key is None:
        return None
    body = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    return IdempotencyKey.for_body(scope=f"{operation}:{actor.user_id}", key=key, body=body)


def sent_once(
    actor: Actor, token: str, raw: dict[str, Any], *, operation: str
) -> IdempotencyKey | None:
    """For a form of a page with a `token` of its own: sent twice, it is taken once. With something
    else in it, it is something else."""
    if not token:
        return None
    content = hashlib.sha256(orjson.dumps(raw)).hexdigest()
    return idempotency(actor, f"{token}:{content}", raw, operation=operation)


def has_already(
    response: HttpResponse, etag: str, if_none_match: str | None, *, public: bool = False
) -> bool:
    """Whether the client has this version, so that 304 is the answer, whose headers are set."""
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache" if public else "private, no-cache"
    return matches(if_none_match, etag)


def precondition_failed(lost: LostRace, etag: str, current: BaseModel) -> PreconditionFailed:
    """The client said which version it saw, so losing a race is a failed precondition."""
    return PreconditionFailed(
        lost.message, code=lost.code, etag=etag, current=current.model_dump(mode="json")
    )


@contextmanager
def lost_race_is_412(
    race: type[LostRace],
    etag_of: Callable[[Any], str],
    shown: Callable[[Any], BaseModel],
) -> Iterator[None]:
    """Raises PreconditionFailed with what is stored now where a race of this kind is lost."""
    try:
        yield
    except race as lost:
        current = lost.current
        raise precondition_failed(lost, etag_of(current), shown(current)) from lost


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}
