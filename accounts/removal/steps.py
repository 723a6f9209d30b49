"""What a job does with the organisation's own items, step by step.

Where an item changed between reading and writing, a step raises Overtaken and is done again from
where it began; so nothing is done twice, and nothing left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from accounts import mail
from accounts import repository as accounts_repository
from accounts.entities import Organisation
from accounts.errors import ChangedMeanwhile, MailNotSent
from accounts.removal import links, repository
from accounts.removal.entities import Job
from accounts.removal.errors import Overtaken
from accounts.removal.items import kind_of
from accounts.removal.repository import DESTROYED_AT_ONCE, MARKED_AT_ONCE, Member
from storage.audit import audit_item
from storage.transactions import Transaction

# A mail takes a moment, and a request does as much as it has time for.
MAILS_AT_ONCE = 3


def tell_owners(job: Job) -> str | None:
    """Mails every owner the link that restores. One attempt each: whoever gets none has the page
    after deleting, another owner, or an operator."""
    owners, position = repository.owners(job.org_id, job.position, most=MAILS_AT_ONCE)
    organisation = _organisation(job) if owners else None
    for owner in owners:
        assert organisation is not None
        link = links.issue_restore_link(organisation, owner)
        with suppress(MailNotSent):
            mail.send(
                "organisation_deleted",
                to=owner.email,
                language=owner.language,
                name=owner.name,
                organisation=organisation.name,
                who="" if job.actor.is_system else job.actor_name,
                by_you=job.actor_id == owner.user_id,
                link=f"{job.site}{links.path_of(link.token)}",
                expires_at=link.expires_at,
            )
    return position


def delete_members(job: Job) -> str | None:
    """Everything in the organisation that is not deleted yet, marked with the job."""
    found = repository.members(job.org_id, job.position, most=MARKED_AT_ONCE)

    def mark(transaction: Transaction, member: Member) -> None:
        repository.mark_deleted(transaction, member, job)

    _change(job, repository.to_delete(found.items), mark, "delete")
    return found.position


def restore_members(job: Job) -> str | None:
    """What deleting marked, and nothing else."""
    found = repository.members(job.org_id, job.position, most=MARKED_AT_ONCE)
    _change(job, repository.to_restore(found.items), repository.unmark, "restore")
    return found.position


def destroy_members(job: Job) -> str | None:
    """With the sessions of people, and the markers of their addresses."""
    found = repository.members(job.org_id, job.position, most=DESTROYED_AT_ONCE)
    for user_pk in repository.people_among(found.items):
        for keys in repository.sessions_of(user_pk):
            transaction = Transaction()
            repository.bind(transaction, job)
            repository.remove_sessions(transaction, keys)
            transaction.commit()
    _change(job, found.items, repository.destroy, "destroy")
    return found.position


def close(job: Job) -> None:
    """The end of deleting: the organisation is marked since the beginning."""
    transaction = Transaction()
    repository.end_job(transaction, job)
    transaction.commit()


def reopen(job: Job) -> None:
    """The end of restoring."""
    organisation = _organisation(job)
    transaction = Transaction()
    repository.end_job(transaction, job)
    accounts_repository.change_organisation(transaction, replace(organisation, deleted_at=None))
    try:
        transaction.commit()
    except ChangedMeanwhile:
        raise Overtaken from None


def erase(job: Job) -> bool:
    """The end of destroying. False where something came in behind, which goes first."""
    if repository.members(job.org_id, "", most=DESTROYED_AT_ONCE).items:
        return False
    organisation = _organisation(job)
    transaction = Transaction()
    repository.end_job(transaction, job)
    repository.remove_organisation(transaction, organisation)
    transaction.commit()
    return True


def _organisation(job: Job) -> Organisation:
    organisation = accounts_repository.get_organisation(job.org_id, consistent=True)
    if organisation is None or organisation.deleted_at is None:
        raise Overtaken
    return organisation


def _change(
    job: Job,
    members: Iterable[Member],
    stage: Callable[[Transaction, Member], None],
    verb: str,
) -> None:
    """All of them in one transaction, each with its entry of history unless it is a marker."""
    transaction = Transaction()
    repository.bind(transaction, job)
    for member in members:
        stage(transaction, member)
        if kind := kind_of(member):
            transaction.put(
                audit_item(
                    subject=f"{kind.lower()}#{member.sort}",
                    actor_id=job.actor_id,
                    actor_name=job.actor_name,
                    action=f"accounts.{verb}_{kind.lower()}",
                    changes={"removed_with": (None, job.id)} if verb == "delete" else None,
                )
            )
    if len(transaction) > 1:
        transaction.commit()
