"""How far long work came, in a small file, so that the same command goes on there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from storage.configuration import configuration
from storage.private_files import open_private
from storage.table import registered_tables


class Checkpoint:
    """`key` names all that the result depends on but the store, which is added to it here: what
    belongs to another key or another store does not count."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = hashlib.sha256("\n".join((key, *_store())).encode()).hexdigest()

    def load(self) -> dict[str, Any] | None:
        """None where there is none, or it is damaged."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(document, dict) or document.pop("key", None) != self._key:
            return None
        return document

    def save(self, document: dict[str, Any]) -> None:
        """A kill at any moment leaves the old one or the new one. Only the owner may read it."""
        beside = self._path.with_name(self._path.name + ".new")
        with open_private(beside, "wb") as file:
            file.write(json.dumps({"key": self._key, **document}).encode())
        os.replace(beside, self._path)  # noqa: PTH105  # the same

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def _store() -> list[str]:
    """Where the rows go: by their place, for the engine of a command has another port each time,
    and by the tables' own names, for any of them may be another one's."""
    settings = configuration()
    # A profile is another AWS account; other credentials change by the hour.
    account = "" if settings.endpoint else os.environ.get("AWS_PROFILE", "")
    place = settings.place or settings.endpoint or ""
    names = (table.physical_name() for table in registered_tables())
    return [place, settings.region, account, settings.table_prefix, *names]
