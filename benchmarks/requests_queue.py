"""How fast people can take requests on, and what watching the queue costs, in one run.

    .venv/bin/python -m benchmarks.requests_queue [REQUESTS]

One engine in memory. Claims are whole steps of `supervisor.services`, one after the other and by
eight threads, beside bare transactions of the same items. Pages are asked for through Django's test
client: the queue of a store, the answer that nothing is new (304), and a view that does nothing.
Ratios are of medians.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import TYPE_CHECKING

from benchmarks.environment import application_environment

if TYPE_CHECKING:
    from django.test import Client

    from accounts.entities import Actor, User

REQUESTS = 1_000
ROUNDS = 5
CLAIMS = 100
THREADS = 8
PAGES = 60
BARE = "bare transaction"
NO_OP = "no-op view"


def main() -> None:
    waiting = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    with application_environment():
        from accounts import services as accounts
        from accounts.stores import services as stores
        from tests.supervisor.seeding import fill

        owner = accounts.sign_up(
            email="bench@example.com",
            password="correct horse battery",
            name="Bench",
            organisation_name="Bench",
        )
        said = {"name": "Harbour", "time_zone": "Europe/Madrid"}
        store_id = stores.create_store(actor=owner.actor, said=said).store.store_id
        fill(owner.org_id, store_id, first=0, last=2 * waiting)
        show(f"steps, {waiting:,} waiting", BARE, measure_steps(owner.actor, store_id))
        show(f"pages, {waiting:,} waiting", NO_OP, measure_pages(owner, store_id))


def measure_steps(actor: Actor, store_id: str) -> dict[str, list[float]]:
    """Seconds for each, a figure for each round. Of the same requests again: a claim by whoever
    has it prolongs it, and writes the same items."""
    from supervisor import repository, selectors, services

    page = selectors.list_pending(actor, store_id=store_id, limit=selectors.LARGEST_PAGE)
    ids = [request.id for request in page.items][:CLAIMS]

    def claim(request_id: str) -> object:
        return services.claim(actor=actor, store_id=store_id, request_id=request_id)

    def bare(request_id: str) -> None:
        from storage.audit import audit_item
        from storage.transactions import Transaction

        request = known[request_id]
        transaction = Transaction()
        repository.replace_request(transaction, request, request)
        transaction.put(
            audit_item(subject=request.audit_subject, actor_id=actor.user_id, action="bench")
        )
        transaction.commit()

    seconds: dict[str, list[float]] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(ROUNDS):
            read = (repository.get_request(store_id, one) for one in ids)
            known = {one.id: one for one in read if one is not None}
            note(seconds, BARE, lambda: list(map(bare, ids)), len(ids))
            note(seconds, "claim", lambda: list(map(claim, ids)), len(ids))
            note(
                seconds,
                f"claim, {THREADS} threads",
                lambda: list(pool.map(claim, ids)),
                len(ids),
            )
    return seconds


def measure_pages(owner: User, store_id: str) -> dict[str, list[float]]:
    from django.test import Client

    from accounts.models import AuthUser

    client = Client(headers={"accept-language": "en", "host": "localhost"})
    client.force_login(AuthUser.of(owner))
    queue = f"/staff/requests/?store={store_id}"
    page = client.get(queue).content.decode()
    tag = json.loads(unescape(re.findall(r"hx-headers='(.+?)'", page)[0]))["If-None-Match"]
    asked: dict[str, Callable[[], int]] = {
        NO_OP: lambda: get(client, "/nothing/"),
        "page of the queue": lambda: get(client, queue),
        "poll, nothing new": lambda: get(client, queue, tag),
        "board of the day": lambda: get(client, f"/staff/requests/board/?store={store_id}"),
    }
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            expected = 304 if name.startswith("poll") else 200
            answers: list[int] = []
            note(seconds, name, lambda: answers.extend(ask() for _ in range(PAGES)), PAGES)  # noqa: B023
            assert set(answers) == {expected}, (name, set(answers))
    return seconds


def get(client: Client, address: str, tag: str = "") -> int:
    headers = {"If-None-Match": tag} if tag else {}
    return int(client.get(address, headers=headers).status_code)


def note(seconds: dict[str, list[float]], name: str, act: Callable[[], object], times: int) -> None:
    started = time.perf_counter()
    act()
    seconds.setdefault(name, []).append((time.perf_counter() - started) / times)


def show(title: str, baseline: str, seconds: dict[str, list[float]]) -> None:
    print(f"\n{title}, median of {ROUNDS} rounds")
    once = statistics.median(seconds[baseline])
    for name, figures in seconds.items():
        median = statistics.median(figures)
        print(f"  {name:22} {1 / median:8,.0f}/s {median / once:6.1f} x {baseline}")


if __name__ == "__main__":
    main()
