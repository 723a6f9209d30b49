"""Files that may tell something about people: only who made them reads them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO, Literal

OWNER_ONLY = 0o600


def open_private(path: Path, mode: Literal["wb", "w+b", "r+b"]) -> BinaryIO:
    """Also what others could read so far is the owner's alone from now on. Raises OSError."""
    file = open(path, mode, opener=_owner_only)  # noqa: SIM115  # the caller closes it
    # Somebody else's file, or none at all such as /dev/stdout, stays as they made it.
    if path.is_file():
        with contextlib.suppress(OSError):
            path.chmod(OWNER_ONLY)
    return file


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)
