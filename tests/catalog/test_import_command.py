"""The commands as people run them: exit codes, resuming, signals, memory, demonstration data."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import override_settings

from accounts.entities import Actor, User
from accounts.selectors import find_membership
from catalog import selectors
from catalog.imports.writer import Counts
from supervisor.selectors import list_pending_of_organisation
from tests.catalog.import_files import (
    checkpoint_of,
    import_path,
    record,
    refusals_of,
    report_of,
    write_csv,
    write_ndjson,
)
from tests.commands import ROOT, environment, manage, run, wait_for_change
from tests.storage.faults import injected, refusal

pytestmark = pytest.mark.usefixtures("store")


def test_the_summary_counts_and_a_second_run_says_that_nothing_changed(
    alice: User, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1), record(2)])
    said = run("import_products", path, "--owner", alice.email)
    assert "2 created, 0 changed, 0 unchanged, 0 refused" in said
    said = run("import_products", path, "--owner", alice.email)
    assert "0 created, 0 changed, 2 unchanged, 0 refused" in said
    assert "Nothing changed" in said


def test_columns_and_constants_are_given_as_options_or_in_a_file(
    alice: User, tmp_path: Path
) -> None:
    rows = [{"No": "A-1", "Title": "Mug", "RRP": "", "Cost": "3.20", "x": "Toys", "y": "Cars"}]
    path = write_csv(tmp_path / "p.csv", rows)
    mapping = tmp_path / "m.json"
    mapping.write_text(json.dumps({"columns": {"sku": "No"}, "constants": {"currency": "EUR"}}))
    run(
        "import_products",
        path,
        *("--organisation", alice.org_id, "--mapping", mapping, "--publish"),
        *("--map", "price=RRP|Cost", "--map", "category=x/y", "--set", "brand=Own"),
    )
    (product,) = selectors.all_own_products(alice.actor)
    assert product.data.brand == "Own"
    assert product.data.category == ("Toys", "Cars")
    assert product.is_public


def test_refusals_end_in_exit_code_1_and_a_report(alice: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1), record(2, price="?")])
    errors = tmp_path / "mine.csv"
    with pytest.raises(SystemExit) as ended:
        run("import_products", path, "--owner", alice.email, "--errors", errors)
    assert ended.value.code == 1
    assert errors.read_text("utf-8-sig").splitlines()[1].startswith("3,price,")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{tmp}/none.csv", "--owner", "alice@example.com"], "cannot be read"),
        (["{tmp}/empty.csv", "--owner", "alice@example.com"], "is empty"),
        (["{tmp}/good.csv"], "Say for whom"),
        (["{tmp}/good.csv", "--owner", "nobody@example.com"], "Nobody"),
        (["{tmp}/good.csv", "--organisation", "ORG-1"], "no organisation"),
        (["{tmp}/good.csv", "--owner", "alice@example.com", "--map", "x=name"], "no product field"),
        (["{tmp}/good.csv", "--owner", "alice@example.com", "--map", "sku="], "sku"),
        (["{tmp}/good.csv", "--owner", "bob@example.com"], r"\w"),
        ([], "Name the file"),
    ],
)
def test_what_cannot_run_says_why_and_ends_in_exit_code_2(
    arguments: list[str], said: str, bob: User, tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").touch()
    write_csv(tmp_path / "good.csv", [record(1)])
    with pytest.raises(CommandError, match=said) as ended:
        run("import_products", *(text.replace("{tmp}", str(tmp_path)) for text in arguments))
    assert ended.value.returncode == 2
    assert list(selectors.all_own_products(bob.actor)) == []


def test_a_store_that_refuses_is_one_sentence_and_exit_code_2(alice: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1)])
    denied = refusal("AccessDeniedException", message="User is not authorized")
    with injected("TransactWriteItems", always=denied), pytest.raises(CommandError) as ended:
        run("import_products", path, "--owner", alice.email)
    assert ended.value.returncode == 2
    assert "dynamodb:TransactWriteItems is missing" in str(ended.value)


def test_templates_import_as_they_are(alice: User, tmp_path: Path) -> None:
    for kind in ("csv", "json"):
        path = tmp_path / f"t.{kind}"
        path.write_text(run("import_products", template=kind), encoding="utf-8")
        import_path(path, alice.actor)
    (product,) = selectors.all_own_products(alice.actor)
    assert product.data.sku == "MUG-001"


def test_exports_go_to_a_file_and_come_back_unchanged(alice: User, tmp_path: Path) -> None:
    import_path(write_csv(tmp_path / "p.csv", [record(n) for n in range(130)]), alice.actor)
    for kind in ("csv", "ndjson"):
        path = tmp_path / f"export.{kind}"
        run("export_products", "--owner", alice.email, "--format", kind, "--output", path)
        assert import_path(path, alice.actor).counts == Counts(unchanged=130)


def test_a_killed_import_goes_on_where_it_was(alice: User, tmp_path: Path) -> None:
    """Killed at random moments until it gets through: everything is there once."""
    records = [record(number) for number in range(1200)]
    for number in range(0, 1200, 120):
        records[number]["price"] = "?"
    path = write_csv(tmp_path / "p.csv", records)
    chance = random.Random(11)
    for _ in range(4):
        process = manage("import_products", path, "--owner", alice.email, "--quiet")
        wait_for_change(checkpoint_of(path))
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    process = manage("import_products", path, "--owner", alice.email, "--quiet")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "Going on after row" in said
    found = [product.data.sku for product in selectors.all_own_products(alice.actor)]
    assert len(found) == len(set(found)) == 1190
    assert [row["line"] for row in refusals_of(path)] == [str(2 + n) for n in range(0, 1200, 120)]
    assert not checkpoint_of(path).exists()
    assert import_path(path, alice.actor).counts == Counts(unchanged=1190, refused=10)


def test_an_interrupted_import_stops_cleanly_and_says_how_to_go_on(
    alice: User, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", [record(number) for number in range(1000)])
    process = manage("import_products", path, "--owner", alice.email)
    wait_for_change(checkpoint_of(path))
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 2, said
    done = int(re.search(r"goes on after row (\d+)", said)[1])  # type: ignore[index]
    assert 0 < done < 1000
    assert "Traceback" not in said
    progress = import_path(path, alice.actor)
    assert progress.counts == Counts(created=1000)


def test_another_mapping_or_file_does_not_go_on_from_an_old_checkpoint(
    alice: User, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1)])
    checkpoint_of(path).write_text(json.dumps({"key": "another", "rows": 1}))
    assert import_path(path, alice.actor).counts == Counts(created=1)


def test_a_damaged_checkpoint_is_as_good_as_none(alice: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1)])
    checkpoint_of(path).write_text("{")
    report_of(path).write_text("left over")
    assert import_path(path, alice.actor).counts == Counts(created=1)
    assert not report_of(path).exists()


MEASURE = """
import resource, sys
from pathlib import Path
import django
django.setup()
from accounts.entities import Actor
from tests.catalog.import_files import import_path
import_path(Path(sys.argv[1]), Actor.system(org_id="ORG-1"), dry_run=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kilobytes(path: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**environment(), "DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
    )
    return int(done.stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = write_ndjson(tmp_path / "small.ndjson", [record(number) for number in range(2_000)])
    large = write_ndjson(tmp_path / "large.ndjson", [record(number) for number in range(16_000)])
    as_list = tmp_path / "large.json"
    as_list.write_text("[" + ",".join(large.read_text().splitlines()) + "]")
    before = peak_kilobytes(small)
    assert peak_kilobytes(large) < before + 6 * 1024
    assert peak_kilobytes(as_list) < before + 6 * 1024


def test_demonstration_data_is_loaded_once() -> None:
    first = run("load_demo")
    assert "Log in as owner@example.com" in first
    assert "supervisor@example.com" in first
    owner = find_membership(email="owner@example.com")
    assert owner is not None
    assert (owner.user.name, owner.user.is_owner) == ("Ana Ferrer", True)
    shown = selectors.list_public_products(limit=100)
    assert len(shown.cards) == 100
    asked = list_pending_of_organisation(owner.actor).items
    assert len(asked) == 4
    assert "nothing changed" in run("load_demo")
    assert list_pending_of_organisation(owner.actor).items == asked
    assert "nothing was loaded" in run("load_demo", if_empty=True)


def test_a_killed_load_of_the_demonstration_is_completed_on_the_next_start() -> None:
    process = manage("load_demo", "--if-empty")
    deadline = time.monotonic() + 30
    while not selectors.list_public_products(limit=1).cards and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    run("load_demo", if_empty=True)
    assert "nothing changed" in run("load_demo")
    assert "nothing was loaded" in run("load_demo", if_empty=True)


@override_settings(PRODUCTION=True)
def test_demonstration_data_stays_out_of_production() -> None:
    with pytest.raises(CommandError, match="--force"):
        run("load_demo")
    assert not selectors.list_public_products().cards


def test_an_existing_owner_of_another_shop_is_not_given_the_demonstration(store: None) -> None:
    from accounts.services import sign_up

    sign_up(
        email="owner@example.com", password="correct horse battery", organisation_name="Elsewhere"
    )
    with pytest.raises(CommandError):
        run("load_demo")
    assert not selectors.list_public_products().cards


def test_bob_exports_what_he_may_see_and_charlie_only_his_own(
    alice: User, bob: User, charlie: User, tmp_path: Path
) -> None:
    import_path(write_csv(tmp_path / "p.csv", [record(1)]), alice.actor)
    outputs = {}
    for user in (alice, bob, charlie):
        path = tmp_path / user.name
        run("export_products", "--owner", user.email, "--output", path)
        outputs[user.name] = path.read_text("utf-8-sig").count("S-000001")
    assert outputs == {"Alice": 1, "Bob": 1, "Charlie": 0}
    with pytest.raises(CommandError):
        run("export_products", "--owner", "nobody@example.com")


def test_an_actor_of_the_system_needs_an_organisation_that_exists(alice: User) -> None:
    assert Actor.system(org_id=alice.org_id).may("catalog.add_product", alice.org_id)
    assert run("export_products", "--organisation", alice.org_id, format="ndjson") == ""
