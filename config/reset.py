"""`python -m config.reset`: deletes the local data, after asking. What `make reset` runs."""

from __future__ import annotations

import os
import shutil
import sys

from storage.engine_lock import is_locked

from .local_store import ROOT, data_path


def main() -> int:
    path = data_path(os.environ)
    # A folder that somebody named may hold other things than ours.
    folder = path.parent if os.environ.get("DATA_DIR") else ROOT / "var"
    if not folder.exists():
        sys.stdout.write("There is no local data.\n")
        return 0
    if is_locked(path):
        sys.stderr.write(f"The data in {folder} is in use: stop the server first.\n")
        return 1
    sys.stdout.write(f"Delete all local data in {folder}? Type yes: ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        sys.stdout.write("\nNothing was deleted.\n")
        return 0
    shutil.rmtree(folder)
    sys.stdout.write("Deleted.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
