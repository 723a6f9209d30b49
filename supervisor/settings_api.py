"""Settings of the queue for programs: response times of a store, canned answers."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.urls import reverse
from ninja import Path, Router, Status

from accounts.api_auth import BearerAuth
from accounts.conditional import (
    ApiRequest,
    IfMatch,
    IfNoneMatch,
    created,
    has_already,
    lost_race_is_412,
    with_etag,
)
from accounts.etags import tag, version_in
from supervisor import canned_answers, response_times
from supervisor.errors import CannedAnswerChanged, ResponseTimesChanged
from supervisor.settings_entities import CannedAnswer, ResponseTimes
from supervisor.settings_schemas import (
    CannedAnswerIn,
    CannedAnswerOut,
    CannedAnswerPage,
    ResponseTimesIn,
    ResponseTimesOut,
    StaleCannedAnswer,
    StaleResponseTimes,
)

router = Router(tags=["Requests"], auth=BearerAuth())
answers_router = Router(tags=["Canned answers"], auth=BearerAuth())

_TIMES = with_etag("settings")
_ANSWER = with_etag("canned answer")
# Said in so many words, because it stands in the address that the router is put under.
StoreId = Path[str]


@router.get(
    "",
    operation_id="get_response_times",
    summary="Read how long the supervisors of a store have",
    response={200: ResponseTimesOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _TIMES, 304: _TIMES}},
)
def get_response_times(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    if_none_match: IfNoneMatch = None,
) -> ResponseTimesOut | Status[None]:
    _, times = response_times.find_response_times(request.auth, store_id=store_id)
    if has_already(response, _etag_of_times(times), if_none_match):
        return Status(304, None)
    return ResponseTimesOut.of(times)


@router.put(
    "",
    operation_id="change_response_times",
    summary="Say how long the supervisors of a store have",
    response={
        200: ResponseTimesOut,
        412: StaleResponseTimes,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _TIMES, 412: _TIMES}},
)
def change_response_times(
    request: ApiRequest,
    response: HttpResponse,
    store_id: StoreId,
    payload: ResponseTimesIn,
    if_match: IfMatch = None,
) -> ResponseTimesOut:
    """It holds from the next request on; deadlines that were given stay."""
    version = version_in(if_match, store_id)
    with _lost_race_over_times():
        times = response_times.change_response_times(
            actor=request.auth,
            store_id=store_id,
            version=version,
            minutes=payload.response_minutes.by_urgency(),
            only_opening_hours=payload.only_opening_hours,
        )
    response.headers["ETag"] = _etag_of_times(times)
    return ResponseTimesOut.of(times)


@answers_router.get(
    "",
    operation_id="list_canned_answers",
    summary="List the titles of canned answers",
    response={200: CannedAnswerPage, (401, 403, 503): None},
)
def list_canned_answers(request: ApiRequest) -> CannedAnswerPage:
    """By title; at most 200."""
    return CannedAnswerPage.of(canned_answers.list_titles(request.auth))


@answers_router.post(
    "",
    operation_id="add_canned_answer",
    summary="Make a canned answer",
    response={201: CannedAnswerOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
    openapi_extra={"responses": {201: created("canned answer")}},
)
def add_canned_answer(
    request: ApiRequest, response: HttpResponse, payload: CannedAnswerIn
) -> Status[CannedAnswerOut]:
    """For all stores of the organisation."""
    made = canned_answers.add_canned_answer(
        actor=request.auth, title=payload.title, text=payload.text
    )
    response.headers["Location"] = reverse("api:find_canned_answer", args=[made.id])
    response.headers["ETag"] = _etag_of_answer(made)
    return Status(201, CannedAnswerOut.of(made))


@answers_router.get(
    "/{answer_id}",
    operation_id="find_canned_answer",
    url_name="find_canned_answer",
    summary="Read a canned answer",
    response={200: CannedAnswerOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _ANSWER, 304: _ANSWER}},
)
def find_canned_answer(
    request: ApiRequest, response: HttpResponse, answer_id: str, if_none_match: IfNoneMatch = None
) -> CannedAnswerOut | Status[None]:
    found = canned_answers.find_canned_answer(request.auth, answer_id=answer_id)
    if has_already(response, _etag_of_answer(found), if_none_match):
        return Status(304, None)
    return CannedAnswerOut.of(found)


@answers_router.put(
    "/{answer_id}",
    operation_id="change_canned_answer",
    summary="Change a canned answer",
    response={
        200: CannedAnswerOut,
        412: StaleCannedAnswer,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _ANSWER, 412: _ANSWER}},
)
def change_canned_answer(
    request: ApiRequest,
    response: HttpResponse,
    answer_id: str,
    payload: CannedAnswerIn,
    if_match: IfMatch = None,
) -> CannedAnswerOut:
    version = version_in(if_match, answer_id)
    with _lost_race_over_answer():
        changed = canned_answers.change_canned_answer(
            actor=request.auth,
            answer_id=answer_id,
            version=version,
            title=payload.title,
            text=payload.text,
        )
    response.headers["ETag"] = _etag_of_answer(changed)
    return CannedAnswerOut.of(changed)


@answers_router.delete(
    "/{answer_id}",
    operation_id="delete_canned_answer",
    summary="Delete a canned answer",
    response={204: None, 412: StaleCannedAnswer, (401, 403, 404, 422, 428, 503): None},
    openapi_extra={"responses": {412: _ANSWER}},
)
def delete_canned_answer(
    request: ApiRequest, answer_id: str, if_match: IfMatch = None
) -> Status[None]:
    """What was answered with it stays."""
    version = version_in(if_match, answer_id)
    with _lost_race_over_answer():
        canned_answers.delete_canned_answer(
            actor=request.auth, answer_id=answer_id, version=version
        )
    return Status(204, None)


def _etag_of_times(times: ResponseTimes) -> str:
    return tag(times.store_id, times.version or 0)


def _etag_of_answer(answer: CannedAnswer) -> str:
    return tag(answer.id, answer.version)


_lost_race_over_times = partial(
    lost_race_is_412, ResponseTimesChanged, _etag_of_times, ResponseTimesOut.of
)
_lost_race_over_answer = partial(
    lost_race_is_412, CannedAnswerChanged, _etag_of_answer, CannedAnswerOut.of
)
