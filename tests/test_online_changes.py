"""docs/online-changes.md, done for real: its code and its migrations, with readers and writers."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib import import_module, invalidate_caches
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from storage import table as storage_table
from storage.client import call
from storage.configuration import table_name
from storage.domain import Conflict
from storage.evolution.authoring.autodetector import detect
from storage.evolution.authoring.questions import Unasked
from storage.evolution.executor import Migrator, Target
from storage.evolution.models import table_state
from storage.evolution.state import State
from storage.scanning import scan_pages
from storage.transactions import Transaction

PAGE = Path(__file__).parents[1] / "docs" / "online-changes.md"
BLOCK = re.compile(r"```python\n# (shop/\S+\.py)\n(.*?)```", re.DOTALL)
MUGS = 400


class Changed(Conflict):
    code = "mug_changed"


@pytest.fixture
def shop(tmp_path: Path, store: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files of the page as a package that can be imported."""
    for name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]
    storage_table._registry.pop("mugs", None)
    storage_table._kinds.pop("mugs", None)
    if table_name("mugs") in call("ListTables", {})["TableNames"]:
        call("DeleteTable", {"TableName": table_name("mugs")})


class People:
    """Read and write prices with one version of the code, and compare with what was written."""

    def __init__(self, code: ModuleType, prices: dict[str, Any], seed: int) -> None:
        self.code = code
        self.prices = prices
        self.done = 0
        self.failures: list[str] = []
        self._random = Random(seed)

    def work(self, names: list[str], stop: threading.Event) -> None:
        """Each has mugs of its own to write, so that it knows what to read."""
        while not stop.is_set():
            self.visit(self._random.choice(names))
            self.done += 1

    def visit(self, name: str) -> None:
        mug = self.code.MugItem.find(name, consistent=True)
        if mug is None:
            self.failures.append(f"{name} is gone")
            return
        if self.code.price_of(mug) != self.prices[name]:
            self.failures.append(f"{name}: {self.code.price_of(mug)}, not {self.prices[name]}")
        wanted = Decimal(self._random.randrange(10_000)) / 100, self._random.choice(["EUR", "USD"])
        self.code.set_price(mug, *wanted)
        transaction = Transaction()
        transaction.put(mug, on_failure=Changed)
        try:
            transaction.commit()
        except Changed:
            return
        self.prices[name] = wanted


@contextmanager
def at_work(prices: dict[str, Any], *versions: str) -> Iterator[None]:
    """These versions of the code at once, each for its share of the mugs."""
    stop = threading.Event()
    teams = [
        (
            People(import_module(f"shop.{version}"), prices, seed),
            sorted(prices)[seed :: len(versions)],
        )
        for seed, version in enumerate(versions)
    ]
    threads = [threading.Thread(target=team.work, args=(names, stop)) for team, names in teams]
    for thread in threads:
        thread.start()
    try:
        yield
        while not all(team.done or team.failures for team, _ in teams):
            stop.wait(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [failure for team, _ in teams for failure in team.failures] == []
    assert all(team.done for team, _ in teams)


def migrate(name: str) -> None:
    Migrator(["shop"]).run(Target("shop", name))


def state_of(version: str) -> State:
    return State().with_table(table_state(import_module(f"shop.{version}").MugItem), "shop")


def test_no_reader_and_no_writer_notices(shop: Path) -> None:
    migrate("0001")
    code = import_module("shop.before")
    prices: dict[str, Any] = {}
    for number in range(MUGS):
        mug = code.MugItem(f"mug-{number:03}")
        prices[mug.id] = Decimal(number) / 100, "EUR"
        code.set_price(mug, *prices[mug.id])
        mug.save()

    with at_work(prices, "before"):
        migrate("0002")
    with at_work(prices, "before", "expanded"):
        pass
    with at_work(prices, "expanded"):
        migrate("0003")
    migrate("0004")
    with at_work(prices, "expanded", "switched"):
        pass
    with at_work(prices, "switched", "contracted"):
        pass
    with at_work(prices, "contracted"):
        migrate("0005")

    stored = [item for page in scan_pages(table_name("mugs")) for item in page.items]
    assert {item["id"]["S"]: price(item) for item in stored} == prices
    assert {name for item in stored for name in item} == {"id", "amount", "currency", "version"}
    listed = call(
        "Query",
        {
            "TableName": table_name("mugs"),
            "IndexName": "price-index",
            "KeyConditionExpression": "currency = :eur",
            "ExpressionAttributeValues": {":eur": {"S": "EUR"}},
            "Limit": MUGS,
        },
    )["Items"]
    assert len(listed) == sum(currency == "EUR" for _, currency in prices.values())


def price(item: dict[str, Any]) -> tuple[Decimal, str]:
    return Decimal(item["amount"]["N"]), item["currency"]["S"]


def test_a_backfill_can_be_taken_back_until_the_contraction(shop: Path) -> None:
    migrate("0004")
    migrate("0001")
    assert [key[1] for key in Migrator(["shop"]).applied()] == ["0001_initial"]


@pytest.mark.parametrize(
    "version, last",
    [
        ("before", "0001_initial"),
        ("expanded", "0003_backfill"),
        ("switched", "0004_switch"),
        ("contracted", "0005_contract"),
    ],
)
def test_each_version_of_the_models_has_its_migrations(shop: Path, version: str, last: str) -> None:
    graph = Migrator(["shop"]).graph
    reached = graph.state_at(graph.ancestors(("shop", last)))
    assert not detect(reached, state_of(version), Unasked(), ["shop"])
