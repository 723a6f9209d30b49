"""How far long work came, in a small file, so that the same command goes on there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Checkpoint:
    """`key` names all that the result depends on: what belongs to another key does not count."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key

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
        """A kill at any moment leaves the old one or the new one."""
        beside = self._path.with_name(self._path.name + ".new")
        beside.write_text(json.dumps({"key": self._key, **document}), encoding="utf-8")
        os.replace(beside, self._path)  # noqa: PTH105  # the same

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
