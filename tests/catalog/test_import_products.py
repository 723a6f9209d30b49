"""What rows do to a catalogue: create, change, leave alone, refuse."""

from __future__ import annotations

import csv
import os
from collections import deque
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.entities import Actor, User
from accounts.errors import PermissionDenied
from catalog import selectors, services
from catalog.entities import Product, Stock
from catalog.imports import runs
from catalog.imports.exports import export_csv, export_ndjson
from catalog.imports.importer import Importer
from catalog.imports.mapping import ColumnMapping
from catalog.imports.readers import Row
from catalog.imports.writer import Counts, Outcome, ProductWriter
from storage.audit import history
from storage.seen_keys import SeenKeys
from tests.catalog.import_files import (
    checkpoint_of,
    import_path,
    record,
    refusals_of,
    report_of,
    write_csv,
    write_ndjson,
)

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def actor(alice: User) -> Actor:
    return alice.actor


def products_of(actor: Actor) -> dict[str, Product]:
    return {product.data.sku: product for product in selectors.all_own_products(actor)}


def rows(*records: dict[str, Any]) -> list[Row]:
    return [Row(line, values) for line, values in enumerate(records, start=2)]


def importer_of(actor: Actor, *columns: str, **options: Any) -> Importer:
    mapping = ColumnMapping.guess(columns or record(1))
    return Importer(actor=actor, mapping=mapping, **options)


def test_rows_become_drafts_unless_they_are_to_be_published(actor: Actor, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1), record(2)])
    assert import_path(path, actor).counts == Counts(created=2)
    assert {product.data.status for product in products_of(actor).values()} == {"draft"}
    more = write_csv(tmp_path / "q.csv", [record(3), record(4, sku="x")])
    import_path(more, actor, publish=True)
    found = selectors.list_public_products()
    assert [card.sku for card in found.cards] == ["S-000003", "X"]
    assert found.heading is not None
    assert [link.label for link in found.heading.children] == ["Kitchen"]


def test_a_second_run_changes_nothing_and_says_so(actor: Actor, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(number) for number in range(150)])
    import_path(path, actor)
    before = products_of(actor)
    assert import_path(path, actor).counts == Counts(unchanged=150)
    assert products_of(actor) == before


def test_absent_columns_keep_what_is_stored_and_empty_cells_clear_it(
    actor: Actor, tmp_path: Path
) -> None:
    import_path(write_ndjson(tmp_path / "p.ndjson", [record(1, stock="low_stock")]), actor)
    change = [{"sku": "s-000001", "price": 9, "brand": None}]
    assert import_path(write_ndjson(tmp_path / "q.ndjson", change), actor).counts == Counts(
        changed=1
    )
    data = products_of(actor)["S-000001"].data
    assert (data.name, data.brand, str(data.price)) == ("Blue mug 1", "", "9.00")
    assert data.category == ("Kitchen", "Mugs")
    assert data.stock is Stock.LOW_STOCK


def test_a_change_keeps_the_state_and_leaves_history(actor: Actor, tmp_path: Path) -> None:
    import_path(write_csv(tmp_path / "p.csv", [record(1)]), actor, publish=True)
    import_path(write_csv(tmp_path / "q.csv", [record(1, name="Red mug")]), actor)
    product = products_of(actor)["S-000001"]
    assert product.is_public
    entries = history(product.audit_subject).items
    assert [entry.action for entry in entries] == ["catalog.change_product", "catalog.add_product"]
    assert entries[0].changes == {"name": ("Blue mug 1", "Red mug")}
    assert entries[0].actor_name == "Alice"


def test_refusals_say_line_field_reason_and_value(actor: Actor, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "p.csv",
        [
            record(1),
            record(2, price="cheap", name=""),
            record(3, sku="?"),
            record(1, sku="s-000001 "),
            record(4, currency="XXQ", name="=1+2"),
        ],
    )
    progress = import_path(path, actor)
    assert progress.counts == Counts(created=1, refused=4)
    said = [(row["line"], row["field"], row["value"]) for row in refusals_of(path)]
    assert said == [
        ("3", "name", ""),
        ("3", "price", "cheap"),
        ("4", "sku", "?"),
        ("5", "sku", "S-000001"),
        ("6", "currency", "XXQ"),
    ]
    assert refusals_of(path)[3]["reason"] == "Line 2 of the file has this SKU already."


def test_no_report_stays_when_nothing_was_refused(actor: Actor, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1)])
    import_path(path, actor)
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.csv"]
    assert not report_of(path).exists()


