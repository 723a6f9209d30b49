"""Which addresses are called, and that nothing leads to another."""

from __future__ import annotations

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from supervisor.callbacks import addresses
from supervisor.callbacks.addresses import (
    AddressRefused,
    address_to_call,
    parse_callback_url,
    require_public,
    target_of,
)
from supervisor.callbacks.entities import CallProblem, Outcome
from supervisor.callbacks.sending import send
from supervisor.errors import InvalidRequest
from tests.supervisor.callbacks.receiver import Receiver, listening, with_tls

FORBIDDEN = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255
192.88.99.1 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 100::1 2001::1
2001:db8::1 64:ff9b:1::1 3fff::1 5f00::1 2001:20::1 2002:7f00:1::1
fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
""".split()
PUBLIC = "8.8.8.8 93.184.216.34 172.32.0.1 2606:2800:220:1:248:1893:25c8:1946".split()
NOT_URLS = [
    "http://shop.example.com/hook",
    "ftp://shop.example.com/hook",
    "shop.example.com/hook",
    "https://",
    "https:///hook",
    "https://user:secret@shop.example.com/",
    "https://@shop.example.com/",
    "https://shop.example.com:8443/hook",
    "https://shop.example.com:99999/hook",
    "https://shop.example.com/#part",
    "https://shop.example.com\\@127.0.0.1/",
    "https://shop.example.com/a b",
    "https://shop.example.com/\r\nX-Header: 1",
    "https://tienda.españa/",
    "https://[::1]/",
    "https://[::1/",
    "https://127.0.0.1/",
    f"https://shop.example.com/{'a' * 500}",
]


@pytest.fixture(autouse=True)
def _as_in_production(settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = False


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_is_not_public_is_never_called(address: str) -> None:
    with pytest.raises(AddressRefused):
        require_public(ip_address(address))
    outcome = send("https://shop.example.com/", b"", {}, resolve=lambda *_: ["8.8.8.8", address])
    assert outcome == Outcome(problem=CallProblem.ADDRESS_REFUSED)
    assert outcome.is_final


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_called(address: str) -> None:
    target = target_of("https://shop.example.com/")
    assert address_to_call(target, lambda *_: [address]) == address


@pytest.mark.parametrize("url", NOT_URLS)
def test_an_address_of_another_kind_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_callback_url(url)
    assert "callback_url" in refusal.value.fields


# What the resolver of a system may take for 127.0.0.1 although it is written in another way.
@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "localhost"])
def test_other_ways_to_write_this_machine_are_refused_by_what_they_lead_to(host: str) -> None:
    url = parse_callback_url(f"https://{host}/")
    try:
        outcome = send(url, b"", {})
    except socket.gaierror:
        pytest.fail("an unknown name must be an outcome")
    assert outcome.problem in (CallProblem.ADDRESS_REFUSED, CallProblem.NAME_NOT_FOUND)


def test_a_name_that_means_nothing_is_tried_again_later() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    outcome = send("https://shop.example.com/", b"", {}, resolve=unknown)
    assert outcome == Outcome(problem=CallProblem.NAME_NOT_FOUND)
    assert not outcome.is_final


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of shop.example.com, by an authority that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    pem, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context


def test_the_checked_address_is_called_whatever_the_name_means_later(
    certificate: ssl.SSLContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    names: list[str | None] = []
    certificate.sni_callback = lambda _socket, name, _context: names.append(name)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    looked_up: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1" if len(looked_up) == 1 else "169.254.169.254"]

    with listening(Receiver(), with_tls(certificate)) as receiver:
        url = f"https://shop.example.com:{receiver.port}/hook"
        assert send(url, b"{}", {"X-One": "1"}, resolve=rebinding) == Outcome(204)
        (call,) = receiver.calls
        other = f"https://other.example.com:{receiver.port}/hook"
        refused = send(other, b"{}", {}, resolve=lambda *_: ["127.0.0.1"])
    assert looked_up == ["shop.example.com"]
    assert names == ["shop.example.com", "other.example.com"]
    assert call.headers["Host"] == f"shop.example.com:{receiver.port}"
    assert (call.path, call.body, call.headers["X-One"]) == ("/hook", b"{}", "1")
    assert refused == Outcome(problem=CallProblem.CERTIFICATE)
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int, settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    with listening(Receiver()) as elsewhere:
        redirecting = Receiver([status], {"Location": elsewhere.url})
        with listening(redirecting) as receiver:
            outcome = send(receiver.url, b"{}", {})
    assert outcome == Outcome(status)
    assert not outcome.is_delivered
    assert elsewhere.calls == []


def test_a_long_answer_is_not_read_to_its_end(settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    with listening(Receiver([200], content=b"x" * 5_000_000)) as receiver:
        assert send(receiver.url, b"{}", {}) == Outcome(200)


def test_who_answers_a_bit_at_a_time_is_hung_up_on(settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    pause = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def is_hung_up_on() -> bool:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                try:
                    for _ in range(80):
                        connection.sendall(b"X-One: 1\r\n")
                        pause.wait(0.02)
                except OSError:
                    return True
            return False

        hung_up = pool.submit(is_hung_up_on)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        outcome = send(url, b"{}", {}, longest_seconds=0.2)
        assert outcome == Outcome(problem=CallProblem.TIME_OUT), "whatever its first line said"
        assert hung_up.result(5)


def test_who_does_not_answer_is_hung_up_on(settings: Settings) -> None:
    settings.CALLBACKS_TO_THIS_MACHINE = True
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        # Nobody accepts, so the connection stands and no answer comes.
        for scheme in ("http", "https"):
            outcome = send(f"{scheme}://127.0.0.1:{port}/", b"{}", {}, longest_seconds=0.2)
            assert outcome == Outcome(problem=CallProblem.TIME_OUT)
    closed = send(f"http://127.0.0.1:{port}/", b"{}", {})
    assert closed == Outcome(problem=CallProblem.NO_CONNECTION)


def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(addresses, "LOOK_UP_SECONDS", 0.01)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: never.wait(5) and [])
    with pytest.raises(TimeoutError):
        addresses.look_up("shop.example.com", 443)
    never.set()
