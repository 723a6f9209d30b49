"""Doing something again and again, whatever is in the way of a part of it."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from typing import TypeVar

from django.core.management.base import CommandError
from django.utils.translation import ngettext

from storage.errors import StoreError
from storage.explanations import STORE_FAILURES

# What is wrong with the store or the way to it, and may be different the next time.
FAILURES: tuple[type[Exception], ...] = (StoreError, *STORE_FAILURES)
T = TypeVar("T")
U = TypeVar("U")
log = logging.getLogger("backroom.rounds")


def survived(work: Callable[[], T], *, otherwise: U) -> T | U:
    """What it returns; `otherwise` and a line in the log where something is in the way: the store,
    or a fault, which must not keep everything else from being done."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001  # it is logged, and whoever calls counts it
        log_failure(error)
        return otherwise


def log_failure(error: Exception) -> None:
    """Of a fault only what it is and where: its text may say whom it is about."""
    text = "A piece of work is left for later."
    if isinstance(error, FAILURES):
        log.error(text, exc_info=error)
        return
    *_, last = traceback.extract_tb(error.__traceback__)
    fields = {"error": type(error).__name__, "where": f"{last.filename}:{last.lineno}"}
    log.error(text, extra={"fields": fields})


def in_rounds(work: Callable[[], int], *, every: float | None) -> None:
    """Until interrupted, with so many seconds after each round; once where that is None, and then
    CommandError when something failed. `work` returns how often something did."""
    while True:
        failed = survived(work, otherwise=1)
        if every is None:
            if failed:
                text = ngettext(
                    "Something was in the way %(count)d time; see the log.",
                    "Something was in the way %(count)d times; see the log.",
                    failed,
                )
                raise CommandError(text % {"count": failed})
            return
        try:
            time.sleep(every)
        except KeyboardInterrupt:
            return
