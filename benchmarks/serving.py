"""What serving the catalogue costs, beside a view that does nothing, in one run.

`python -m benchmarks.serving` starts an engine in memory and gunicorn on loopback, asks for a
catalogue page and the JSON list at 1,000 and at 100,000 products, and prints requests per second
and the workers' CPU time per request. Ratios are to be trusted, single figures are not.
A profile by package says what the rest is spent on.
"""

from __future__ import annotations

import argparse
import cProfile
import http.client
import os
import pstats
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.environment import application_environment

WORKERS = 1
CLIENTS = 2
REQUESTS = 300
ROUNDS = 5
SIZES = (1_000, 100_000)
PROFILED_REQUESTS = 200
SHOWN_PACKAGES = 12
ROOT = Path(__file__).resolve().parent.parent
PATHS = {
    "no-op view": "/nothing/",
    "catalogue page": "/",
    "category page": "/c/home/",
    "JSON list": "/api/v1/products",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    with application_environment():
        from benchmarks.catalogue import fill_catalogue

        for size in options.sizes:
            fill_catalogue(size)
            measure(size)
        profile(options.sizes[-1])


def measure(size: int) -> None:
    with gunicorn() as (port, workers):
        for path in PATHS.values():
            ask(port, path, 30)
        seconds: dict[str, list[float]] = {name: [] for name in PATHS}
        rates: dict[str, list[float]] = {name: [] for name in PATHS}
        for _ in range(ROUNDS):
            for name, path in PATHS.items():
                before, started = cpu_seconds(workers), time.perf_counter()
                ask_in_parallel(port, path, REQUESTS)
                elapsed = time.perf_counter() - started
                seconds[name].append((cpu_seconds(workers) - before) / REQUESTS)
                rates[name].append(REQUESTS / elapsed)
    baseline = statistics.median(seconds["no-op view"])
    print(f"\n{size:,} products, {WORKERS} worker, {CLIENTS} clients, median of {ROUNDS} rounds")
    print(f"{'':16} {'CPU ms/request':>15} {'x no-op':>8} {'requests/s':>11}")
    for name in PATHS:
        cpu = statistics.median(seconds[name])
        rate = statistics.median(rates[name])
        print(f"{name:16} {cpu * 1000:15.2f} {cpu / baseline:8.1f} {rate:11.0f}")


def profile(size: int) -> None:
    """Shares of CPU by package: whose code runs, not who called it."""
    from django.test import Client

    client = Client(headers={"accept-language": "en", "host": "localhost"})
    for name, path in PATHS.items():
        for _ in range(30):
            assert client.get(path).status_code == 200
        profiler = cProfile.Profile(time.process_time)
        profiler.enable()
        for _ in range(PROFILED_REQUESTS):
            client.get(path)
        profiler.disable()
        print(f"\n{name} at {size:,} products: share of CPU by package")
        for package, share in shares(pstats.Stats(profiler)):
            print(f"  {share:4.0%}  {package}")


def shares(stats: pstats.Stats) -> list[tuple[str, float]]:
    """(package, share of the time spent in its own functions), the largest first."""
    spent: Counter[str] = Counter()
    for (file, _, function), (_, _, own_time, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        spent[package_of(file, function)] += own_time
    total = sum(spent.values())
    return [(package, time / total) for package, time in spent.most_common(SHOWN_PACKAGES)]


def package_of(file: str, function: str) -> str:
    if "socket" in function or "recv" in function or "sendall" in function:
        return "sockets"
    path = Path(file)
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    if ROOT in path.parents:
        return f"backroom {path.relative_to(ROOT).parts[0]}"
    if file == "<template>" or path.suffix == ".html":
        return "templates"
    return "Python and its standard library"


@contextmanager
def gunicorn() -> Iterator[tuple[int, list[int]]]:
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(CLIENTS),
        "--keep-alive", "30", "--no-control-socket", "--log-level", "error",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as master:
        try:
            wait_for(port)
            yield port, children(master.pid)
        finally:
            master.send_signal(signal.SIGTERM)
            master.wait(15)


def ask_in_parallel(port: int, path: str, requests: int) -> None:
    threads = [
        threading.Thread(target=ask, args=(port, path, requests // CLIENTS)) for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask(port: int, path: str, requests: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(requests):
        connection.request("GET", path, headers={"Accept-Language": "en"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{path} answered {response.status}")
    connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("gunicorn did not start")


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 10
    while not (pids := listed.read_text().split()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return [int(child) for child in pids]


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
