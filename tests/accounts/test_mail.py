"""What every mail has in common, and where its links lead."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from django.conf import settings as current
from django.core.exceptions import DisallowedHost
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext
from pytest_django import Settings

from accounts import mail
from accounts.errors import MailNotSent
from accounts.language import language_of_page
from config.logs import JsonFormatter
from tests.accounts.addresses.mails import html, only, parsed, sent, text

TEMPLATES = Path(current.BASE_DIR) / "templates" / "mail"
TO = "dora@example.com"
LINK = "https://shop.example.com/accounts/reset/abc/"


def send(name: str = "Dora", language: str = "en") -> None:
    mail.send("password_reset", to=TO, language=language, name=name, link=LINK, duration="1 hour")


def test_a_mail_has_a_text_and_a_page_that_say_the_same() -> None:
    send()
    message = parsed(only())
    assert message.get_content_type() == "multipart/alternative"
    assert message["To"] == TO
    assert message["From"] == current.DEFAULT_FROM_EMAIL
    assert message["Auto-Submitted"] == "auto-generated"
    plain, page = (part.get_content() for part in message.iter_parts())
    for said in ("Hello Dora,", LINK, "once, for 1 hour"):
        assert said in plain
        assert said in page
    assert f'<a class="button" href="{LINK}">Set a new password</a>' in page
    assert '<html lang="en">' in page
    assert "<title>Set a new password</title>" in page
    assert 'content="light dark"' in page


def test_it_speaks_the_language_of_whoever_gets_it() -> None:
    with translation.override("en"):
        send(language="es")
        message = only()
        assert '<html lang="es">' in html(message)
        assert translation.get_language() == "en"
        with translation.override("es"):
            assert message.subject == gettext("Set a new password")
            assert gettext("Hello %(name)s,") % {"name": "Dora"} in text(message)
        send(language="")
        assert '<html lang="en">' in html(only())


def test_without_a_language_it_speaks_that_of_the_site_and_not_of_whoever_acts(
    settings: Settings,
) -> None:
    with translation.override("es"):
        send(language="")
        assert '<html lang="en">' in html(only())
        # What somebody causes for oneself.
        send(language=mail.spoken())
        assert '<html lang="es">' in html(only())
        settings.LANGUAGE_CODE = "es"
        assert language_of_page() == ""
    with translation.override("en-gb"):
        assert (mail.spoken("es"), language_of_page()) == ("es", "en")


def test_every_mail_exists_as_text_and_as_page_in_the_common_frame() -> None:
    shared = {"layout", "parts"}
    pages = {path.stem for path in TEMPLATES.glob("*.html")} - shared
    assert pages == {path.stem for path in TEMPLATES.glob("*.txt")}
    assert {"sign_up", "password_reset", "email_change"} <= pages
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert path.stem in shared or '{% extends "mail/layout.html" %}' in source
        # Programs that read mail drop or refuse these.
        assert not re.search(r"<script|<img|<link|\sstyle=|\son\w+=", source)


def test_a_name_is_text_in_both_parts() -> None:
    send(name="<b>D'Or & Co</b>")
    message = only()
    assert "Hello <b>D'Or & Co</b>," in text(message)
    assert "Hello &lt;b&gt;D&#39;Or &amp; Co&lt;/b&gt;," in html(message)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_nothing_in_a_name_becomes_a_header(end: str, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "probe.txt").write_text("{{ name }} invites you\n\nHello")
    (tmp_path / "mail" / "probe.html").write_text("{{ subject }}")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    mail.send("probe", to=TO, name=f"Dora{end}Bcc: everybody@example.com")
    message = parsed(only())
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Dora")
    assert message["To"] == TO


def test_a_recipient_of_several_lines_is_not_written_to() -> None:
    with pytest.raises(MailNotSent):
        mail.send("email_change_taken", to="dora@example.com\nBcc: everybody@example.com")
    assert sent() == []


def test_a_failure_is_one_error_and_one_line_without_the_address(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with caplog.at_level(logging.WARNING), pytest.raises(MailNotSent):
        send()
    (record,) = caplog.records
    line = JsonFormatter().format(record)
    assert '"mail":"password_reset"' in line
    assert '"reason":"ConnectionRefusedError"' in line
    assert TO not in line
    assert LINK not in line


def test_links_lead_to_the_public_address_whatever_a_request_says(
    settings: Settings, rf: RequestFactory
) -> None:
    settings.PUBLIC_URL = "https://shop.example.com"
    settings.ALLOWED_HOSTS = ["*"]
    request = rf.get("/", headers={"Host": "evil.example.com"})
    for asked in (request, None):
        assert mail.absolute(asked, "/accounts/") == "https://shop.example.com/accounts/"


def test_without_one_they_lead_to_the_host_that_was_asked_if_it_is_ours(
    settings: Settings, rf: RequestFactory
) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    request = rf.get("/x/", headers={"Host": "localhost:8001"})
    assert mail.absolute(request, "/accounts/") == "http://localhost:8001/accounts/"
    with pytest.raises(DisallowedHost):
        mail.absolute(rf.get("/", headers={"Host": "evil.example.com"}), "/accounts/")
    assert mail.absolute(None, "/accounts/") == "http://127.0.0.1:8000/accounts/"
    settings.SERVED_AT = "http://127.0.0.1:8123"
    assert mail.absolute(None, "/accounts/") == "http://127.0.0.1:8123/accounts/"
