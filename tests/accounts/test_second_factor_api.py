"""The second factor for programs, and logging in with one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from accounts.second_factor.requirement import change_second_factor_requirement
from accounts.tokens import issue_token
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import stored
from tests.accounts.fixtures import PASSWORD
from tests.accounts.second_factors import code_of, confirmed, forget_step, switch_on

LOGIN = "/api/v1/users/login"
OWN = "/api/v1/users/me/second-factor"
ORGANISATION = "/api/v1/organisation/second-factor"


def log_in(user: User, **more: str) -> Any:
    body = {"email": user.email, "password": PASSWORD, **more}
    return Client().post(LOGIN, body, content_type="application/json")


class Program:
    def __init__(self, user: User) -> None:
        self.headers = {"Authorization": f"Bearer {issue_token(stored(user)).text}"}
        self.client = Client(headers=self.headers)

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        send = getattr(self.client, method)
        if method == "get":
            return send(path)
        return send(path, body or {}, content_type="application/json")


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_it_is_set_up_used_and_switched_off(alice: User) -> None:
    ask = Program(alice)
    off = {"enabled": False, "since": None, "recovery_codes_left": 0, "required": False}
    assert ask("get", OWN).json() == off
    begun = ask("post", f"{OWN}/begin")
    assert begun.headers["Cache-Control"] == "no-store"
    secret = begun.json()["secret"]
    assert f"secret={secret}" in begun.json()["address"]
    first = {"set_up": begun.json()["set_up"], "code": "000000"}
    assert code(ask("post", f"{OWN}/enable", first)) == (422, "wrong_code")
    enabled = ask("post", f"{OWN}/enable", {**first, "code": code_of(secret)})
    codes = enabled.json()["recovery_codes"]
    assert (enabled.status_code, len(codes)) == (200, 10)
    state = ask("get", OWN).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
    assert code(ask("post", f"{OWN}/begin")) == (409, "second_factor_on")
    forged = {"set_up": "AAAA", "code": "000000"}
    assert code(ask("post", f"{OWN}/enable", forged)) == (409, "second_factor_on")
    renewed = ask("post", f"{OWN}/recovery-codes").json()["recovery_codes"]
    assert not set(codes) & set(renewed)
    assert ask("delete", OWN).status_code == 204
    assert ask("get", OWN).json() == off
    assert code(ask("delete", OWN)) == (409, "second_factor_off")
    assert code(ask("post", f"{OWN}/enable", forged)) == (409, "set_up_expired")


def test_a_login_takes_a_code_as_well(alice: User) -> None:
    secret, codes = switch_on(alice)
    assert code(log_in(alice)) == (401, "second_factor_required")
    wrong_password = log_in(alice, password="wrong horse battery", code=code_of(secret))
    wrong_code = log_in(alice, code="000000")
    assert code(wrong_code) == code(wrong_password) == (401, "invalid_credentials")
    assert wrong_code.json()["detail"] == wrong_password.json()["detail"]
    assert log_in(alice, code=code_of(secret)).status_code == 200
    assert code(log_in(alice, code=code_of(secret, 0))) == (401, "invalid_credentials")
    assert log_in(alice, recovery_code=codes[0]).status_code == 200
    assert code(log_in(alice, recovery_code=codes[0])) == (401, "invalid_credentials")
    hows = [
        entry.changes.get("second_factor", (None, None))[1]
        for entry in history(alice.audit_subject).items
        if entry.action == "accounts.log_in"
    ]
    assert hows == ["recovery_code", "code"]


def test_who_logged_in_long_ago_logs_in_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("accounts.tokens.time.time", lambda: now - 16 * 60)
        ask = Program(alice)
    for method, path, body in (
        ("post", f"{OWN}/begin", None),
        ("post", f"{OWN}/enable", {"set_up": "x", "code": "1"}),
        ("post", f"{OWN}/recovery-codes", None),
        ("delete", OWN, None),
        ("put", ORGANISATION, {"required": False}),
    ):
        assert code(ask(method, path, body)) == (403, "confirmation_needed")
    assert ask("get", OWN).status_code == 200


def test_programs_of_members_without_one_can_only_set_it_up(alice: User, bob: User) -> None:
    switch_on(alice)
    ask = Program(bob)
    assert ask("get", "/api/v1/products").status_code == 200
    change_second_factor_requirement(actor=confirmed(alice), required=True)
    for path in ("/api/v1/users/me", "/api/v1/organisation", "/api/v1/products", ORGANISATION):
        assert code(ask("get", path)) == (403, "second_factor_missing")
    with measure() as meter:
        assert ask("get", OWN).json()["required"] is True
    assert len(meter.calls) == 3
    begun = ask("post", f"{OWN}/begin").json()
    enable = {"set_up": begun["set_up"], "code": code_of(begun["secret"])}
    assert ask("post", f"{OWN}/enable", enable).status_code == 200
    assert ask("get", "/api/v1/users/me").status_code == 200
    assert code(ask("delete", OWN)) == (409, "second_factor_demanded")


def test_owners_ask_everybody_for_one(alice: User, bob: User) -> None:
    ask, viewer = Program(alice), Program(bob)
    assert ask("get", ORGANISATION).json() == {"required": False}
    assert code(ask("put", ORGANISATION, {"required": True})) == (409, "own_second_factor_first")
    assert code(viewer("put", ORGANISATION, {"required": False})) == (403, "permission_denied")
    switch_on(alice)
    forget_step(alice)
    for required in (True, True, False):
        assert ask("put", ORGANISATION, {"required": required}).json() == {"required": required}
    assert code(ask("put", ORGANISATION, {"required": "yes"})) == (422, "invalid")
    subject = f"organisation#{alice.org_id}"
    actions = [entry.action for entry in history(subject).items]
    assert actions.count("accounts.change_second_factor_requirement") == 2