def test_a_dry_run_tells_the_same_and_writes_nothing(actor: Actor, tmp_path: Path) -> None:
    import_path(write_csv(tmp_path / "p.csv", [record(1), record(2)]), actor)
    path = write_csv(
        tmp_path / "q.csv", [record(1), record(2, name="New"), record(3), record(4, name="")]
    )
    before = products_of(actor)
    expected = Counts(created=1, changed=1, unchanged=1, refused=1)
    assert import_path(path, actor, dry_run=True).counts == expected
    assert products_of(actor) == before
    assert import_path(path, actor).counts == expected


def test_categories_left_by_their_last_product_leave_the_navigation(
    actor: Actor, tmp_path: Path
) -> None:
    import_path(write_csv(tmp_path / "p.csv", [record(1)]), actor, publish=True)
    import_path(write_csv(tmp_path / "q.csv", [record(1, category="Garden")]), actor)
    heading = selectors.list_public_products().heading
    assert heading is not None
    assert [link.label for link in heading.children] == ["Garden"]


class _EditsBeforeWriting(ProductWriter):
    """A writer that somebody else overtakes between its reading and its first writing."""

    edit: Any = None

    def _write(self, changes: Any, outcome: Any) -> None:
        if self.edit:
            edit, self.edit = self.edit, None
            edit()
        super()._write(changes, outcome)


def overtaken(actor: Actor, edit: Any, records: list[dict[str, Any]]) -> Outcome:
    importer = importer_of(actor, *records[0])
    writer = _EditsBeforeWriting(actor=actor)
    writer.edit = edit
    importer._writer = writer
    return importer.process(rows(*records), SeenKeys())


def test_an_edit_meanwhile_is_read_again_and_not_overwritten(actor: Actor) -> None:
    importer_of(actor).process(rows(*(record(number) for number in range(5))), SeenKeys())
    product = products_of(actor)["S-000003"]

    def edit() -> None:
        services.change_product(
            actor=actor,
            product_id=product.id,
            raw={"description": "By hand."},
            version=product.version,
        )

    outcome = overtaken(actor, edit, [{"sku": f"S-{n:06}", "price": "77"} for n in range(5)])
    assert outcome.counts == Counts(changed=5)
    found = products_of(actor)
    assert {str(product.data.price) for product in found.values()} == {"77.00"}
    assert found["S-000003"].data.description == "By hand."


def test_a_product_created_meanwhile_is_changed_and_not_doubled(actor: Actor) -> None:
    def create() -> None:
        services.create_product(actor=actor, raw=record(2, name="By hand", description="Kept"))

    outcome = overtaken(actor, create, [record(1), record(2), record(3)])
    assert outcome.counts == Counts(created=2, changed=1)
    assert products_of(actor)["S-000002"].data.description == "Kept"
    assert len(products_of(actor)) == 3


def test_a_product_that_never_stands_still_is_refused_alone(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer_of(actor).process(rows(record(1), record(2)), SeenKeys())
    product = products_of(actor)["S-000001"]
    importer = importer_of(actor)
    staged = importer._writer._staged

    def overtake(change: Any) -> Any:
        prepared = staged(change)
        if change.after.id == product.id:
            current = selectors.find_product(product.id, actor).version
            services.change_product(
                actor=actor,
                product_id=product.id,
                raw={"description": f"Version {current}"},
                version=current,
            )
        return prepared

    monkeypatch.setattr(importer._writer, "_staged", overtake)
    outcome = importer.process(rows(record(1, price="5"), record(2, price="5")), SeenKeys())
    assert outcome.counts == Counts(changed=1, refused=1)
    assert outcome.refusals[0].line == 2
    assert "same moment" in outcome.refusals[0].reason
    assert str(products_of(actor)["S-000001"].data.price) == "2.50"


def test_two_imports_at_once_do_not_double_anything(actor: Actor, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    paths = [
        write_csv(tmp_path / f"{name}.csv", [record(number) for number in range(120)])
        for name in ("a", "b")
    ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda path: import_path(path, actor).counts, paths))
    assert sum(counts.created for counts in found) == 120
    assert sum(counts.unchanged for counts in found) == 120
    assert len(products_of(actor)) == 120


def test_alice_may_bob_may_not_and_charlie_gets_his_own(
    actor: Actor, bob: User, charlie: User, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1)])
    with pytest.raises(PermissionDenied):
        import_path(path, bob.actor)
    assert import_path(path, actor).counts == Counts(created=1)
    assert import_path(path, charlie.actor).counts == Counts(created=1)
    mine, his = products_of(actor), products_of(charlie.actor)
    assert mine["S-000001"].id != his["S-000001"].id


TRICKY = [
    record(1, name="=cmd|' /C calc'!A0", description="+1\n-2\n\t@x", stock="preorder"),
    record(2, name="'=quoted", brand="@brand", description="'plain"),
    record(3, name='Mug "big", 5" wide; new', category="Café/Té y más", status="public"),
    record(4, name="-", price="0", gtin="4006381333931", status="archived", brand=""),
    record(5, name="Same"),
    record(6, name="Same", price="1000000.01", category=""),
]


