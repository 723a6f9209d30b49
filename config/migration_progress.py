"""What a person sees while migrations run."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from django.core.management.base import OutputWrapper
from django.core.management.color import Style
from django.utils.translation import gettext as _
from tqdm import tqdm

from storage.evolution.executor import Listener
from storage.evolution.operation import Operation
from storage.evolution.planning import Step

TOLD_EVERY_SECONDS = 30.0


class ConsoleListener(Listener):
    """A line for each migration, with its operations from verbosity 2."""

    def __init__(self, out: OutputWrapper, style: Style, verbosity: int) -> None:
        self._out = out
        self._style = style
        self._verbosity = verbosity

    def step_begins(self, step: Step, *, resumed: bool) -> None:
        slow = any(step.touches_items(operation) for operation in step.operations)
        if self._verbosity and (slow or resumed or self._verbosity > 1):
            text = _("Undoing %(name)s …") if step.backwards else _("Applying %(name)s …")
            self._out.write(text % {"name": step.migration.label})
        if self._verbosity and resumed:
            self._out.write(_("  A run of it was interrupted: going on from there."))

    def operation_begins(self, operation: Operation) -> None:
        if self._verbosity > 1:
            self._out.write(f"  {operation.describe()}")

    def step_ends(self, step: Step, seconds: float) -> None:
        if not self._verbosity:
            return
        name = step.migration.label
        text = (
            _("%(name)s is undone (%(seconds).1f s)")
            if step.backwards
            else _("%(name)s is applied (%(seconds).1f s)")
        )
        self._out.write(text % {"name": name, "seconds": seconds}, self._style.SUCCESS)


class ConsoleReporter:
    """A progress bar on a terminal, and what was done to the items, in a line, everywhere."""

    def __init__(self, out: OutputWrapper, err: OutputWrapper) -> None:
        self._out = out
        self._err = err
        self._bar: Any = None
        self._lock = threading.Lock()
        self._started = 0.0
        self._seen = 0
        self._changed = 0
        self._told_at = 0.0

    def items_begin(self, title: str, estimate: int) -> None:
        self._started = time.monotonic()
        self._seen = self._changed = 0
        self._told_at = self._started
        self._out.write(f"  {title}")
        # On a terminal it erases its own line, so only the summary stays.
        self._bar = tqdm(
            total=estimate or None,
            unit="",
            unit_scale=True,
            leave=False,
            disable=not sys.stderr.isatty(),
            bar_format=_KNOWN_LENGTH if estimate else _UNKNOWN_LENGTH,
        )

    def items_seen(self, seen: int, changed: int) -> None:
        with self._lock:
            self._seen += seen
            self._changed += changed
            if self._bar is None or self._bar.disable:
                self._tell_log()
                return
            if self._bar.total is not None and self._bar.n + seen > self._bar.total:
                self._bar.total = self._bar.n + seen  # the store's own count is hours old
            self._bar.set_postfix_str(_("%(count)d changed") % {"count": self._changed}, False)
            self._bar.update(seen)

    def _tell_log(self) -> None:
        """Without a terminal a line now and then shows that it goes on."""
        now = time.monotonic()
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            text = _("    %(seen)d items read, %(changed)d changed so far")
            self._out.write(text % {"seen": self._seen, "changed": self._changed})
            self._out.flush()

    def items_end(self, summary: dict[str, Any]) -> None:
        self.close()
        seconds = max(time.monotonic() - self._started, 0.001)
        text = _(
            "    %(seen)d items read, %(changed)d changed, %(removed)d deleted; %(conflicts)d were"
            " written by others meanwhile. %(rate)d items a second, %(units)d capacity units."
        )
        amounts = {
            **summary,
            "rate": self._seen / seconds,
            "units": summary["read_units"] + summary["write_units"],
        }
        self._out.write(text % amounts)

    def waiting(self, text: str) -> None:
        now = time.monotonic()
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            self._err.write(f"  {text} …")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


_KNOWN_LENGTH = (
    "    {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt}, {rate_fmt}, {remaining} left{postfix}"
)
_UNKNOWN_LENGTH = "    {n_fmt}, {rate_fmt}, {elapsed}{postfix}"
