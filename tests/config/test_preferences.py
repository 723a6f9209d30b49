from __future__ import annotations

import pytest
from django.test import Client


def test_the_language_is_the_browsers_until_one_is_chosen(probes: Client) -> None:
    spanish = {"Accept-Language": "es-MX,es;q=0.9"}
    assert b'<html lang="es"' in probes.get("/probe/page/", headers=spanish).content
    answer = probes.post("/preferences/language/", {"language": "en", "next": "/probe/page/"})
    assert (answer.status_code, answer["Location"]) == (302, "/probe/page/")
    assert b'<html lang="en"' in probes.get("/probe/page/", headers=spanish).content


def test_an_unknown_language_becomes_english(probes: Client) -> None:
    page = probes.get("/probe/page/", headers={"Accept-Language": "fi"})
    assert b'<html lang="en"' in page.content


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_remembered(probes: Client, theme: str) -> None:
    answer = probes.post("/preferences/theme/", {"theme": theme, "next": "/probe/page/?a=1"})
    assert answer["Location"] == "/probe/page/?a=1"
    page = probes.get("/probe/page/").content.decode()
    assert f'data-theme="{theme}"' in page
    assert f'name="theme" value="{theme}" aria-pressed="true"' in page
    assert f'data-theme="{theme}"' in probes.get("/nowhere/").content.decode()


def test_auto_leaves_the_theme_to_the_system(probes: Client) -> None:
    probes.post("/preferences/theme/", {"theme": "dark"})
    probes.post("/preferences/theme/", {"theme": "auto"})
    assert b"data-theme" not in probes.get("/probe/page/").content


def test_a_made_up_theme_is_not_kept(probes: Client) -> None:
    answer = probes.post("/preferences/theme/", {"theme": '"><script>'})
    assert "theme" not in answer.cookies
    probes.cookies["theme"] = '"><script>'
    assert b"data-theme" not in probes.get("/probe/page/").content


@pytest.mark.parametrize("address", ["/preferences/theme/", "/preferences/language/"])
def test_pickers(probes: Client, address: str) -> None:
    data = {"theme": "dark", "language": "es", "next": "https://evil.example.com/"}
    answer = probes.post(address, data)
    assert answer["Location"] == "/", "it leads to no other site"
    assert probes.get(address).status_code == 405, "a GET changes nothing"
    strict = Client(enforce_csrf_checks=True)
    own = {"Origin": "http://testserver"}
    assert strict.post(address, data, headers=own).status_code == 302, "no token is needed"
    other = {"Origin": "https://evil.example.com"}
    assert strict.post(address, data, headers=other).status_code == 403
    assert strict.post(address, data, headers={"Origin": "null"}).status_code == 403


def test_the_pickers_come_back_to_the_same_page(probes: Client) -> None:
    page = probes.get("/probe/page/?q=a&b=c").content.decode()
    assert page.count('name="next" value="/probe/page/?q=a&amp;b=c"') == 2
