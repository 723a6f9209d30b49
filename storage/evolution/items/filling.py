"""A value for items that lack one, in the form in which a migration file can say it."""

from __future__ import annotations

from dataclasses import dataclass

from storage.typed import Plain


@dataclass(frozen=True, slots=True)
class WhereAbsent:
    """A function for AlterAttribute: `forwards=WhereAbsent("red")`."""

    value: Plain

    def __call__(self, old: Plain) -> Plain:
        return self.value if old is None else old
