"""What an import of products does when the store fails, is another one, or somebody stops it."""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accounts.entities import Actor, User
from catalog import selectors
from catalog.entities import Product
from catalog.imports import runs
from catalog.imports.checkpoint import Progress
from catalog.imports.importer import Importer
from catalog.imports.mapping import ColumnMapping
from catalog.imports.readers import Row
from catalog.imports.writer import COMPLETED_CALLS, Counts
from storage import configuration as settings_of_storage
from storage.configuration import configuration
from storage.explanations import STORE_FAILURES
from storage.seen_keys import SeenKeys
from tests.catalog.import_files import checkpoint_of, import_path, record, report_of, write_csv
from tests.storage.faults import cancellation, injected, refusal

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


@pytest.mark.parametrize(
    "answer",
    [
        cancellation("None", "ValidationError", "None"),
        refusal("ValidationException", message="Item size has exceeded the maximum"),
    ],
    ids=["cancelled", "invalid"],
)
def test_what_the_store_does_not_take_is_refused_alone(actor: Actor, answer: Any) -> None:
    # First both together, then the first one alone.
    with injected("TransactWriteItems", answer, answer):
        outcome = importer_of(actor).process(rows(record(1), record(2)), SeenKeys())
    assert outcome.counts == Counts(created=1, refused=1)
    (found,) = outcome.refusals
    assert (found.line, found.value) == (2, "S-000001")
    assert "does not take this product" in found.reason
    assert list(products_of(actor)) == ["S-000002"]


def sections() -> list[str]:
    heading = selectors.list_public_products().heading
    return [link.label for link in heading.children] if heading else []


DENIED = refusal("AccessDeniedException", message="denied")


def test_what_was_written_is_in_the_navigation_although_the_store_fails_then(
    actor: Actor,
) -> None:
    records = rows(*(record(number) for number in range(100)))
    with injected("TransactWriteItems", always=None) as sent:
        importer_of(actor).process(records, SeenKeys())
    assert len(sent) > 1
    records = rows(*(record(n, category="Garden", status="public") for n in range(100)))

    def works(_request: Any) -> None:
        return None

    with (
        injected("TransactWriteItems", works, always=DENIED),
        pytest.raises(STORE_FAILURES),
    ):
        importer_of(actor, *record(1), "status").process(records, SeenKeys())
    assert sections() == ["Garden"]


def test_the_navigation_that_a_kill_left_incomplete_is_completed_by_the_next_run(
    actor: Actor, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", [record(1)])
    with injected("UpdateItem", always=DENIED), pytest.raises(STORE_FAILURES):
        import_path(path, actor, publish=True)
    assert len(products_of(actor)) == 1
    assert sections() == []
    assert import_path(path, actor, publish=True).counts == Counts(unchanged=1)
    assert sections() == ["Kitchen"]


def test_completing_the_navigation_has_a_bound(actor: Actor) -> None:
    importer = importer_of(actor, publish=True)
    importer.process(rows(record(1)), SeenKeys())
    costs = []
    for _ in range(COMPLETED_CALLS + 1):
        with injected("BatchGetItem") as sent:
            importer.process(rows(record(1)), SeenKeys())
        costs.append(len(sent))
    assert costs[0] == costs[-3] > costs[-2] == costs[-1]


def test_a_stop_is_heard_while_rows_are_skipped(actor: Actor) -> None:
    read: list[int] = []

    def counted() -> Iterator[Row]:
        for row in rows(*(record(number) for number in range(50))):
            read.append(row.line)
            yield row

    asked = iter([False, False, True])
    stopping = importer_of(actor).run(
        counted(), SeenKeys(), skip=40, stop=lambda: next(asked, True)
    )
    assert list(stopping) == []
    assert len(read) == 3


def test_an_import_into_another_store_begins_anew(
    actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path / "p.csv", [record(n, price="?") for n in range(250)])
    with path.open("rb") as file:
        run = runs.prepare(file, path.name, columns={}, constants={})

        def steps(stop: bool) -> Iterator[Progress]:
            asked = iter((False,))
            return runs.execute(
                run,
                file,
                actor=actor,
                report=report_of(path),
                checkpoint=checkpoint_of(path),
                stop=lambda: next(asked, True) if stop else False,
            )

        deque(steps(stop=True))
        assert next(steps(stop=False)).rows == 100
        another = replace(configuration(), place="/another/data")
        monkeypatch.setattr(settings_of_storage, "_configuration", another)
        assert next(steps(stop=False)).rows == 0
    for private in (report_of(path), checkpoint_of(path)):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
