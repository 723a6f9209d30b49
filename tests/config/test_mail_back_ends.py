"""Where e-mail goes: to the terminal, into a folder, to a mail server, or to Amazon SES."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from pytest_django import Settings

from accounts import mail
from storage.client import patience
from tests.config.test_deploy_check import ROOT, documented_environment, manage

MESSAGE = "Hola, Dora:\n\nhttps://shop.example.com/accounts/reset/abc/\n"


def message() -> EmailMultiAlternatives:
    made = EmailMultiAlternatives(
        "Contraseña", MESSAGE, from_email="backroom@example.com", to=["dora@example.com"]
    )
    made.attach_alternative("<p>Hola</p>", "text/html")
    return made


def test_the_terminal_shows_whom_it_is_for_and_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    connection = get_connection("config.outbox.ConsoleBackend")
    assert connection.send_messages([message()]) == 1
    shown = capsys.readouterr().out
    assert "E-mail to dora@example.com" in shown
    assert f"Contraseña\n\n{MESSAGE}" in shown
    assert "<p>" not in shown


def test_a_folder_gets_a_whole_message_a_file_for_its_owner_only(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "mail"
    settings.EMAIL_FILE_PATH = str(folder)
    connection = get_connection("config.outbox.FolderBackend")
    assert connection.send_messages([message(), message()]) == 2
    assert folder.stat().st_mode & 0o077 == 0
    first, second = sorted(folder.iterdir())
    assert first.suffix == second.suffix == ".eml"
    parsed = BytesParser(policy=default).parsebytes(first.read_bytes())
    assert parsed["Subject"] == "Contraseña"
    assert parsed.get_content_type() == "multipart/alternative"


class SimpleEmailService(BaseHTTPRequestHandler):
    asked: list[tuple[str, dict[str, Any], str]]

    def do_POST(self) -> None:
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, body, self.headers["Authorization"]))
        answer = b'{"MessageId": "1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amzn-RequestId", "2")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def simple_email_service() -> Iterator[str]:
    SimpleEmailService.asked = []
    with HTTPServer(("127.0.0.1", 0), SimpleEmailService) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_ses_gets_each_message_whole_in_one_request(
    settings: Settings, simple_email_service: str
) -> None:
    settings.EMAIL_BACKEND = "django_ses.SESBackend"
    settings.USE_SES_V2 = True
    settings.AWS_SES_REGION_NAME = "eu-central-1"
    settings.AWS_SES_AUTO_THROTTLE = None
    settings.AWS_SES_CONFIG = patience()
    settings.AWS_SES_CONFIGURATION_SET = "backroom"
    settings.AWS_SES_REGION_ENDPOINT_URL = simple_email_service
    for name in ("dora", "eva"):
        mail.send("email_change_taken", to=f"{name}@example.com", language="en")
    first, second = SimpleEmailService.asked
    for path, body, authorization in (first, second):
        assert path == "/v2/email/outbound-emails"
        assert "/eu-central-1/ses/" in authorization
        assert body["FromEmailAddress"] == settings.DEFAULT_FROM_EMAIL
    assert second[1]["Destination"] == {"ToAddresses": ["eva@example.com"]}
    raw = BytesParser(policy=default).parsebytes(b64decode(second[1]["Content"]["Raw"]["Data"]))
    assert raw["X-SES-CONFIGURATION-SET"] == "backroom"
    assert raw["Auto-Submitted"] == "auto-generated"
    # What the back end notes about one message is not sent with the next.
    assert not {"status", "message_id", "request_id"} & set(raw.keys())


def settings_with(**environment: str) -> dict[str, Any]:
    """As a production process reads them."""
    code = (
        "import json, django; django.setup(); from django.conf import settings as s;"
        "names = [n for n in dir(s) if n.startswith(('EMAIL', 'DEFAULT_FROM', 'AWS_SES', 'USE_'))];"
        "print(json.dumps({n: str(getattr(s, n)) for n in names}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **documented_environment(),
            **environment,
        },
        capture_output=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def test_production_sends_as_its_environment_says() -> None:
    ses = settings_with(SES_REGION="eu-central-1")
    assert ses["EMAIL_BACKEND"] == "django_ses.SESBackend"
    assert ses["AWS_SES_REGION_NAME"] == "eu-central-1"
    assert ses["DEFAULT_FROM_EMAIL"] == documented_environment()["EMAIL_FROM"]
    smtp = settings_with(
        EMAIL="smtp", SMTP_HOST="mail.example.com", SMTP_PORT="465", SMTP_SECURITY="tls"
    )
    assert smtp["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (smtp["EMAIL_HOST"], smtp["EMAIL_PORT"]) == ("mail.example.com", "465")
    assert (smtp["EMAIL_USE_SSL"], smtp["EMAIL_USE_TLS"]) == ("True", "False")


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"EMAIL": ""}, "EMAIL is missing"),
        ({"EMAIL_FROM": ""}, "EMAIL_FROM is missing"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is missing"),
        ({"PUBLIC_URL": "http://shop.example.com"}, "PUBLIC_URL must begin with https://"),
        ({"PUBLIC_URL": "shop.example.com"}, "PUBLIC_URL must be an address"),
        ({"EMAIL": "smtp"}, "SMTP_HOST is missing"),
    ],
)
def test_what_production_needs_for_mail_is_asked_for(wrong: dict[str, str], sentence: str) -> None:
    done = manage("check", **{**documented_environment(), **wrong})
    assert done.returncode != 0
    assert sentence in done.stderr
