"""What the commands about deleted organisations have in common."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts import directory
from accounts.entities import Actor
from accounts.management.answers import ask
from accounts.removal import runner
from accounts.removal.entities import Task
from accounts.removal.runner import Outcome
from accounts.removal.selectors import task_of
from storage.domain import DomainError

_LOOK_AGAIN_SECONDS = 1.0


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        details = [str(text) for texts in error.fields.values() for text in texts]
        raise CommandError(" ".join(details) or str(error)) from error


def confirmed_name(org_id: str, given: str | None) -> str:
    """The name of the organisation as somebody typed it. Raises OrganisationNotFound."""
    organisation = directory.find_organisation(
        Actor.system(org_id=org_id), org_id=org_id, consistent=True, include_deleted=True
    )
    if given is not None:
        return given
    question = _("Type the name of %(id)s, “%(name)s”: ")
    return ask(
        question % {"id": organisation.org_id, "name": organisation.name},
        instead="--confirm NAME",
    )


def finish(command: BaseCommand, org_id: str, *, to_the_end: bool = False) -> None:
    """Works on it until it is done; `to_the_end` also waits where it has to wait."""
    task = task_of(org_id)
    outcome = runner.work_on(org_id)
    while to_the_end and outcome is Outcome.WAITING:
        time.sleep(_LOOK_AGAIN_SECONDS)
        outcome = runner.work_on(org_id)
    command.stdout.write(f"{org_id}  {said(task, outcome)}")


def said(task: Task | None, outcome: Outcome) -> str:
    """In words; `task` is None where nothing was to be done."""
    if task is None:
        return _("Nothing is left to do.")
    if outcome is Outcome.WAITING and task is Task.DELETE:
        return _("Deleted. `finish_removals` looks once more, when what was under way has ended.")
    if outcome is Outcome.WAITING:
        return _("Waiting for what was under way to end.")
    return {
        Task.DELETE: _("Deleted."),
        Task.RESTORE: _("Restored."),
        Task.DESTROY: _("Destroyed."),
    }[task]
