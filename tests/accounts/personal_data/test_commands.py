"""How operators answer letters."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError

from accounts import repository
from accounts.entities import Actor, User
from accounts.people.repository import invitation_to
from accounts.personal_data.erasure import begin
from storage.audit import audit_item, entries_by, history
from storage.transactions import Transaction
from tests.accounts.personal_data.zephyrine import ADDRESS, NAME, residue
from tests.commands import run

ERASED = "Erased."


def is_there(user: User) -> bool:
    return repository.get_user(user.org_id, user.user_id) is not None


def test_an_export_is_a_file_for_its_owner_only(bob: User, tmp_path: Path) -> None:
    path = tmp_path / "bob.json"
    assert str(path) in run("export_user", "BOB@example.com", "--output", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_bytes())["account"]["profile"]["name"] == "Bob"
    (entry, *_) = history(bob.audit_subject).items
    assert (entry.action, entry.actor_id) == ("accounts.export_user", "SYSTEM")
    with pytest.raises(CommandError, match="exists already"):
        run("export_user", "bob@example.com", "--output", path)
    assert json.loads(run("export_user", "bob@example.com"))["account"]["profile"]["name"] == "Bob"
    with pytest.raises(CommandError, match="Nobody with the address"):
        run("export_user", "nobody@example.com")


def test_a_person_is_erased_by_address(zephyrine: User, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return "somebody@example.com" if len(questions) == 1 else ADDRESS.upper()

    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(CommandError, match="not the e-mail address of the account"):
        run("erase_user", ADDRESS)
    assert NAME in questions[0]
    assert is_there(zephyrine)
    assert run("erase_user", ADDRESS) == f"{zephyrine.pk}  {ERASED}\n"
    assert residue() == []
    assert run("erase_user", "--list") == f"{zephyrine.pk}\n"
    with pytest.raises(CommandError, match="Nobody with the address"):
        run("erase_user", ADDRESS, "--yes")


def test_the_only_owner_is_refused(alice: User) -> None:
    with pytest.raises(CommandError, match="An organisation keeps an owner"):
        run("erase_user", "alice@example.com", "--yes")


@pytest.mark.parametrize("by_id", [False, True])
def test_the_same_command_goes_on_with_what_was_interrupted(zephyrine: User, by_id: bool) -> None:
    begin(actor=Actor.system(org_id=zephyrine.org_id), user=zephyrine)
    assert residue() != []
    whom = ("--id", zephyrine.pk) if by_id else (ADDRESS,)
    assert run("erase_user", *whom) == f"{zephyrine.pk}  {ERASED}\n"
    assert residue() == []


@pytest.mark.parametrize("command", [("erase_user", "--unfinished"), ("finish_removals",)])
def test_what_was_interrupted_is_found(zephyrine: User, command: tuple[str, ...]) -> None:
    begin(actor=Actor.system(org_id=zephyrine.org_id), user=zephyrine)
    assert run(*command) == f"{zephyrine.pk}  {ERASED}\n"
    assert residue() == []
    assert run(*command) == ""


def test_who_only_was_invited_is_forgotten(zephyrine: User, alice: User) -> None:
    assert invitation_to(alice.org_id, "guest@example.com")
    with pytest.raises(CommandError, match="not invited any more"):
        run("erase_user", "Guest@example.com", "--yes")
    assert not invitation_to(alice.org_id, "guest@example.com")


def test_a_backup_brings_nobody_back_for_long(zephyrine: User, bob: User, tmp_path: Path) -> None:
    run("dump", tmp_path / "before", "--quiet")
    run("erase_user", ADDRESS, "--yes")
    run("erase_user", "bob@example.com", "--yes")
    listed = tmp_path / "erased.txt"
    listed.write_text(run("erase_user", "--list"))
    run("restore", tmp_path / "before", "--replace", "--yes", "--quiet")
    assert is_there(zephyrine)
    assert residue() != []
    assert run("erase_user", "--ids-from", listed).count(ERASED) == 2
    assert residue() == []
    assert not is_there(bob)


def test_only_the_history_can_be_erased_again(bob: User) -> None:
    run("erase_user", "bob@example.com", "--yes")
    transaction = Transaction()
    transaction.put(
        audit_item(subject="x#1", actor_id=bob.user_id, actor_name="Bob", action="things.make")
    )
    transaction.commit()
    assert run("erase_user", "--id", bob.pk) == f"{bob.pk}  {ERASED}\n"
    assert {entry.actor_name for entry in entries_by(bob.user_id)} == {""}
    with pytest.raises(CommandError, match="Not erased: nonsense"):
        run("erase_user", "--id", "nonsense")
