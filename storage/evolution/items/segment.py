"""Writes what the pages of one segment need, each item exactly once.

Items and checkpoint are written in one transaction. Whatever becomes of a request, the position
that is stored afterwards says what was done; nothing is ever assumed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from storage.client import call
from storage.errors import StoreBusy, StoreUnavailable
from storage.evolution.errors import LeaseLost, MigrationError
from storage.evolution.items import run as running
from storage.evolution.items.checkpoints import Action, Checkpoint, Counts, Progress, position_text
from storage.evolution.items.edits import ItemTable
from storage.evolution.items.run import Patience, Run, jittered
from storage.evolution.items.steps import Plan, PlannedPage, Step
from storage.transactions import CONDITION_FAILED, MAX_ACTIONS, PASSING

MOST_WRITES = MAX_ACTIONS - 1
# DynamoDB takes 4 MB in one transaction, and counts the whole items.
MOST_BYTES = 3_000_000
# Writes with a limited capacity: a transaction costs twice, and indexes come on top.
UNITS_EACH = 4.0
SAVE_SECONDS = 2.0
BUSY = frozenset({"TransactionInProgressException", "TransactionConflictException"})
CANCELLED = "TransactionCanceledException"
INVALID = "ValidationException"


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What goes into one transaction; `owners[i]` are the steps that the i-th action is for."""

    steps: list[Step]
    actions: list[Action]
    owners: list[list[Step]]


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where the segment is when a chunk is written: `ordinal` items into the page."""

    ordinal: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class _Refused:
    """By action, what the store has where a condition failed; or what makes no sense to it, and
    whose that is if it says so."""

    failed: dict[int, Any]
    invalid: str = ""
    culprits: Sequence[Step] = ()
    codes: frozenset[str] = frozenset()


class SegmentWriter:
    """`read_units` is counted up by whoever reads the pages."""

    def __init__(self, run: Run, table: ItemTable, plan: Plan, checkpoint: Checkpoint) -> None:
        self._run = run
        self._table = table
        self._plan = plan
        self._checkpoint = checkpoint
        self._before = checkpoint.progress.counts
        self._stored = checkpoint.progress
        # Ahead of what is stored while pages need nothing.
        self._progress = checkpoint.progress
        self._saved_at = time.monotonic()
        self._most = self._limit = run.pace.portion(MOST_WRITES, UNITS_EACH)
        self._troubles = 0
        self._troubled_since = 0.0
        self._conflicts = 0
        self._write_units = 0.0
        self.read_units = 0.0

    @property
    def counts(self) -> Counts:
        return self._counts(Counts())

    def write(self, page: PlannedPage) -> None:
        """Raises MigrationError, LeaseLost, Stopped. What was written by then is recorded."""
        rest = page.steps
        ordinal = 0
        tried: list[_Goal] = []
        while rest:
            chunk = _chunk(rest, self._limit)
            goal = self._goal(page, chunk, ordinal, whole=len(chunk.steps) == len(rest))
            tried.append(goal)
            outcome = self._send(chunk, goal, tried)
            if isinstance(outcome, _Refused):
                rest = self._renewed(chunk, rest, outcome)
                continue
            if outcome is goal:
                rest = rest[len(chunk.steps) :]
            else:
                rest = [step for step in rest if step.ordinal > outcome.ordinal]
            ordinal = outcome.ordinal
            self._arrive(outcome)
        if ordinal < page.seen or (page.last and not self._stored.done):
            self._pass_over(page, ordinal)

    def _goal(self, page: PlannedPage, chunk: _Chunk, before: int, *, whole: bool) -> _Goal:
        finished = [step for step in chunk.steps if step.moves]
        ordinal, position = before, self._progress.position
        if whole:
            ordinal, position = page.seen, self._end(page)
        elif finished:
            ordinal, position = finished[-1].ordinal, position_text(finished[-1].key)
        removed = sum("Delete" in action for action in chunk.actions)
        counts = Counts(
            seen=ordinal - before,
            changed=sum(len(step.writes) for step in chunk.steps) - removed,
            removed=removed,
            unchanged=ordinal - before - len(finished),
        )
        return _Goal(ordinal, Progress(position, whole and page.last, self._counts(counts)))

    def _end(self, page: PlannedPage) -> str | None:
        return position_text(page.end) if page.end else self._progress.position

    def _counts(self, more: Counts) -> Counts:
        """So far and `more`. Capacity is counted a request late: its answer tells it."""
        return replace(
            self._progress.counts + more,
            conflicts=self._before.conflicts + self._conflicts,
            read_units=round(self._before.read_units + self.read_units, 1),
            write_units=round(self._before.write_units + self._write_units, 1),
        )

    def _arrive(self, goal: _Goal) -> None:
        before, after = self._progress.counts, goal.progress.counts
        self._settle(goal.progress)
        changed = after.changed + after.removed - before.changed - before.removed
        self._run.work.reporter.items_seen(after.seen - before.seen, changed)

    def _settle(self, reached: Progress) -> None:
        self._progress = self._stored = reached
        self._saved_at = time.monotonic()
        self._troubles = 0
        self._limit = min(self._most, self._limit * 2)

    def _pass_over(self, page: PlannedPage, ordinal: int) -> None:
        """The rest of a page needs nothing. The position is stored now and then."""
        seen = page.seen - ordinal
        counts = self._counts(Counts(seen=seen, unchanged=seen))
        self._progress = Progress(self._end(page), page.last, counts)
        self._run.work.reporter.items_seen(seen, 0)
        if not page.last and time.monotonic() - self._saved_at < SAVE_SECONDS:
            return
        nothing, goal = _chunk([], 0), _Goal(page.seen, self._progress)
        while isinstance(outcome := self._send(nothing, goal, [goal]), _Refused):
            self._bear(nothing, outcome)
        self._settle(outcome.progress)

    def _send(self, chunk: _Chunk, goal: _Goal, tried: Sequence[_Goal]) -> _Goal | _Refused:
        """The goal that was reached: this one, or one that was tried before and reached after
        all."""
        advance = self._checkpoint.advance(self._stored, goal.progress)
        request = {
            "TransactItems": [*chunk.actions, advance],
            # The same for every attempt, so that a reply that gets lost does no harm.
            "ClientRequestToken": str(uuid.uuid4()),
        }
        patience = Patience(self._run)
        while True:
            self._run.take_turn()
            try:
                answer = call("TransactWriteItems", dict(request))
            except StoreUnavailable as error:
                patience.bear(error)
                if reached := self._reached(tried):
                    return reached
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in BUSY:
                    patience.bear(StoreBusy(code))
                elif code == INVALID:
                    return _Refused({}, error.response["Error"].get("Message", code))
                elif code == CANCELLED:
                    return self._cancelled(chunk, error, tried)
                else:
                    raise self._run.refused(error) from error
            else:
                units = sum(part["CapacityUnits"] for part in answer.get("ConsumedCapacity", ()))
                self._write_units += units
                self._run.pace.spend(units)
                return goal

    def _cancelled(
        self, chunk: _Chunk, error: ClientError, tried: Sequence[_Goal]
    ) -> _Goal | _Refused:
        reasons = error.response.get("CancellationReasons", [])
        failed = {}
        codes = frozenset(reason.get("Code", "None") for reason in reasons) - {"None"}
        for number, reason in enumerate(reasons):
            code = reason.get("Code", "None")
            if code == CONDITION_FAILED and number < len(chunk.actions):
                failed[number] = reason.get("Item")
            elif code == CONDITION_FAILED:
                if reached := self._reached(tried):
                    return reached
            elif code != "None" and code not in PASSING:
                problem = f"{code}: {reason.get('Message', '')}"
                return _Refused({}, problem, chunk.owners[number] if chunk.owners else [])
        return _Refused(failed, codes=codes)

    def _reached(self, tried: Sequence[_Goal]) -> _Goal | None:
        """What the checkpoint itself says; None when it is still where it was.

        Raises LeaseLost when it is another runner's now.
        """
        stored = self._run.patiently(self._checkpoint.stored)
        if stored is None or stored.token != self._checkpoint.token:
            raise LeaseLost(f"{self._run.title}: another runner has taken over")
        there = stored.progress.position, stored.progress.done
        if there == (self._stored.position, self._stored.done):
            return None
        for goal in tried:
            if there == (goal.progress.position, goal.progress.done):
                return goal
        raise MigrationError(
            f"{self._run.title}: a checkpoint moved that only this runner can move."
            " What was done is recorded; a new run goes on from there"
        )

    def _renewed(self, chunk: _Chunk, rest: list[Step], refused: _Refused) -> list[Step]:
        """The steps that are left, where a condition failed those that the item needs now."""
        self._bear(chunk, refused)
        late: dict[int, tuple[Step, Any]] = {}
        for number, current in refused.failed.items():
            for step in chunk.owners[number]:
                late[step.ordinal] = step, current
        self._conflicts += len(late)
        renewed = {number: self._plan.again(*step) for number, step in late.items()}
        steps: list[Step] = []
        for step in rest:
            steps += renewed.pop(step.ordinal, []) if step.ordinal in late else [step]
        return steps

    def _bear(self, chunk: _Chunk, refused: _Refused) -> None:
        """Smaller transactions are less often in somebody's way. Raises MigrationError when
        even that does not help, for as long as patience goes."""
        if not self._troubles:
            self._troubled_since = time.monotonic()
        self._troubles += 1
        if refused.invalid:
            culprits = refused.culprits or chunk.steps
            if len(culprits) <= 1 or refused.culprits:
                raise MigrationError(f"{self._described(culprits)}: {refused.invalid}")
            # Sent alone, the one that is refused can be named.
            self._limit = 1
            return
        if time.monotonic() - self._troubled_since > running.CONFLICT_SECONDS:
            late = [chunk.owners[number][0] for number in refused.failed] or chunk.steps
            raise MigrationError(
                f"{self._described(late)}: others were in the way for"
                f" {running.CONFLICT_SECONDS:g} seconds ({', '.join(sorted(refused.codes))})."
                " What was done is recorded; a new run goes on from there"
            )
        if self._troubles > 1:
            self._limit = max(1, self._limit // 2)
        if not refused.failed:
            self._conflicts += 1
            self._run.pause(jittered(self._troubles))

    def _described(self, steps: Sequence[Step]) -> str:
        key = f": item {self._table.shown(steps[0].key)}" if steps else ""
        return f"{self._run.title}{key}"


def _chunk(steps: Sequence[Step], limit: int) -> _Chunk:
    """The first of the steps, as many as go into one transaction; at least one."""
    chunk = _Chunk([], [], [])
    checks: dict[str, int] = {}
    size = 0
    for step in steps:
        shared = {name for name in step.checks if name in checks}
        # Two steps may have read the same item at different times.
        differ = any(chunk.actions[checks[name]] != step.checks[name] for name in shared)
        count = len(chunk.actions) + len(step.writes) + len(step.checks) - len(shared)
        if chunk.steps and (differ or count > limit or size + step.size > MOST_BYTES):
            break
        size += step.size
        chunk.steps.append(step)
        for write in step.writes:
            chunk.actions.append(write)
            chunk.owners.append([step])
        for name, check in step.checks.items():
            if name in shared:
                chunk.owners[checks[name]].append(step)
                continue
            checks[name] = len(chunk.actions)
            chunk.actions.append(check)
            chunk.owners.append([step])
    return chunk
