"""`kill -9` of workers and of the engine while sixty-four people claim and answer.

    .venv/bin/python -m benchmarks.queue_torture [REQUESTS] [--kills 40] [--engine-kills 8]

Not part of `make bench`. The engine keeps its data on disk. Workers are processes with threads,
each thread a supervisor, who looks at the queue, takes something on and answers it; whoever is
killed comes back under the same name. Each notes an answer only when it was told that it is stored.
In the end everything is answered once, with the answer that was noted, and the raw tables are as
they must be (tests/supervisor/invariants.py); the same is looked at whenever the engine comes back.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.environment import application_environment
from storage.configuration import configuration, configure
from storage.domain import DomainError
from storage.engine import Engine
from storage.errors import StoreBusy, StoreError

REQUESTS = 1_000
PROCESSES = 8
THREADS = 8
KILLS = 40
ENGINE_KILLS = 8
LOOKED_AT = 100
_FORK = multiprocessing.get_context("fork")


@dataclass
class Hall:
    """Where everybody works. `noted` is a file of answers, a JSON pair a line."""

    org_id: str
    store_id: str
    noted: Path
    processes: list[BaseProcess] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)

    def open(self, endpoint: str) -> None:
        self.processes = [self._process(number, endpoint) for number in range(PROCESSES)]

    def kill_one(self, endpoint: str, chance: random.Random) -> None:
        number = chance.randrange(PROCESSES)
        process = self.processes[number]
        if process.is_alive():
            self.kills["workers"] += 1
        _kill(process)
        self.processes[number] = self._process(number, endpoint)

    def close(self) -> None:
        for process in self.processes:
            _kill(process)

    @property
    def is_empty(self) -> bool:
        return not any(process.is_alive() for process in self.processes)

    def answers(self) -> Iterator[tuple[str, str]]:
        for line in self.noted.read_text().splitlines():
            request_id, text = json.loads(line)
            yield request_id, text

    def _process(self, number: int, endpoint: str) -> BaseProcess:
        process = _FORK.Process(target=_crew, args=(self, number, endpoint))
        process.start()
        return process


def _crew(hall: Hall, number: int, endpoint: str) -> None:
    configure(replace(configuration(), endpoint=endpoint))
    random.seed()
    first = number * THREADS
    threads = [
        threading.Thread(target=_supervisor, args=(hall, first + place)) for place in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _supervisor(hall: Hall, number: int) -> None:
    """Until nothing waits any more, or the engine is gone."""
    from accounts.entities import Actor
    from accounts.permissions import Grants, Role
    from supervisor.selectors import list_pending
    from tests.supervisor.crowd import handle

    chance = random.Random()
    name = f"Supervisor {number}"
    actor = Actor(f"USER-{number}", hall.org_id, name, Grants((Role.SUPERVISOR,)))
    cursor = None
    while True:
        try:
            page = list_pending(actor, store_id=hall.store_id, limit=LOOKED_AT, cursor=cursor)
            if not page.items and cursor is None:
                return
            mine = [one for one in page.items if one.handling and one.handling.by.name == name]
            free = [one for one in page.items if one.handling is None]
            cursor = None if mine or free else page.next_cursor
            if not mine and not free:
                time.sleep(0.05)
                continue
            chosen = mine[0] if mine else chance.choice(free[: LOOKED_AT // 4])
            text = handle(actor, hall.store_id, chosen.id, chance)
        except (DomainError, StoreBusy):
            continue
        except StoreError:
            return
        line = json.dumps([chosen.id, text]) + "\n"
        with hall.noted.open("ab", buffering=0) as file:
            file.write(line.encode())


def _kill(process: BaseProcess) -> None:
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def torture(folder: Path, requests: int, kills: int, engine_kills: int, seed: int) -> None:
    from tests.supervisor.invariants import assert_invariants

    chance = random.Random(seed)
    data = folder / "data.db"
    moments = [*["worker"] * kills, *["engine"] * engine_kills]
    chance.shuffle(moments)
    with application_environment(data):
        hall = prepare(folder / "noted", requests)
    started = time.perf_counter()
    while True:
        with Engine.start(data) as engine:
            configure(replace(configuration(), endpoint=engine.endpoint))
            assert_invariants()
            hall.open(engine.endpoint)
            while not hall.is_empty:
                time.sleep(chance.uniform(0.1, 0.6))
                if not moments or hall.is_empty:
                    continue
                if moments.pop() == "engine":
                    hall.kills["engine"] += 1
                    os.kill(engine.pid, signal.SIGKILL)
                    break
                hall.kill_one(engine.endpoint, chance)
            hall.close()
            if engine.running and "PENDING_RESPONSE" not in assert_invariants():
                break
    seconds = time.perf_counter() - started
    with Engine.start(data) as engine:
        configure(replace(configuration(), endpoint=engine.endpoint))
        codes = assert_invariants()
        told = check_answers(hall)
    assert codes == {"RESPONSE_RECEIVED": requests}, codes
    print(
        f"{requests:,} requests, {PROCESSES * THREADS} supervisors, {seconds:.0f} s; killed"
        f" {hall.kills['workers']} worker processes and {hall.kills['engine']} engines;"
        f" {told:,} answers acknowledged, {requests - told:,} stored whose supervisor died before"
        " hearing of it; none lost, none twice"
    )


def prepare(noted: Path, requests: int) -> Hall:
    from accounts import services as accounts
    from accounts.stores import services as stores
    from supervisor import services

    noted.touch()
    owner = accounts.sign_up(
        email="bench@example.com",
        password="correct horse battery",
        name="Bench",
        organisation_name="Bench",
    ).actor
    said = {"name": "Harbour", "time_zone": "Europe/Madrid"}
    store_id = stores.create_store(actor=owner, said=said).store.store_id
    for number in range(requests):
        raw = {"header": f"Question {number}", "body": "", "priority": number % 6}
        services.ask(actor=owner, store_id=store_id, raw=raw)
    return Hall(owner.org_id, store_id, noted)


def check_answers(hall: Hall) -> int:
    """How many were acknowledged: each once, and it is what is stored."""
    from supervisor import repository

    told = list(hall.answers())
    assert len({request_id for request_id, _ in told}) == len(told), "answered twice"
    for request_id, text in told:
        stored = repository.get_request(hall.store_id, request_id)
        assert stored is not None, f"{request_id} is lost"
        assert stored.answer is not None, f"the answer of {request_id} is lost"
        assert stored.answer.text == text, f"the answer of {request_id} was replaced"
    return len(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requests", type=int, nargs="?", default=REQUESTS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--engine-kills", type=int, default=ENGINE_KILLS)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        torture(Path(folder), options.requests, options.kills, options.engine_kills, options.seed)


if __name__ == "__main__":
    main()
