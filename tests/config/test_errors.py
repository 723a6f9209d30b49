from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from config.errors import DETAILS, TITLES

STATUSES = {
    "domain": (400, "error"),
    "invalid": (422, "invalid"),
    "unauthenticated": (401, "unauthenticated"),
    "forbidden": (403, "forbidden"),
    "not-found": (404, "thing_not_found"),
    "conflict": (409, "conflict"),
    "precondition-failed": (412, "precondition_failed"),
    "precondition-required": (428, "precondition_required"),
    "too-many": (429, "too_many_requests"),
    "store": (503, "store_unavailable"),
    "busy": (503, "store_unavailable"),
    "cursor": (400, "invalid_cursor"),
    "http404": (404, "not_found"),
    "denied": (403, "forbidden"),
    "bug": (500, "internal_error"),
}
PAGES = sorted(set(STATUSES) - {"unauthenticated"})


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(answer: Any) -> str:
    parser = _Text()
    parser.feed(answer.content.decode())
    return " ".join(parser.text.split())


def problem_of(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.content)
    assert problem["status"] == answer.status_code
    assert problem["instance"] == answer["X-Request-ID"]
    assert {"type", "title", "detail", "code"} <= problem.keys()
    return problem


@pytest.mark.parametrize("name", sorted(STATUSES))
def test_the_api_answers_with_a_problem(probes: Client, name: str) -> None:
    answer = probes.get(f"/api/probe/fail/{name}")
    status, code = STATUSES[name]
    assert answer.status_code == status
    problem = problem_of(answer)
    assert problem["code"] == code
    assert "secret detail" not in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_answers_with_a_designed_page(probes: Client, name: str) -> None:
    answer = probes.get(f"/probe/fail/{name}/")
    status, _ = STATUSES[name]
    assert answer.status_code == status
    text = text_of(answer)
    assert str(TITLES[status]) in text
    assert answer["X-Request-ID"] in text
    assert "secret detail" not in text


def test_fields_are_listed_with_their_messages(probes: Client) -> None:
    problem = problem_of(probes.get("/api/probe/fail/invalid"))
    assert problem["detail"] == "Look below."
    assert problem["errors"] == [
        {"field": "name", "message": "Name it.", "code": "invalid"},
        {"field": "name", "message": "And well.", "code": "invalid"},
    ]


@pytest.mark.parametrize("prefix, suffix", [("/probe", "/"), ("/api/probe", "")])
def test_waiting_times_are_told(probes: Client, prefix: str, suffix: str) -> None:
    assert probes.get(f"{prefix}/fail/too-many{suffix}")["Retry-After"] == "30"
    assert int(probes.get(f"{prefix}/fail/store{suffix}")["Retry-After"]) > 0


def test_a_stranger_is_led_to_the_login_and_back(probes: Client) -> None:
    answer = probes.get("/probe/fail/unauthenticated/?page=2")
    assert answer.status_code == 302
    expected = "/accounts/login/?next=/probe/fail/unauthenticated/%3Fpage%3D2"
    assert answer["Location"] == expected
    posted = probes.post("/probe/fail/unauthenticated/")
    assert posted["Location"] == "/accounts/login/"


def test_htmx_is_led_to_the_login_as_a_whole_page(probes: Client) -> None:
    answer = probes.get("/probe/fail/unauthenticated/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/accounts/login/")


def test_the_api_asks_for_a_token(probes: Client) -> None:
    assert probes.get("/api/probe/fail/unauthenticated")["WWW-Authenticate"] == "Bearer"


def test_htmx_gets_a_fragment(probes: Client) -> None:
    answer = probes.get("/probe/fail/conflict/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert b"<html" not in answer.content
    assert str(DETAILS[409]) in text_of(answer)


def test_suspicious_requests_are_bad_requests(probes: Client) -> None:
    assert probes.get("/probe/fail/suspicious/").status_code == 400


def test_unknown_addresses(probes: Client) -> None:
    assert str(TITLES[404]) in text_of(probes.get("/nowhere/"))
    assert problem_of(probes.get("/api/nowhere"))["code"] == "not_found"


def test_the_address_is_not_repeated_unescaped(probes: Client) -> None:
    assert b"<script>x" not in probes.get("/<script>x</script>/").content


def test_a_wrong_method_names_the_right_ones(probes: Client) -> None:
    page = probes.post("/probe/address/")
    assert (page.status_code, page["Allow"]) == (405, "GET")
    assert str(TITLES[405]) in text_of(page)
    api = probes.delete("/api/probe/things")
    assert api["Allow"] == "POST"
    assert problem_of(api)["code"] == "method_not_allowed"


def test_malformed_json(probes: Client) -> None:
    for body in ("{", "NaN", "[" * 100_000, ""):
        answer = probes.post("/api/probe/things", body, content_type="application/json")
        assert problem_of(answer)["code"] in ("malformed_request", "invalid")
        assert answer.status_code in (400, 422)


def test_validation_names_the_fields(probes: Client) -> None:
    answer = probes.post("/api/probe/things", {"price": "much"}, content_type="application/json")
    assert answer.status_code == 422
    problem = problem_of(answer)
    assert {entry["field"] for entry in problem["errors"]} == {"name", "price"}
    assert "much" not in answer.content.decode()
    query = problem_of(probes.get("/api/probe/numbers?limit=x"))
    assert [entry["field"] for entry in query["errors"]] == ["limit"]


def test_amounts_are_sent_as_text(probes: Client) -> None:
    answer = probes.post(
        "/api/probe/things", {"name": "Mug", "price": "12.50"}, content_type="application/json"
    )
    assert answer.json() == {"name": "Mug", "price": "12.50"}


def test_a_form_without_its_token_is_refused_in_both_worlds(probes: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/probe/form/")
    assert answer.status_code == 403
    assert "Allow cookies" in text_of(answer)


def test_errors_speak_the_visitors_language(probes: Client) -> None:
    answer = probes.get("/nowhere/", headers={"Accept-Language": "es"})
    assert b'<html lang="es"' in answer.content


@pytest.mark.parametrize("name", ["bug", "store"])
def test_our_failures_render_without_session_or_store(probes: Client, name: str) -> None:
    from django.conf import settings

    probes.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    assert probes.get(f"/probe/fail/{name}/").status_code in (500, 503)


def test_an_unforeseen_error_is_logged_with_its_traceback(
    probes: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = probes.get("/probe/fail/bug/")
    [record] = [record for record in caplog.records if record.name == "backroom.errors"]
    assert record.exc_info is not None
    assert record.fields["request_id"] == answer["X-Request-ID"]  # type: ignore[attr-defined]


def test_a_page_link_that_is_not_valid_leads_to_the_first_page(probes: Client) -> None:
    page = probes.get("/probe/fail/cursor/?q=tea&cursor=forged").content.decode()
    assert '<a role="button" href="/probe/fail/cursor/?q=tea">Go to the first page</a>' in page
    assert page.index("Go to the first page") < page.index("Go to the catalogue")


def test_behind_the_login_an_error_leads_back_there(probes: Client) -> None:
    assert "start page" not in text_of(probes.get("/staff/nowhere/"))
    probes.cookies[settings.SESSION_COOKIE_NAME] = "whatever it says"
    assert '<a role="button" href="/staff/">' in probes.get("/staff/nowhere/").content.decode()
    assert (
        '<a role="button" href="/accounts/">' in probes.get("/accounts/nowhere/").content.decode()
    )
    assert 'role="button" href="/">' in probes.get("/nowhere/").content.decode()
