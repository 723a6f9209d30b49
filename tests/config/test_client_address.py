from __future__ import annotations

from ipaddress import ip_address

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from config.client_address import client_address, networks

PROXIES = networks(["10.0.0.0/8", "fd00::/8"])
outsiders = st.ip_addresses().filter(
    lambda a: not any(a in n for n in PROXIES) and not getattr(a, "ipv4_mapped", None)
)


def test_without_proxies_the_header_is_ignored() -> None:
    assert client_address("203.0.113.7", "198.51.100.1", ()) == "203.0.113.7"


def test_a_stranger_cannot_speak_for_others() -> None:
    assert client_address("203.0.113.7", "198.51.100.1", PROXIES) == "203.0.113.7"


@pytest.mark.parametrize(
    "forwarded, expected",
    [
        ("198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
        ("198.51.100.1:50123", "198.51.100.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("", "10.0.0.1"),
        ("6.6.6.6, unknown", "10.0.0.1"),
        ("6.6.6.6, <script>, 10.2.2.2", "10.2.2.2"),
        ("10.9.9.9, 10.2.2.2", "10.9.9.9"),
    ],
)
def test_behind_a_trusted_proxy(forwarded: str, expected: str) -> None:
    assert client_address("10.0.0.1", forwarded, PROXIES) == expected


@given(outsiders, st.text(max_size=80))
def test_a_client_cannot_change_what_the_proxy_appended(client: object, forged: str) -> None:
    assert client_address("10.0.0.1", f"{forged},{client}", PROXIES) == str(client)


@given(outsiders, st.text(max_size=80))
def test_an_untrusted_peer_is_itself(peer: object, forged: str) -> None:
    assert client_address(str(peer), forged, PROXIES) == str(peer)


@given(st.text(max_size=120))
def test_the_answer_is_always_an_address(forwarded: str) -> None:
    ip_address(client_address("10.0.0.1", forwarded, PROXIES))


def test_a_malformed_network_names_the_variable() -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES is not a list of networks"):
        networks(["10.0.0.1/8"])


def test_requests_carry_the_address(probes: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks(["127.0.0.1"])
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forwarded = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}
    answer = probes.get("/probe/address/", headers=forwarded)
    assert answer.content == b"198.51.100.1 True"
    answer = probes.get("/probe/address/", headers=forwarded, REMOTE_ADDR="203.0.113.7")
    assert answer.content == b"203.0.113.7 False"


def test_a_request_id_is_taken_from_a_trusted_proxy_only(
    probes: Client, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = networks(["127.0.0.1"])
    given_id = {"X-Request-ID": "abc-12345678"}
    assert probes.get("/probe/address/", headers=given_id)["X-Request-ID"] == "abc-12345678"
    own = probes.get("/probe/address/", headers=given_id, REMOTE_ADDR="203.0.113.7")
    assert own["X-Request-ID"] != "abc-12345678"
    odd = probes.get("/probe/address/", headers={"X-Request-ID": 'a"b c\td'})
    assert len(odd["X-Request-ID"]) == 16