@pytest.mark.parametrize("export", [export_csv, export_ndjson])
def test_an_export_imports_to_the_same_and_exports_to_the_same_bytes(
    export: Any, actor: Actor, charlie: User, tmp_path: Path
) -> None:
    tricky = [{**{name: "" for row in TRICKY for name in row}, **row} for row in TRICKY]
    created = importer_of(actor, *tricky[0]).process(rows(*tricky), SeenKeys())
    assert created.counts == Counts(created=6)
    first = "".join(export(actor)).encode()
    path = tmp_path / f"products.{'csv' if export is export_csv else 'ndjson'}"
    path.write_bytes(first)
    assert import_path(path, actor).counts == Counts(unchanged=6)
    assert import_path(path, charlie.actor).counts == Counts(created=6)
    assert "".join(export(charlie.actor)).encode() == first
    mine, his = products_of(actor), products_of(charlie.actor)
    assert {sku: product.data for sku, product in mine.items()} == {
        sku: product.data for sku, product in his.items()
    }


def test_no_exported_cell_begins_like_a_formula(actor: Actor) -> None:
    importer_of(actor).process(rows(record(1, name="=1+2", brand="@x")), SeenKeys())
    lines = list(csv.reader("".join(export_csv(actor)).removeprefix("\ufeff").splitlines()))
    assert lines[1][1] == "'=1+2"
    assert not [cell for line in lines for cell in line if cell[:1] in tuple("=+-@\t\r")]


def test_products_of_the_same_name_are_exported_in_the_order_of_their_skus(actor: Actor) -> None:
    importer_of(actor).process(rows(*(record(n, name="Same") for n in (3, 1, 2))), SeenKeys())
    skus = [line.split('"sku":"')[1][:8] for line in export_ndjson(actor)]
    assert skus == ["S-000001", "S-000002", "S-000003"]


def test_rows_skipped_on_resuming_are_known_for_their_skus_only(actor: Actor) -> None:
    importer = importer_of(actor)
    outcomes = list(importer.run(rows(record(1), record(2), record(1)), SeenKeys(), skip=2))
    assert [outcome.counts for outcome in outcomes] == [Counts(refused=1)]
    assert outcomes[0].refusals[0].line == 4
    assert products_of(actor) == {}


def test_amounts_that_may_be_thousands_are_refused(actor: Actor, tmp_path: Path) -> None:
    records = [
        record(1, price="1.250"),
        record(2, price="10,000"),
        record(3, price="1.250", currency="KWD"),
        record(4, price="2.500,00"),
    ]
    progress = import_path(write_csv(tmp_path / "p.csv", records), actor)
    assert progress.counts == Counts(created=2, refused=2)
    prices = {str(product.data.price) for product in products_of(actor).values()}
    assert prices == {"1.250", "2500.00"}


@pytest.mark.parametrize("left", [None, 0, 5])
def test_a_report_that_was_taken_away_begins_anew(
    actor: Actor, tmp_path: Path, left: int | None
) -> None:
    records = [record(n, price="?") for n in range(250)]
    path = write_csv(tmp_path / "p.csv", records)
    with path.open("rb") as file:
        run = runs.prepare(file, path.name, columns={}, constants={})
        begun = iter((False, True))
        steps = runs.execute(
            run,
            file,
            actor=actor,
            report=report_of(path),
            checkpoint=checkpoint_of(path),
            stop=lambda: next(begun, True),
        )
        assert 0 < deque(steps, maxlen=1).pop().rows < 250
    assert checkpoint_of(path).exists()
    if left is None:
        report_of(path).unlink()
    else:
        os.truncate(report_of(path), left)
    assert import_path(path, actor).counts == Counts(refused=250)
    content = report_of(path).read_bytes()
    assert b"\0" not in content
    if not left:
        assert content.startswith(b"\xef\xbb\xbfline,field")


def test_a_dry_run_leaves_a_stopped_import_as_it_is(actor: Actor, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1, price="?")])
    checkpoint_of(path).write_text("how far it came")
    report_of(path).write_text("what was refused")
    with pytest.raises(SystemExit):
        call_command(
            "import_products",
            str(path),
            "--dry-run",
            "--organisation",
            actor.org_id,
            stdout=StringIO(),
            stderr=StringIO(),
        )
    assert checkpoint_of(path).read_text() == "how far it came"
    assert report_of(path).read_text() == "what was refused"
    assert "price" in (tmp_path / "p.csv.dry-run.errors.csv").read_text()
