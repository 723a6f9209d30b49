from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from config.logs import JsonFormatter

PERSONAL = "alice@example.com"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO)
    formatter = JsonFormatter()

    def read() -> list[dict[str, Any]]:
        return [
            json.loads(formatter.format(record))
            for record in caplog.records
            if record.name == "backroom.request"
        ]

    return read


def test_one_line_says_what_a_request_cost(probes: Client, lines: Any) -> None:
    answer = probes.get("/probe/reads/word/")
    [line] = lines()
    assert line["method"] == "GET"
    assert line["route"] == "probe-reads"
    assert line["status"] == 200
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["dynamodb_calls"] == 2
    assert line["dynamodb_capacity"] == 2.0
    assert line["ms"] >= 0


def test_nothing_that_a_person_typed_is_logged(
    probes: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    probes.get(f"/probe/reads/{PERSONAL}/?q={PERSONAL}", headers={"User-Agent": PERSONAL})
    probes.get(f"/nowhere/{PERSONAL}/?q={PERSONAL}")
    probes.post("/probe/address/", {"email": PERSONAL}, headers={"Referer": f"http://{PERSONAL}/"})
    probes.post("/api/probe/things", {"name": PERSONAL}, content_type="application/json")
    probes.get("/probe/address/", REMOTE_ADDR="203.0.113.7")
    formatter = JsonFormatter()
    text = "\n".join(formatter.format(record) for record in caplog.records)
    assert "alice" not in text
    assert "203.0.113.7" not in text
    assert text.count('"message":"request"') == 5


def test_an_error_is_logged_with_its_status(probes: Client, lines: Any) -> None:
    probes.get("/probe/fail/store/")
    assert [line["status"] for line in lines()] == [503]


def test_a_streamed_body_is_logged_when_it_has_been_sent(probes: Client, lines: Any) -> None:
    answer = probes.get("/probe/stream/")
    assert lines() == []
    assert b"".join(answer.streaming_content) == b"row\n" * 3  # type: ignore[attr-defined]
    [line] = lines()
    assert line["dynamodb_calls"] == 3
    assert line["dynamodb_capacity"] == 6.0


def test_lines_are_json_with_the_traceback_inside() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"name": "x", "msg": "it %s", "args": ("broke",), "exc_info": (ValueError, error, None)}
        )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert line["message"] == "it broke"
    assert "two\nlines" in line["traceback"]


def test_static_files_are_told_apart(probes: Client, lines: Any) -> None:
    probes.get(f"{settings.STATIC_URL}css/backroom.css").close()
    assert [line["route"] for line in lines()] == ["static"]


def test_no_line_is_lost_over_what_is_no_text() -> None:
    record = logging.makeLogRecord({"name": "x", "msg": "bad \ud800"})
    assert json.loads(JsonFormatter().format(record))["message"] == "bad \ud800"


def test_a_head_request_gets_the_headers_of_the_page_and_no_body() -> None:
    from django.http import HttpRequest, HttpResponse

    from config.middleware import RequestMiddleware

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(b"twelve bytes", headers={"Content-Length": "12"})

    request = HttpRequest()
    request.method = "HEAD"
    response = RequestMiddleware(view)(request)
    assert isinstance(response, HttpResponse)
    assert response.content == b""
    assert response.headers["Content-Length"] == "12"
