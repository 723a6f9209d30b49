"""`make bench`: every benchmark, one after the other, each with an engine of its own."""

import subprocess
import sys

BENCHMARKS = (
    "benchmarks.serving",
    "benchmarks.import_throughput",
    "benchmarks.sql_import",
    "benchmarks.archive",
    "benchmarks.item_operations",
    "benchmarks.requests_queue",
)

for module in BENCHMARKS:
    print(f"\n{module}", flush=True)
    subprocess.run([sys.executable, "-m", module], check=True)
