"""What becomes of accounts is said in people's words, wherever it is shown."""

from __future__ import annotations

import ast
from pathlib import Path

import accounts
from accounts import services
from accounts.account_history import WORDS
from accounts.api_tokens.services import revoke_own_token
from accounts.entities import Actor, User
from accounts.people.person_history import event_of
from storage.audit import history
from tests.accounts.actions import stored
from tests.accounts.api_tokens import make as make_token
from tests.accounts.people.company import acting, browser_of, member
from tests.accounts.second_factors import switch_on

SOURCE = Path(accounts.__file__).parent
# Of other subjects than a person, which have histories of their own.
ELSEWHERE = (
    "_organisation",
    "invite_user",
    "_store",
    "_role",
    "_invitation",
    "_second_factor_requirement",
)
RECORDED = {"record", "entry", "audit_item", "_stage", "_changed", "_end"}


def recorded_actions() -> set[str]:
    """Every action that is written out where something is recorded."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                continue
            if call.func.id in RECORDED:
                said = [*call.args, *(keyword.value for keyword in call.keywords)]
                found |= {
                    named.get(one.id) if isinstance(one, ast.Name) else one.value
                    for one in said
                    if isinstance(one, ast.Name | ast.Constant)
                }
    return {
        action for action in found if isinstance(action, str) and action.startswith("accounts.")
    }


def test_every_action_on_an_account_has_words() -> None:
    known = {action for action in recorded_actions() if not action.endswith(ELSEWHERE)}
    assert len(known) > 20
    assert known - WORDS.keys() == set()


def test_both_pages_say_the_same_and_no_codes(alice: User) -> None:
    dora = member(alice, "Dora", "staff")
    switch_on(dora)
    token, _text = make_token(stored(dora), "catalog.view_product")
    revoke_own_token(actor=acting(dora), token_id=token.token_id)
    services.log_in(user=dora, via="session", second_factor="recovery_code")
    hers = browser_of(dora).get("/accounts/security/").content.decode()
    managers = browser_of(alice).get(f"/staff/people/{dora.user_id}/").content.decode()
    for said in (
        "Second factor switched on",
        "Logged in with password and recovery code",
        "API token made",
    ):
        assert f"<strong>{said}</strong>" in hers
        assert f"<strong>{said}</strong>" in managers
    assert "See all products" in managers
    assert "<del>" not in managers
    for code in ("accounts.", "catalog.view", "second_factor</dt>", "recovery_code<", "+00:00"):
        assert code not in managers.split("<h2>History</h2>")[1]


def test_commands_are_the_operators(alice: User) -> None:
    services.unlock(actor=Actor.system(org_id=alice.org_id), user=alice)
    (entry,) = (
        each for each in history(alice.audit_subject).items if each.action == "accounts.unlock"
    )
    assert event_of(entry, {}).who == "the operator"
