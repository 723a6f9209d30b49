"""Which of the requests that somebody may see are wanted. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from supervisor.entities import Code, Summary
from supervisor.keys import HIGHEST_PRIORITY


class HandledBy(StrEnum):
    """Who is on it."""

    NOBODY = "nobody"
    ME = "me"


@dataclass(frozen=True, slots=True)
class Filter:
    """Of pending requests. Of these `priorities`, or of all where there are none; asked from
    `since` until before `until`; `tag` as stored; every word of `text` is in the header, the
    reference or the beginning of the body, where case and accents do not matter. Without
    `handled_by` it does not matter whether somebody is on it."""

    priorities: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    tag: str = ""
    text: str = ""
    handled_by: HandledBy | None = None

    @property
    def purpose(self) -> str:
        moments = (moment.isoformat() if moment else "" for moment in (self.since, self.until))
        hands = self.handled_by or ""
        return ":".join((str(self.priorities), *moments, hands, self.tag, self.text))

    @property
    def ranges(self) -> int:
        """Of keys, each of which is a query: one of each priority where times or priorities are
        given."""
        if self.since is None and self.until is None and not self.priorities:
            return 1
        return len(self.priorities) or HIGHEST_PRIORITY + 1

    @property
    def is_looked_for(self) -> bool:
        """Whether requests are read that are not shown."""
        return bool(self.tag or self.text or self.handled_by)

    def fits(self, summary: Summary, user_id: str) -> bool:
        """By its words, and by who is on it now; the store looks at everything else."""
        handler = summary.handling.by.user_id if summary.handling else ""
        match self.handled_by:
            case HandledBy.NOBODY if handler:
                return False
            case HandledBy.ME if handler != user_id:
                return False
        return _says(summary, self.text)


@dataclass(frozen=True, slots=True)
class ClosedFilter:
    """Of closed requests: `tag` and `text` as in Filter, and the `code` they were closed with."""

    tag: str = ""
    text: str = ""
    code: Code | None = None

    @property
    def purpose(self) -> str:
        return ":".join((self.code or "", self.tag, self.text))

    def fits(self, summary: Summary) -> bool:
        if self.code and summary.code is not self.code:
            return False
        if self.tag and self.tag not in summary.tags:
            return False
        return _says(summary, self.text)


EVERYTHING = Filter()
EVERYTHING_CLOSED = ClosedFilter()


def _says(summary: Summary, text: str) -> bool:
    """Whether all these words are in it."""
    said = _folded(f"{summary.header} {summary.reference} {summary.excerpt}")
    return all(word in said for word in _folded(text).split())


def _folded(text: str) -> str:
    """Without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))
