"""How fast an archive is written, checked and restored, beside what the store itself can take.

    .venv/bin/python -m benchmarks.archive [PRODUCTS]

An engine on disk with imported products. Reading is compared with a bare scan of the same tables,
writing with the same items in prepared requests of 25 (BatchWriteItem), sent one after the other.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.environment import application_environment
from benchmarks.import_throughput import import_file, write_rows

PRODUCTS = 2_000


def rate(label: str, items: int, work: Callable[[], object], beside: float = 0.0) -> float:
    started = time.perf_counter()
    work()
    per_second = items / (time.perf_counter() - started)
    share = f" {per_second / beside:6.0%} of it" if beside else ""
    print(f"{label:44} {per_second:8.0f} items/s{share}", flush=True)
    return per_second


def under(prefix: str) -> None:
    from storage.configuration import configuration, configure

    configure(replace(configuration(), table_prefix=prefix))


def scan(names: list[str]) -> None:
    from storage.configuration import table_name
    from storage.scanning import scan_pages

    for name in names:
        for _page in scan_pages(table_name(name)):
            pass


def write_in_batches(names: list[str], source: str, target: str) -> tuple[int, Callable[[], None]]:
    """How many items there are, and what sends them."""
    from storage.client import call
    from storage.scanning import scan_pages

    requests = []
    count = 0
    for name in names:
        items = [item for page in scan_pages(source + name) for item in page.items]
        count += len(items)
        for start in range(0, len(items), 25):
            writes = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            requests.append({"RequestItems": {target + name: writes}})

    def send() -> None:
        for request in requests:
            call("BatchWriteItem", request)

    return count, send


def measure(folder: Path) -> None:
    from storage.archive.reading import open_archive, verify
    from storage.archive.restoring import plan_restore, restore
    from storage.archive.writing import write_archive
    from storage.configuration import configuration
    from storage.schema import create_tables
    from storage.table import registered_tables

    names = [table.logical_name() for table in registered_tables()]
    source = configuration().table_prefix
    under("batches-")
    create_tables()
    count, send = write_in_batches(names, source, "batches-")
    under(source)

    scanned = rate("bare scan", count, lambda: scan(names))
    rate("dump", count, lambda: write_archive(folder, names), scanned)
    archive = open_archive(folder)
    rate("check of the archive", count, lambda: verify(archive), scanned)
    written = rate("prepared requests of 25, one after the other", count, send)
    under("restored-")

    def put_back() -> None:
        whole = open_archive(folder)
        verify(whole)
        restore(whole, plan_restore(whole))

    rate("restore, with checking and counting", count, put_back, written)
    print(f"{archive.manifest.data_bytes / count:.0f} bytes an item in the archive")


def main() -> None:
    products = int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with application_environment(folder / "backroom.db"):
            write_rows(folder / "products.csv", products)
            import_file(folder / "products.csv", folder)
            measure(folder / "archive")


if __name__ == "__main__":
    main()
