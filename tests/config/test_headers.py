from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

KINDS = [
    "/probe/page/",
    "/probe/address/",
    "/probe/stream/",
    "/probe/fail/bug/",
    "/probe/fail/store/",
    "/probe/fail/suspicious/",
    "/probe/fail/unauthenticated/",
    "/nowhere/",
    "/api/nowhere",
    "/api/probe/fail/conflict",
    "/api/probe/numbers?limit=1",
    "/api/v1/docs",
    "/api/v1/openapi.json",
    "/static/css/backroom.css",
    "/probe/form/",
]


@pytest.mark.parametrize("path", KINDS)
def test_every_kind_of_response_is_protected(probes: Client, path: str) -> None:
    answer = probes.get(path)
    policy = dict(
        directive.split(" ", 1) for directive in answer["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-ID"]
    answer.close()


def test_pages_hold_no_inline_script_or_style(probes: Client) -> None:
    page = probes.get("/probe/page/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert " onclick" not in page


def test_an_anonymous_page_sets_no_cookie(probes: Client) -> None:
    assert not probes.get("/probe/page/").cookies


def test_a_page_made_for_a_person_is_not_shared(probes: Client, settings: Settings) -> None:
    assert "Cache-Control" not in probes.get("/probe/address/")
    probes.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    assert probes.get("/probe/address/")["Cache-Control"] == "private, no-cache"


def test_https_is_enforced_where_it_is_required(probes: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 3600
    assert probes.get("/probe/address/").status_code == 301
    assert "max-age=3600" in probes.get("/probe/address/", secure=True)["Strict-Transport-Security"]
    assert probes.get("/healthz").status_code == 200


def test_an_answer_to_a_token_is_kept_by_nobody(probes: Client) -> None:
    answer = probes.get("/probe/address/", headers={"Authorization": "Bearer x"})
    assert answer["Cache-Control"] == "private, no-store"
