"""What operators do with organisations."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import repository
from accounts.entities import User
from accounts.removal import services
from storage.configuration import configuration, configure
from tests.accounts.actions import stored
from tests.accounts.crowd import member, write
from tests.accounts.removal.shops import everything, server, settle
from tests.commands import run
from tests.storage.faults import injected, refusal

NAME = "Alice's Shop"


def listed(*options: str) -> str:
    return run("organisations", "--deleted", *options)


def test_delete_restore_and_destroy(alice: User) -> None:
    before = everything()
    assert run("delete_organisation", alice.org_id, "--confirm", NAME).endswith("Deleted.\n")
    assert stored(alice).deleted_at is not None
    assert run("delete_organisation", alice.org_id, "--confirm", NAME).endswith(
        "Nothing is left to do.\n"
    )
    assert run("restore_organisation", alice.org_id).endswith("Restored.\n")
    assert everything() == before
    again = run("restore_organisation", alice.org_id)
    assert again.endswith("Nothing is left to do.\n")
    with pytest.raises(CommandError, match="not deleted"):
        run("destroy_organisation", alice.org_id, "--confirm", NAME)
    with pytest.raises(CommandError, match="not the name"):
        run("destroy_organisation", alice.org_id, "--confirm", "Other", "--force")
    said = run("destroy_organisation", alice.org_id, "--confirm", NAME, "--force")
    assert said.endswith("Destroyed.\n")
    assert {key[1][:8] for key in everything()} == {"ERASURE-"}
    with pytest.raises(CommandError, match="no such organisation"):
        run("destroy_organisation", alice.org_id, "--confirm", NAME)


def test_without_the_option_the_name_is_asked_for(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "Alice"

    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(CommandError, match="not the name"):
        run("delete_organisation", alice.org_id)
    assert alice.org_id in asked[0]
    assert NAME in asked[0]
    assert stored(alice).deleted_at is None


def test_what_is_pending_is_listed_and_finished(alice: User, charlie: User, settings: Any) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 3600
    write([member(alice.org_id, number) for number in range(60)])
    services.delete_organisation(actor=server(alice.org_id))
    (line,) = (line for line in listed().splitlines() if alice.org_id in line)
    assert line.endswith("being deleted")
    unfinished = [json.loads(line).get("unfinished") for line in listed("--json").splitlines()]
    assert sorted(unfinished, key=str) == [None, "delete"]

    assert "looks once more" in run("finish_removals")
    assert "being deleted" in listed()
    settle(alice.org_id)
    assert run("finish_removals") == f"{alice.org_id}  Deleted.\n"
    assert "being deleted" not in listed()
    assert run("finish_removals") == ""
    people = list(repository.users_of(alice.org_id))
    assert {user.deleted_at is None for user in people} == {False}
    assert stored(charlie).deleted_at is None


def test_every_shard_is_asked_for_what_is_pending(alice: User, charlie: User) -> None:
    before = configuration()
    configure(replace(before, shards=4))
    try:
        for user in (alice, charlie):
            services.delete_organisation(actor=server(user.org_id))
        said = run("finish_removals").splitlines()
    finally:
        configure(before)
    deleted = [f"{user.org_id}  Deleted." for user in (alice, charlie)]
    assert sorted(said) == sorted(deleted)


def test_nothing_is_imported_into_one_that_is_deleted(
    alice: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,name,price,currency\nMUG,Mug,1,EUR\n")
    run("delete_organisation", alice.org_id, "--confirm", NAME)
    with pytest.raises(CommandError, match="There is no organisation"):
        run("import_products", file, "--organisation", alice.org_id)
    run("export_products", "--organisation", alice.org_id)
    assert "sku" in capsys.readouterr().out


def test_one_that_the_store_is_in_the_way_of_does_not_stop_the_others(
    alice: User, charlie: User
) -> None:
    for user in (alice, charlie):
        services.delete_organisation(actor=server(user.org_id))

    def refuse_one(request: AWSPreparedRequest) -> AWSResponse | None:
        return (
            refusal("ValidationException")(request) if alice.user_id in str(request.body) else None
        )

    out = StringIO()
    with (
        injected("TransactWriteItems", always=refuse_one),
        pytest.raises(CommandError, match=f"Not finished: {alice.org_id}"),
    ):
        call_command("finish_removals", stdout=out, stderr=out)
    assert stored(charlie).deleted_at is not None
    assert stored(alice).deleted_at is None
    assert run("finish_removals") == f"{alice.org_id}  Deleted.\n"
