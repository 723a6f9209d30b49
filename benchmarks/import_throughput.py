"""How fast products are imported, beside what the engine itself can take.

    .venv/bin/python -m benchmarks.import_throughput [ROWS]

An engine on disk, rows with names of four words, two category levels and a brand; public. The
ceiling: the same items in the same transactions, made beforehand, sent one after the other.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environment import application_environment

if TYPE_CHECKING:
    from storage.transactions import Transaction

ROWS = 10_000
CEILING_ROWS = 2_000
WORDS = (
    "amber blue coral green ivory plum red slate wooden little great linen cotton oak pine brass"
    " copper glass stone paper basket blanket chair jug lamp mirror plate vase tray bowl clock mug"
).split()
MAKERS = "Marlowick Fernhill Tomillar Nimbus Harbour Alder Quill Sorrel Brisa Calma".split()
ROOMS = "Kitchen Garden Bedroom Bathroom Office Workshop Hall Cellar".split()
KINDS = "Textiles Lighting Storage Furniture Tools Tableware Decoration".split()
ORGANISATION = "ORG-00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Measured:
    label: str
    rows: int
    items: int
    seconds: float

    def __str__(self) -> str:
        rate, per_second = self.rows / self.seconds, self.items / self.seconds
        return (
            f"{self.label:34} {rate:7.0f} products/s {per_second:8.0f} items/s"
            f" {self.items / self.rows if self.rows else 0:5.1f} items a product"
        )


def write_rows(path: Path, count: int, *, status: str = "public") -> None:
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            "sku name description brand price currency category image_url status".split()
        )
        for number in range(count):
            writer.writerow(
                (
                    f"BEN-{number:06}",
                    " ".join(chance.sample(WORDS, 4)).capitalize(),
                    "A thing of everyday use, made with care in a small workshop.",
                    MAKERS[number % len(MAKERS)],
                    f"{number % 500}.95",
                    "EUR",
                    f"{ROOMS[number % len(ROOMS)]}/{KINDS[number % len(KINDS)]}",
                    f"https://images.example.com/{number}.jpg",
                    status,
                )
            )


def import_file(path: Path, folder: Path, organisation: str = ORGANISATION) -> Measured:
    from accounts.entities import Actor
    from catalog.imports import runs
    from storage import client

    items = 0
    send = client.shared_client()

    def count(params: dict[str, object], **_: object) -> None:
        nonlocal items
        body = params["body"]
        assert isinstance(body, bytes)
        items += body.count(b'"Put":') + body.count(b'"Delete":')

    event = "before-call.dynamodb.TransactWriteItems"
    send.meta.events.register(event, count)
    actor = Actor.system(org_id=organisation)
    with path.open("rb") as file:
        run = runs.prepare(file, path.name, columns={}, constants={})
        started = time.perf_counter()
        steps = runs.execute(
            run,
            file,
            actor=actor,
            report=folder / "errors.csv",
            checkpoint=folder / "checkpoint.json",
        )
        progress = deque(steps, maxlen=1).pop()
        seconds = time.perf_counter() - started
    send.meta.events.unregister(event, count)
    assert not progress.counts.refused
    return Measured("", progress.rows, items, seconds)


def ceiling(path: Path) -> Measured:
    """The first rows of the file for another organisation; only sending is timed."""
    transactions = list(_prepared(path))
    started = time.perf_counter()
    for transaction in transactions:
        transaction.commit()
    seconds = time.perf_counter() - started
    return Measured("", CEILING_ROWS, sum(map(len, transactions)), seconds)


def _prepared(path: Path) -> Iterator[Transaction]:
    from datetime import UTC, datetime
    from itertools import islice

    from accounts.entities import Actor
    from catalog import repository
    from catalog.entities import new_product
    from catalog.heading_repository import follow_changes
    from catalog.imports.writer import COMBINED_ACTIONS
    from catalog.rules import parse_product
    from catalog.services import audit_of
    from storage.transactions import Transaction

    actor = Actor.system(org_id="ORG-00000000-0000-4000-8000-000000000002")
    waiting = Transaction()
    with path.open(encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), CEILING_ROWS):
            product = new_product(actor.org_id, parse_product(row), datetime.now(UTC))
            follow_changes([(None, product)])
            one = Transaction()
            audit = audit_of(actor, None, product, "catalog.add_product")
            repository.stage_change(one, None, product, audit)
            if len(waiting) + len(one) > COMBINED_ACTIONS:
                yield waiting
                waiting = Transaction()
            waiting.extend(one)
    yield waiting


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with application_environment(folder / "backroom.db"):
            public, draft = folder / "public.csv", folder / "draft.csv"
            write_rows(public, count)
            write_rows(draft, count, status="draft")
            most = ceiling(public)
            print(_labelled("store alone, one sender", most))
            first = import_file(public, folder)
            print(_labelled("import, public products", first))
            print(
                f"{first.items / first.seconds / most.items * most.seconds:.0%}"
                " of the store's own rate"
            )
            print(_labelled("the same file again", import_file(public, folder)))
            other = "ORG-00000000-0000-4000-8000-000000000003"
            print(_labelled("import, drafts", import_file(draft, folder, other)))


def _labelled(label: str, measured: Measured) -> Measured:
    return Measured(label, measured.rows, measured.items, measured.seconds)


if __name__ == "__main__":
    main()
