"""A log of incidents as what would have happened in a queue of requests.

The log has a line for each change of an incident. Its groups become stores, those who resolve it
supervisors, and priorities 1 to 4 ours from 9 down. An incident that misses its time, which the log
says at its end, times out before that. If it has been with several groups, somebody reopens it. One
that is closed without a resolution is withdrawn.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

LOG = "tickets_uci_incidents/incident_event_log_every10th.csv.gz"
Line = dict[str, str]
UNKNOWN = "?"
PRIORITIES = {"1": 9, "2": 7, "3": 4, "4": 1}
STORES = 5
PEOPLE = 12
SEVERAL = 2


class Do(StrEnum):
    ASK = "ask"
    PRIORITISE = "prioritise"
    ASSIGN = "assign"
    TIME_OUT = "time out"
    REOPEN = "reopen"
    ANSWER = "answer"
    CORRECT = "correct"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Command:
    """`person` is the number of who asks, answers, or is to be on it."""

    do: Do
    incident: Incident
    person: int = 0


@dataclass(slots=True, eq=False)
class Incident:
    """What must have become of it when all commands so far are done."""

    number: str
    store: int
    priority: int
    code: str = "PENDING_RESPONSE"
    asked_by: int = 0
    handled_by: int | None = None
    answered_by: int | None = None
    corrections: int = 0
    missed_by: int | None = None
    has_gone_on: bool = False


def read_log(path: Path, every: int = 1, *, first: int = 0) -> list[Line]:
    """The lines of each so many-th incident, from the one at `first`, in the order in which they
    happened."""
    with gzip.open(path, "rt", newline="") as file:
        lines = list(csv.DictReader(file))
    chosen = set(list(dict.fromkeys(line["number"] for line in lines))[first::every])
    lines = [line for line in lines if line["number"] in chosen]
    lines.sort(key=_changed_at)
    return lines


def _changed_at(line: Line) -> tuple[int, ...]:
    """Of “29/2/2016 01:23”, to be ordered by."""
    day, month, year, hour, minute = map(int, re.split(r"\D", line["sys_updated_at"]))
    return year, month, day, hour, minute


def commands(lines: Iterable[Line]) -> Iterator[Command]:
    lines = list(lines)
    late = {line["number"] for line in lines if line["made_sla"] == "false"}
    incidents: dict[str, Incident] = {}
    for line in lines:
        known = incidents.get(line["number"])
        if known is None:
            known = Incident(
                line["number"],
                _number(line["assignment_group"]) % STORES,
                PRIORITIES[line["priority"][0]],
                asked_by=_number(line["opened_by"]) % PEOPLE,
            )
            incidents[line["number"]] = known
            yield Command(Do.ASK, known, known.asked_by)
        yield from _following(known, line, is_late=line["number"] in late)


def _following(incident: Incident, line: Line, *, is_late: bool) -> Iterator[Command]:
    if incident.code == "RESPONSE_RECEIVED":
        yield from _after_the_answer(incident, line)
    if incident.code != "PENDING_RESPONSE":
        return
    is_over = line["incident_state"] in ("Resolved", "Closed")
    if (priority := PRIORITIES[line["priority"][0]]) != incident.priority:
        incident.priority = priority
        yield Command(Do.PRIORITISE, incident)
    if (person := line["assigned_to"]) != UNKNOWN and not is_over:
        yield from _assigning(incident, _number(person) % PEOPLE)
    if is_over and is_late:
        incident.code, incident.missed_by = "TIMEOUT", incident.handled_by
        incident.handled_by = None
        yield Command(Do.TIME_OUT, incident)
        if int(line["reassignment_count"]) < SEVERAL:
            return
        incident.code, incident.missed_by = "PENDING_RESPONSE", None
        yield Command(Do.REOPEN, incident)
    if is_over:
        yield from _ending(incident, line)


def _ending(incident: Incident, line: Line) -> Iterator[Command]:
    if line["resolved_by"] == UNKNOWN:
        incident.code, incident.handled_by = "CANCELLED", None
        yield Command(Do.CANCEL, incident, incident.asked_by)
        return
    person = _number(line["resolved_by"]) % PEOPLE
    if incident.handled_by is not None:
        yield from _assigning(incident, person)
    incident.code, incident.handled_by, incident.answered_by = "RESPONSE_RECEIVED", None, person
    yield Command(Do.ANSWER, incident, person)


def _after_the_answer(incident: Incident, line: Line) -> Iterator[Command]:
    """Whoever goes on with what is resolved, and resolves it again, corrects the answer."""
    if line["incident_state"] not in ("Resolved", "Closed"):
        incident.has_gone_on = True
    elif incident.has_gone_on:
        incident.has_gone_on = False
        incident.corrections += 1
        yield Command(Do.CORRECT, incident, _number(line["resolved_by"]) % PEOPLE)


def _assigning(incident: Incident, person: int) -> Iterator[Command]:
    if incident.handled_by != person:
        incident.handled_by = person
        yield Command(Do.ASSIGN, incident, person)


def _number(text: str) -> int:
    """Of “Resolver 149”; 0 where it is unknown."""
    return int("".join(filter(str.isdigit, text)) or 0)
