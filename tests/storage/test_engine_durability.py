"""`kill -9` of the engine under load, again and again: no acknowledged write may be lost."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from storage.engine import Engine
from tests.storage.raw_client import create_table, put, raw_client

KILLS = 50
WRITERS = 3
TABLE = "ledger"
LONGEST_LOAD_SECONDS = 0.25


@dataclass
class Round:
    """What the writers of one engine life tried, and what the engine confirmed."""

    number: int
    puts: set[str] = field(default_factory=set)
    pairs: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)

    @property
    def in_doubt(self) -> int:
        return len(self.puts) + len(self.pairs) - len(self.confirmed)


def put_pair(client: Any, key: str) -> None:
    client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": {"id": {"S": half}, "value": {"S": key}}}}
            for half in halves(key)
        ]
    )


def halves(key: str) -> tuple[str, str]:
    return f"{key}-left", f"{key}-right"


def write_until_it_breaks(client: Any, this_round: Round, writer: int) -> None:
    """Every third write is a transaction of two items."""
    count = 0
    while True:
        count += 1
        key = f"{this_round.number}-{writer}-{count}"
        try:
            if count % 3:
                this_round.puts.add(key)
                put(client, TABLE, key, key)
            else:
                this_round.pairs.add(key)
                put_pair(client, key)
        except BotoCoreError:  # the connection broke: nobody knows whether it was stored
            return
        this_round.confirmed.add(key)


def kill_under_load(engine: Engine, number: int, chance: random.Random) -> Round:
    this_round = Round(number)
    client = raw_client(engine.endpoint)
    writers = [
        threading.Thread(target=write_until_it_breaks, args=(client, this_round, writer))
        for writer in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 2
    while not this_round.confirmed and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, LONGEST_LOAD_SECONDS))
    os.kill(engine.pid, signal.SIGKILL)
    for writer in writers:
        writer.join(timeout=10)
    assert not any(writer.is_alive() for writer in writers)
    return this_round


def stored_keys(engine: Engine) -> set[str]:
    pages = (
        raw_client(engine.endpoint)
        .get_paginator("scan")
        .paginate(TableName=TABLE, PaginationConfig={"PageSize": 1000})
    )
    return {item["id"]["S"] for page in pages for item in page["Items"]}


def check(rounds: list[Round], stored: set[str]) -> None:
    for this_round in rounds:
        lost = (this_round.confirmed & this_round.puts) - stored
        assert not lost, f"kill {this_round.number} lost {sorted(lost)}"
        for key in this_round.pairs:
            left, right = (half in stored for half in halves(key))
            assert left == right, f"kill {this_round.number} left half of {key}"
            assert left or key not in this_round.confirmed, f"kill {this_round.number} lost {key}"


@pytest.mark.slow
def test_no_acknowledged_write_is_lost_by_fifty_kills_under_load(tmp_path: Path) -> None:
    data = tmp_path / "backroom.db"
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    rounds: list[Round] = []
    with Engine.start(data) as engine:
        create_table(raw_client(engine.endpoint), TABLE)
    for number in range(KILLS):
        with Engine.start(data) as engine:
            rounds.append(kill_under_load(engine, number, chance))
        # The last rounds now, all of them at the end: a full scan each time would take too long.
        if number % 10 == 9:
            with Engine.start(data) as engine:
                check(rounds, stored_keys(engine))
    confirmed = sum(len(this_round.confirmed) for this_round in rounds)
    caught_writing = sum(this_round.in_doubt > 0 for this_round in rounds)
    print(f"{confirmed} acknowledged writes, {caught_writing} kills in the middle of a write")
    assert confirmed > 20 * KILLS
    assert caught_writing > KILLS // 2
