"""Deleting, restoring and destroying an organisation: each notes what is to be done, all at once.

Doing it is the runner's: right after, or whenever somebody runs `finish_removals`. What was noted
last holds; whoever still works on what it replaced is stopped at the next write.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from accounts import mail
from accounts import repository as accounts_repository
from accounts.audit_trail import record
from accounts.entities import Actor, Organisation, is_same_name
from accounts.errors import (
    ChangedMeanwhile,
    OrganisationChanged,
    OrganisationNotFound,
    PermissionDenied,
)
from accounts.removal import plan, repository, runner
from accounts.removal.entities import Job, RestoreLink, Task
from accounts.removal.errors import BeingDestroyed, NotDeleted, WrongName
from accounts.removal.links import open_restore_link
from accounts.removal.runner import Outcome
from storage.errors import StoreError
from storage.explanations import STORE_FAILURES
from storage.transactions import Transaction

log = logging.getLogger("backroom.removal")

DELETE_ORGANISATION = "accounts.delete_organisation"
RESTORE_ORGANISATION = "accounts.restore_organisation"
# Somebody waits for the answer.
REQUEST_SECONDS = 2.0
_ATTEMPTS = 5


def delete_organisation(
    *,
    actor: Actor,
    name: str | None = None,
    version: int | None = None,
    site: str = "",
) -> Organisation:
    """From now on its people are nobody. What follows is done by `work_on`.

    `name` is what a person typed to confirm, not to the letter, `version` the one a program saw,
    `site` the origin of links in mails. An organisation that is deleted already stays so: whoever
    is second gets what the first one did, and one that is being restored is not restored.

    Raises PermissionDenied, ConfirmationNeeded, OrganisationNotFound, WrongName,
    OrganisationChanged, BeingDestroyed.
    """
    actor.require(DELETE_ORGANISATION, actor.org_id)
    actor.require_confirmation()
    for _ in range(_ATTEMPTS):
        organisation, job = _stored(actor.org_id)
        if name is not None and not is_same_name(name, organisation.name):
            raise WrongName
        if organisation.deleted_at is not None and (job is None or job.task is Task.DELETE):
            return organisation
        _refuse_while_destroyed(job)
        if version is not None and organisation.version != version:
            raise OrganisationChanged(organisation)
        with suppress(ChangedMeanwhile):
            return _note(Task.DELETE, organisation, job, actor, site=site)
    raise ChangedMeanwhile


def restore_organisation(*, actor: Actor) -> Organisation:
    """Everything that was deleted with it comes back, done by `work_on`; it opens last.

    For the server itself, and behind `restore_with_link`. Raises PermissionDenied,
    OrganisationNotFound, NotDeleted, BeingDestroyed.
    """
    actor.require(RESTORE_ORGANISATION, actor.org_id)
    for _ in range(_ATTEMPTS):
        organisation, job = _stored(actor.org_id)
        if organisation.deleted_at is None:
            raise NotDeleted
        _refuse_while_destroyed(job)
        if job is not None and job.task is Task.RESTORE:
            return organisation
        with suppress(ChangedMeanwhile):
            return _note(Task.RESTORE, organisation, job, actor)
    raise ChangedMeanwhile


def restore_with_link(*, token: str) -> RestoreLink:
    """Raises InvalidRestoreLink, BeingDestroyed."""
    link = open_restore_link(token)
    with suppress(NotDeleted):
        restore_organisation(actor=link.user.actor)
    return link


def destroy_organisation(*, actor: Actor, name: str, force: bool = False) -> Organisation:
    """For the server itself. Nothing brings it back; the history stays. Done by `work_on`.

    With `force` also one that is not deleted, or is being restored. Raises PermissionDenied,
    OrganisationNotFound, WrongName, NotDeleted.
    """
    if not actor.is_system:
        raise PermissionDenied
    for _ in range(_ATTEMPTS):
        organisation, job = _stored(actor.org_id)
        if not is_same_name(name, organisation.name):
            raise WrongName
        restored = job is not None and job.task is Task.RESTORE
        if (organisation.deleted_at is None or restored) and not force:
            raise NotDeleted
        if job is not None and job.task is Task.DESTROY:
            return organisation
        with suppress(ChangedMeanwhile):
            return _note(Task.DESTROY, organisation, job, actor)
    raise ChangedMeanwhile


def work_on(org_id: str) -> Outcome:
    """As much as there is time for while somebody waits. What the store refuses is done later."""
    try:
        return runner.work_on(org_id, seconds=REQUEST_SECONDS)
    except (StoreError, *STORE_FAILURES) as error:
        log.warning("removal interrupted", extra={"fields": {"reason": type(error).__name__}})
        return Outcome.UNFINISHED


def _stored(org_id: str) -> tuple[Organisation, Job | None]:
    organisation = accounts_repository.get_organisation(org_id, consistent=True)
    if organisation is None:
        raise OrganisationNotFound
    return organisation, repository.find_job(org_id)


def _refuse_while_destroyed(job: Job | None) -> None:
    if job is not None and job.task is Task.DESTROY:
        raise BeingDestroyed


def _note(
    task: Task, organisation: Organisation, before: Job | None, actor: Actor, *, site: str = ""
) -> Organisation:
    """What is to be done instead of `before`. Raises ChangedMeanwhile."""
    now = datetime.now(UTC).replace(microsecond=0)
    deleted_at = organisation.deleted_at or now
    if task is Task.DELETE:
        deleted_at = now
    job = Job(
        organisation.org_id,
        task,
        actor_id=actor.user_id,
        actor_name=actor.name,
        begun_at=now,
        settled_at=deleted_at + timedelta(seconds=settings.REMOVAL_SETTLES_SECONDS),
        step=plan.steps_of(task)[0].name,
        site=(site or mail.absolute(None, "/")).rstrip("/"),
        version=None if before is None else before.version,
    )
    transaction = Transaction()
    repository.put_job(transaction, job, instead_of=before)
    changed = accounts_repository.change_organisation(
        transaction, replace(organisation, deleted_at=deleted_at)
    )
    changes: dict[str, tuple[Any, Any]] = {}
    if organisation.deleted_at is None:
        changes = {"deleted_at": (None, deleted_at.isoformat())}
    record(transaction, actor, organisation.audit_subject, f"accounts.{task}_organisation", changes)
    transaction.commit()
    return changed
