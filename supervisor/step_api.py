"""What is done with a request, for programs: `/api/v1/stores/{store_id}/requests/{request_id}/…`.

Every step answers with the request as it is then; a step that is refused does so too, as `current`
of its problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.http import HttpResponse
from ninja import Path, Router

from accounts.api_auth import BearerAuth
from accounts.conditional import ApiRequest, IfMatch, lost_race_is_412, with_etag
from accounts.entities import Actor
from accounts.etags import version_in
from storage.domain import ConflictWithCurrent
from supervisor import services
from supervisor.entities import Request
from supervisor.errors import RequestChanged, StepRefused
from supervisor.request_tags import etag_of
from supervisor.schemas import (
    AdditionIn,
    AnswerIn,
    AssignIn,
    NoteIn,
    PriorityIn,
    RefusedStep,
    ReopenIn,
    RequestOut,
    StaleRequest,
)

router = Router(tags=["Requests"], auth=BearerAuth())

_WITH_ETAG = with_etag("request")
_STEP: dict[str, Any] = {
    "response": {
        200: RequestOut,
        409: RefusedStep,
        (400, 401, 403, 404, 413, 422, 503): None,
    },
    "openapi_extra": {"responses": {200: _WITH_ETAG, 409: _WITH_ETAG}},
}
_STEP_OF_VERSION: dict[str, Any] = {
    "response": {
        200: RequestOut,
        409: RefusedStep,
        412: StaleRequest,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    "openapi_extra": {"responses": {200: _WITH_ETAG, 409: _WITH_ETAG, 412: _WITH_ETAG}},
}
_AS_A_NEW_ONE = ReopenIn()
# Said in so many words, because it stands in the address that the router is put under.
StoreId = Path[str]


@router.post(
    "/{request_id}/claim",
    operation_id="claim_request",
    summary="Take a request on",
    **_STEP,
)
def claim_request(
    request: ApiRequest, response: HttpResponse, store_id: StoreId, request_id: str
) -> RequestOut:
    """For a quarter of an hour nobody else can; again, it is prolonged."""
    return _done(request, response, (store_id, request_id), services.claim)


@router.post(
    "/{request_id}/release",
    operation_id="release_request",
    summary="Give a request back",
    **_STEP,
)
def release_request(
    request: ApiRequest, response: HttpResponse, store_id: StoreId, request_id: str
) -> RequestOut:
    return _done(request, response, (store_id, request_id), services.release)


@router.post(
    "/{request_id}/assign",
    operation_id="assign_request",
    summary="Put a request into somebody's hands",
    **_STEP,
)
def assign_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: AssignIn,
) -> RequestOut:
    """For a quarter of an hour, whosever hands it is in now. The person must be allowed to answer
    in this store."""
    assign = partial(services.assign, user_id=payload.user_id)
    return _done(request, response, (store_id, request_id), assign)


@router.post(
    "/{request_id}/cancel",
    operation_id="cancel_request",
    summary="Withdraw a question",
    **_STEP,
)
def cancel_request(
    request: ApiRequest, response: HttpResponse, store_id: StoreId, request_id: str
) -> RequestOut:
    return _done(request, response, (store_id, request_id), services.cancel)


@router.post(
    "/{request_id}/answer",
    operation_id="answer_request",
    summary="Answer a request",
    **_STEP,
)
def answer_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: AnswerIn,
) -> RequestOut:
    """Of several answers at once one is taken; the others get 409."""
    answer = partial(services.answer, text=payload.answer)
    return _done(request, response, (store_id, request_id), answer)


@router.post(
    "/{request_id}/correct",
    operation_id="correct_answer",
    summary="Correct an answer",
    **_STEP_OF_VERSION,
)
def correct_answer(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: AnswerIn,
    if_match: IfMatch = None,
) -> RequestOut:
    """Both are kept."""
    version = version_in(if_match, request_id)
    correct = partial(services.correct, text=payload.answer, version=version)
    return _done(request, response, (store_id, request_id), correct)


@router.post(
    "/{request_id}/priority",
    operation_id="prioritise_request",
    summary="Raise or lower the priority of a request",
    **_STEP_OF_VERSION,
)
def prioritise_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: PriorityIn,
    if_match: IfMatch = None,
) -> RequestOut:
    version = version_in(if_match, request_id)
    prioritise = partial(services.prioritise, priority=payload.priority, version=version)
    return _done(request, response, (store_id, request_id), prioritise)


@router.post(
    "/{request_id}/reopen",
    operation_id="reopen_request",
    summary="Let a request wait again that timed out",
    **_STEP,
)
def reopen_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: ReopenIn = _AS_A_NEW_ONE,
) -> RequestOut:
    """Without a body, or without a deadline in it, as long as a new one would."""
    reopen = partial(services.reopen, deadline=payload.deadline)
    return _done(request, response, (store_id, request_id), reopen)


@router.post(
    "/{request_id}/notes",
    operation_id="note_on_request",
    summary="Add a note for colleagues",
    **_STEP,
)
def note_on_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: NoteIn,
) -> RequestOut:
    note = partial(services.note, text=payload.note)
    return _done(request, response, (store_id, request_id), note)


@router.post(
    "/{request_id}/additions",
    operation_id="add_to_request",
    summary="Add something to your own question",
    **_STEP,
)
def add_to_request(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    request_id: str,
    payload: AdditionIn,
) -> RequestOut:
    """While it waits. It is in the timeline, for everybody who sees the request."""
    add = partial(services.add, text=payload.addition)
    return _done(request, response, (store_id, request_id), add)


@router.post(
    "/{request_id}/forget-caller",
    operation_id="forget_caller",
    summary="Remove who called",
    **_STEP,
)
def forget_caller(
    request: ApiRequest, response: HttpResponse, store_id: StoreId, request_id: str
) -> RequestOut:
    """The name and the telephone number go for good."""
    return _done(request, response, (store_id, request_id), services.forget_caller)


def _done(
    request: ApiRequest,
    response: HttpResponse,
    keys: tuple[str, str],
    step: Callable[..., Request],
) -> RequestOut:
    actor = request.auth
    store_id, request_id = keys
    with _refusals_show_it(actor):
        after = step(actor=actor, store_id=store_id, request_id=request_id)
    response.headers["ETag"] = etag_of(actor, after)
    return RequestOut.of(actor, after)


@contextmanager
def _refusals_show_it(actor: Actor) -> Iterator[None]:
    """The request as it is then, as far as the actor may see it."""
    tag_of = partial(etag_of, actor)
    shown = partial(RequestOut.of, actor)
    try:
        with lost_race_is_412(RequestChanged, tag_of, shown):
            yield
    except StepRefused as refusal:
        raise ConflictWithCurrent(
            refusal.message,
            code=refusal.code,
            etag=tag_of(refusal.current),
            current=shown(refusal.current).model_dump(mode="json"),
        ) from refusal
