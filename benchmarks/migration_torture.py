"""An item operation that is killed again and again while an application writes.

    .venv/bin/python -m benchmarks.migration_torture [ITEMS] [--kills N] [--seed N]

Every item's counter goes up by one. The runner is a process of its own and gets `kill -9` at
random moments; a writer changes, inserts and deletes items all the while, whole items under their
version, and remembers what the store acknowledged. In the end every item must have been counted
once, and nothing that was acknowledged may be lost. Then the same operation runs undisturbed, for
its speed and its memory.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from storage.client import call
from storage.configuration import StorageConfiguration, configuration, configure, table_name
from storage.engine import Engine
from storage.evolution.items import checkpoints
from storage.evolution.items.data_operations import TransformItems
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.operation import Options, SilentReporter, Work
from storage.evolution.state import Attribute, Key, Kind, State, TableState
from storage.scanning import scan_pages
from storage.schema import create_tables
from storage.typed import PlainItem, plain_item, raw_item

ROOT = Path(__file__).resolve().parent.parent
ITEMS, KILLS = 1_000_000, 10
TABLE = "tortured-counters"
KIND = Kind({"id": Attribute("S"), "version": Attribute("N", version=True)})
STATE = State().with_table(TableState(TABLE, Key("id"), kinds={"Counter": KIND}), "benchmarks")
BATCH = 25
NOTHING_YET = checkpoints.Progress()
# The writer aims at what the runner is about to reach, where it gets in its way most.
AHEAD = 400


def count_up(item: PlainItem) -> None:
    item["counter"] += 1


def key_of(number: int) -> str:
    return f"counter-{number:09}"


def new_item(number: int, text: str = "") -> PlainItem:
    return {
        "id": key_of(number),
        "counter": 0,
        "version": 1,
        "text": text,
        "filling": "Every item of a real table has some more text than this one has. " * 3,
    }


def prepare(first: int, last: int) -> None:
    if first == 0:
        create_tables([MigrationItem])
        call(
            "CreateTable",
            {
                "TableName": table_name(TABLE),
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
    for start in range(first, last, BATCH):
        # Even numbers; the odd ones are left for inserts in between.
        items = (new_item(2 * number) for number in range(start, min(start + BATCH, last)))
        requests = [{"PutRequest": {"Item": raw_item(item)}} for item in items]
        call("BatchWriteItem", {"RequestItems": {table_name(TABLE): requests}})


@dataclass(slots=True)
class Writer:
    """An application at work. `expected` is what it was told is stored: None for deleted."""

    size: int
    seed: int
    deletes: bool = True
    expected: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    inserted: set[str] = field(default_factory=set)
    writes: int = 0
    lost_races: int = 0
    position: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def work(self) -> None:
        chance = random.Random(self.seed)
        try:
            while not self.ended.is_set():
                self._write(chance)
        except BaseException as error:  # noqa: BLE001  # shown by the main thread
            self.error = error

    def _write(self, chance: random.Random) -> None:
        if chance.random() < 0.6:
            number = self.position + chance.randrange(2 * AHEAD)
        else:
            number = chance.randrange(2 * self.size)
        key = key_of(min(number, 2 * self.size - 1))
        arguments = {"TableName": table_name(TABLE), "Key": {"id": {"S": key}}}
        found = call("GetItem", {**arguments, "ConsistentRead": True}).get("Item")
        if found is None:
            self._insert(key, number, chance)
            return
        item = plain_item(found)
        condition = {
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": {":read": found["version"]},
        }
        if self.deletes and chance.random() < 0.1:
            if self._accepted("DeleteItem", {**arguments, **condition}):
                self.expected[key] = None
            return
        item["version"] += 1
        item["text"] = f"{chance.random()}"
        request = {"TableName": table_name(TABLE), "Item": raw_item(item), **condition}
        if self._accepted("PutItem", request):
            self.expected[key] = item["text"], int(item["version"])

    def _insert(self, key: str, number: int, chance: random.Random) -> None:
        item = {**new_item(number, f"{chance.random()}"), "id": key}
        request = {
            "TableName": table_name(TABLE),
            "Item": raw_item(item),
            "ConditionExpression": "attribute_not_exists(id)",
        }
        if self._accepted("PutItem", request):
            self.expected[key] = item["text"], 1
            self.inserted.add(key)

    def _accepted(self, operation: str, request: dict[str, Any]) -> bool:
        try:
            call(operation, request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            if error.response["ResponseMetadata"]["RetryAttempts"]:
                raise RuntimeError(
                    "the client repeated a write and cannot tell how it went"
                ) from error
            self.lost_races += 1
            return False
        self.writes += 1
        return True


@dataclass(frozen=True, slots=True)
class Runner:
    """A migration process, or several one after the other, at one job."""

    job: str
    segments: int = 1

    def start(self) -> subprocess.Popen[str]:
        settings = configuration()
        command = [
            *(sys.executable, "-m", "benchmarks.migration_torture"),
            *("--runner", self.job, str(settings.endpoint), settings.table_prefix),
        ]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def progress(self) -> list[checkpoints.Progress]:
        """Of each segment; nothing before the job begins and once it is forgotten."""
        found = (
            checkpoints.Checkpoint(
                self.job,
                f"{checkpoints.SEGMENT}-{number:04}",
                number,
                1,
                "",
                checkpoints.Progress(),
            ).stored()
            for number in range(self.segments)
        )
        return [one.progress for one in found if one]

    def seen(self) -> tuple[int, int]:
        """How many items, and the number in the key of the last one of some segment at work."""
        progress = self.progress()
        seen = sum(one.counts.seen for one in progress)
        positions = [one.position for one in progress if one.position and not one.done]
        if not positions:
            return seen, 0
        # Another one at every look, as the numbers of items go.
        key = checkpoints.position_key(positions[seen % len(positions)])["id"]["S"]
        return seen, int(key.rpartition("-")[2])

    def kill_after(self, items: int, pause: float, writer: Writer) -> bool:
        """Kills a new process once it has got this far; False if it was through before."""
        before, _ = self.seen()
        with self.start() as process:
            while process.poll() is None:
                seen, writer.position = self.seen()
                if seen - before >= items:
                    time.sleep(pause)
                    process.kill()
                time.sleep(0.002)
            if process.returncode == 0:
                return False
            assert process.returncode == -9, process.returncode
            return True

    def finish(self, writer: Writer | None = None) -> dict[str, Any]:
        """What the process says of itself: counts, seconds, kilobytes of memory at most."""
        with self.start() as process:
            while writer and process.poll() is None:
                _, writer.position = self.seen()
                time.sleep(0.01)
            assert process.stdout
            said = process.stdout.read()
        assert process.returncode == 0, process.returncode
        return dict(json.loads(said))


@dataclass(frozen=True, slots=True)
class Tortured:
    kills: int
    last: dict[str, Any]
    writer: Writer


def torture(size: int, kills: int, seed: int, segments: int = 1) -> Tortured:
    """The table must be there with `size` items. Raises AssertionError for the first fault.

    With several segments nothing is deleted meanwhile: on the embedded engine, as
    `storage.scanning` says, a segment would end where the item that it goes on from is gone.
    """
    chance = random.Random(seed)
    runner = Runner(f"torture/{uuid.uuid4().hex}", segments)
    # A job keeps the number that it begins with.
    checkpoints.claim(runner.job, "before", lambda: segments)
    writer = Writer(size, seed, deletes=segments == 1)
    thread = threading.Thread(target=writer.work, daemon=True)
    thread.start()
    killed = 0
    try:
        for _ in range(kills):
            # Of all lives together so little that the job outlives the last of them.
            items = chance.randrange(max(1, size // (kills + 4)))
            killed += runner.kill_after(items, chance.uniform(0, 0.05), writer)
        last = runner.finish(writer)
    finally:
        writer.ended.set()
        thread.join()
    if writer.error is not None:
        raise writer.error
    progress = runner.progress()
    assert len(progress) == segments
    assert all(one.done and one.counts.seen for one in progress)
    assert runner.finish()["seen"] == last["seen"], "a finished job was not left alone"
    checkpoints.forget(runner.job)
    assert not runner.progress()
    check(size, writer)
    return Tortured(killed, last, writer)


def check(size: int, writer: Writer) -> None:
    left = {key for key, value in writer.expected.items() if value is not None}
    deleted = {key for key, value in writer.expected.items() if value is None}
    originals = found = 0
    for item in all_items():
        key, counter, version = item["id"], int(item["counter"]), int(item["version"])
        if key in writer.inserted:
            assert counter in (0, 1), f"{key} was changed twice"
        else:
            originals += 1
            assert counter == 1, f"{key} was changed {counter} times"
        assert key not in deleted, f"{key} was deleted and is back"
        if key in left:
            text, acknowledged = writer.expected[key] or ("", 0)
            assert item["text"] == text, f"{key} lost a write"
            assert version - acknowledged in (0, 1), f"{key} has version {version}"
            found += 1
        else:
            assert (item["text"], version) == ("", 2), f"{key} is not as it should be"
    assert found == len(left), "something that was written is gone"
    gone = sum(int(key.rpartition("-")[2]) % 2 == 0 for key in deleted | writer.inserted)
    assert originals == size - gone, "something that nobody deleted is gone"


def all_items() -> Iterator[PlainItem]:
    for page in scan_pages(table_name(TABLE)):
        yield from map(plain_item, page.items)


def run_once(job: str, endpoint: str, prefix: str) -> None:
    """The process that is killed."""
    configure(StorageConfiguration(endpoint=endpoint, table_prefix=prefix))
    work = Work(
        app="benchmarks",
        before=STATE,
        after=STATE,
        job=job,
        token=uuid.uuid4().hex,
        options=Options(),
        reporter=SilentReporter(),
        still_ours=lambda: None,
        leased=False,
    )
    started = time.perf_counter()
    summary = TransformItems(TABLE, count_up, kind="Counter").apply(work)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**summary, "seconds": seconds, "peak_kilobytes": peak}))


def undisturbed() -> None:
    said = Runner(f"undisturbed/{uuid.uuid4().hex}").finish()
    print(
        f"{said['changed']:>9,} items undisturbed:"
        f" {said['changed'] / said['seconds']:,.0f} items/s,"
        f" at most {said['peak_kilobytes'] / 1024:.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=ITEMS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runner", nargs=3, metavar=("JOB", "ENDPOINT", "PREFIX"))
    options = parser.parse_args()
    if options.runner:
        run_once(*options.runner)
        return
    with Engine.start(None) as engine:
        configure(StorageConfiguration(endpoint=engine.endpoint))
        tenth = options.items // 10
        prepare(0, tenth)
        undisturbed()
        call("DeleteTable", {"TableName": table_name(TABLE)})
        prepare(0, options.items)
        started = time.perf_counter()
        result = torture(options.items, options.kills, options.seed)
        seconds = time.perf_counter() - started
        writer = result.writer
        print(
            f"{options.items:>9,} items, killed {result.kills} times in {seconds:.0f} s: each was"
            f" changed once\n{writer.writes:>9,} concurrent writes, none lost; the writer lost"
            f" {writer.lost_races:,} races, the migration {result.last['conflicts']:,}",
            flush=True,
        )
        undisturbed()


if __name__ == "__main__":
    main()
