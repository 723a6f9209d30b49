"""An import into nothing: what a target would have been given, and what was refused."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from config.sql_import.mapping import parse_mapping
from config.sql_import.run import Progress, Run, execute
from config.sql_import.source import Source
from storage.intake import Entry, FieldKind, Outcome, TargetField

CHOICES = ("in_stock", "out_of_stock")


def fields(said: str) -> tuple[TargetField, ...]:
    """`"sku price:decimal"`."""
    found = []
    for one in said.split():
        name, _, kind = one.partition(":")
        choices = CHOICES if kind == "choice" else ()
        found.append(TargetField(name, cast(FieldKind, kind or "text"), choices=choices))
    return tuple(found)


@dataclass
class Captured:
    """`keeps` False forgets the entries, for tests of memory."""

    keeps: bool = True
    entries: list[Entry] = field(default_factory=list)
    held: int = 0
    batches: list[int] = field(default_factory=list)

    def process(self, entries: Sequence[Entry]) -> Outcome:
        outcome = Outcome()
        outcome.counts.created = len(entries)
        self.batches.append(len(entries))
        self.held += len(entries)
        if self.keeps:
            self.entries += entries
        return outcome

    def count(self) -> int:
        return self.held

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def values(self) -> list[Mapping[str, Any]]:
        return [entry.values for entry in self.entries]


class CapturingTarget:
    name = "captured"
    summary = "Nothing."

    def __init__(self, said: str, key: tuple[str, ...] = ("sku",)) -> None:
        self.fields = fields(said)
        self.key = key

    def writer(
        self,
        *,
        org_id: str | None,
        owner_email: str | None,
        dry_run: bool,
        options: Mapping[str, Any],
    ) -> Captured:
        return Captured()


@dataclass
class Result:
    progress: Progress
    writer: Captured
    refusals: list[dict[str, str]]

    @property
    def values(self) -> list[Mapping[str, Any]]:
        return self.writer.values

    @property
    def reasons(self) -> dict[tuple[str, str], str]:
        """(line, field) → reason."""
        return {(row["line"], row["field"]): row["reason"] for row in self.refusals}


def run_of(
    url: str, said: str, mapping: str, folder: Path, *, dry_run: bool = False, key: str = "sku"
) -> Run:
    document = tomllib.loads('target = "captured"\n' + mapping)
    target = CapturingTarget(said, (key,))
    return Run(parse_mapping(document, folder=folder), Source(url), target, dry_run=dry_run)


def captured(
    url: str,
    said: str,
    mapping: str,
    folder: Path,
    *,
    dry_run: bool = False,
    writer: Captured | None = None,
) -> Result:
    """Runs a mapping for a target with these fields; the first is the key."""
    key = said.split()[0].partition(":")[0]
    run = run_of(url, said, mapping, folder, dry_run=dry_run, key=key)
    report = folder / "report.csv"
    writer = writer or Captured()
    with closing(writer):
        steps = execute(run, writer, whose="", report=report, checkpoint=folder / "checkpoint")
        progress = list(steps)[-1]
    return Result(progress, writer, rows_of(report))


def rows_of(report: Path) -> list[dict[str, str]]:
    if not report.exists():
        return []
    with report.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def column(results: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    return [result[name] for result in results]
