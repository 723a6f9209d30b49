"""What may be asked: the fields of a question, wherever they come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar, cast

from django.utils.translation import gettext_lazy as _

from accounts.entities import clean_name, clean_text, without_format
from storage.domain import Invalid
from supervisor.entities import Question, Urgency
from supervisor.errors import InvalidRequest
from supervisor.keys import HIGHEST_PRIORITY

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

LONGEST_HEADER = 80
LONGEST_TEXT = 5000
LONGEST_ADDITION = 1000
LONGEST_REFERENCE = 100
LONGEST_TAG = 30
MOST_TAGS = 10
SHORTEST_TIME = timedelta(minutes=1)
LONGEST_TIME = timedelta(days=30)
# International form (ITU-T E.164): at most fifteen digits.
_PHONE = re.compile(r"\+?[0-9]{3,15}")
_PHONE_DECORATION = re.compile(r"[\s().\-/\u2010-\u2015]")

RESPONSE_TIMES: Mapping[Urgency, timedelta] = MappingProxyType(
    {
        Urgency.WHENEVER: timedelta(hours=8),
        Urgency.TODAY: timedelta(hours=2),
        Urgency.SOON: timedelta(minutes=30),
        Urgency.AT_ONCE: timedelta(minutes=10),
    }
)
"""How long supervisors have where neither the asker nor the store says it."""


def parse_question(raw: Mapping[str, Any]) -> Question:
    """Of header, body, caller_name, phone_number, reference, priority and tags; only the first must
    be there. Raises InvalidRequest with what is wrong under each field."""
    reading = _Reading(raw)
    question = Question(
        header=reading.line("header", LONGEST_HEADER, required=True),
        body=reading.text("body"),
        caller_name=reading.line("caller_name", LONGEST_REFERENCE),
        phone_number=reading.phone_number("phone_number"),
        reference=reading.line("reference", LONGEST_REFERENCE),
        priority=reading.priority("priority"),
        tags=reading.tags("tags"),
    )
    if reading.wrong:
        raise InvalidRequest(fields=reading.wrong)
    return question


def parse_text(text: str, *, field: str, longest: int = LONGEST_TEXT) -> str:
    """An answer or a note. Raises InvalidRequest under `field`."""
    reading = _Reading({field: text})
    cleaned = reading.text(field, longest, required=True)
    if reading.wrong:
        raise InvalidRequest(fields=reading.wrong)
    return cleaned


def parse_phone_number(text: str) -> str:
    """Without what stands between digits. Raises InvalidRequest under `number`."""
    reading = _Reading({"number": text})
    number = reading.phone_number("number")
    if not number:
        raise InvalidRequest(fields={"number": [_("This must not be empty.")]})
    if reading.wrong:
        raise InvalidRequest(fields=reading.wrong)
    return number


def parse_priority(value: object) -> int:
    reading = _Reading({"priority": value})
    priority = reading.priority("priority")
    if reading.wrong:
        raise InvalidRequest(fields=reading.wrong)
    return priority


def parse_canned_answer(title: str, text: str) -> tuple[str, str]:
    """Raises InvalidRequest under `title` and `text`."""
    reading = _Reading({"title": title, "text": text})
    cleaned = (
        reading.line("title", LONGEST_HEADER, required=True),
        reading.text("text", required=True),
    )
    if reading.wrong:
        raise InvalidRequest(fields=reading.wrong)
    return cleaned


def parse_minutes(minutes: Mapping[Urgency, int]) -> dict[Urgency, timedelta]:
    """Response times. Raises InvalidRequest under the names of those that are none."""
    longest = LONGEST_TIME // SHORTEST_TIME
    text = _("Give whole minutes between 1 and %(most)d.") % {"most": longest}
    wrong = {one.value: [text] for one in Urgency if not 1 <= minutes.get(one, 0) <= longest}
    if wrong:
        raise InvalidRequest(fields=wrong)
    return {one: timedelta(minutes=minutes[one]) for one in Urgency}


def parse_deadline(given: datetime, now: datetime) -> datetime:
    """Raises InvalidRequest under `deadline`."""
    if not SHORTEST_TIME <= given - now <= LONGEST_TIME:
        text = _("Give a deadline between one minute and thirty days from now.")
        raise InvalidRequest(fields={"deadline": [text]})
    return given


def parse_together(
    first: Callable[[], A], second: Callable[[], B], third: Callable[[], C]
) -> tuple[A, B, C]:
    """What the three parse. Raises InvalidRequest with everything that any of them refuses."""
    parsed: list[object] = []
    wrong: dict[str, list[object]] = {}
    for parse in (first, second, third):
        try:
            parsed.append(parse())
        except InvalidRequest as refusal:
            wrong |= refusal.fields
    if wrong:
        raise InvalidRequest(fields=wrong)
    return cast("tuple[A, B, C]", tuple(parsed))


class _Reading:
    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.wrong: dict[str, list[object]] = {}

    def line(self, field: str, longest: int, *, required: bool = False) -> str:
        try:
            text = clean_name(self._said(field), field=field)
        except Invalid:
            text = "x" * (longest + 1)
        return self._checked(field, text, longest, required=required)

    def text(self, field: str, longest: int = LONGEST_TEXT, *, required: bool = False) -> str:
        text = clean_text(self._said(field))
        return self._checked(field, text, longest, required=required)

    def phone_number(self, field: str) -> str:
        text = _PHONE_DECORATION.sub("", without_format(self._said(field)))
        if text and not _PHONE.fullmatch(text):
            self._refuse(field, _("Enter a telephone number such as +34 600 000 000."))
        return text

    def priority(self, field: str) -> int:
        value = self._raw.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, int):
            value = -1
        if not 0 <= value <= HIGHEST_PRIORITY:
            self._refuse(field, _("Choose a priority from 0 to 9, 9 being the most urgent."))
            return 0
        return value

    def tags(self, field: str) -> frozenset[str]:
        said: Iterable[Any] = self._raw.get(field) or ()
        try:
            tags = {clean_name(str(tag), field=field).casefold() for tag in said} - {""}
        except Invalid:
            tags = {"x" * (LONGEST_TAG + 1)}
        if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
            self._refuse(field, _("Give at most ten tags, of at most thirty characters each."))
        return frozenset(tags)

    def _said(self, field: str) -> str:
        value = self._raw.get(field)
        return value if isinstance(value, str) else ""

    def _checked(self, field: str, text: str, longest: int, *, required: bool) -> str:
        if len(text) > longest:
            self._refuse(
                field, _("This is too long: %(most)d characters at most.") % {"most": longest}
            )
        elif required and not text:
            self._refuse(field, _("This must not be empty."))
        return text

    def _refuse(self, field: str, reason: object) -> None:
        self.wrong.setdefault(field, []).append(reason)
