from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import directory
from accounts.directory import LARGEST_PAGE
from accounts.entities import Actor, Organisation, User
from accounts.removal.entities import Job, Task
from accounts.removal.selectors import pending_jobs
from storage.pages import Page


class Command(BaseCommand):
    help = "Lists the organisations by their ids, a page at a time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--deleted", action="store_true", help="Deleted ones as well.")
        parser.add_argument(
            "--people",
            action="store_true",
            help=f"How many people each has, counted up to {LARGEST_PAGE}: at most three more"
            " requests for each organisation.",
        )
        parser.add_argument("--json", action="store_true", help="A JSON object a line.")

    def handle(self, *_args: Any, **options: Any) -> None:
        server = Actor.system(org_id="")
        tasks = {job.org_id: job.task for job in _jobs(server, asked=options["deleted"])}
        for organisation in _organisations(server, include_deleted=options["deleted"]):
            people = _people(server, organisation) if options["people"] else None
            if options["json"]:
                self.stdout.write(_json(organisation, people, tasks))
            else:
                self.stdout.write(_line(organisation, people, tasks))


def _jobs(server: Actor, *, asked: bool) -> list[Job]:
    """Only what is deleted has one."""
    return pending_jobs(server) if asked else []


def _organisations(server: Actor, *, include_deleted: bool) -> Iterator[Organisation]:
    cursor = None
    while True:
        page = directory.list_all_organisations(
            server, limit=LARGEST_PAGE, cursor=cursor, include_deleted=include_deleted
        )
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _people(server: Actor, organisation: Organisation) -> Page[User]:
    return directory.list_users(server, org_id=organisation.org_id, limit=LARGEST_PAGE)


def _line(organisation: Organisation, people: Page[User] | None, tasks: Mapping[str, Task]) -> str:
    parts = [organisation.org_id, organisation.name]
    if people is not None:
        parts.append(_count(people))
    if organisation.deleted_at is not None:
        parts.append(_("deleted on %(date)s") % {"date": organisation.deleted_at.date()})
    if organisation.org_id in tasks:
        parts.append(_still(tasks[organisation.org_id]))
    return "  ".join(parts)


def _still(task: Task) -> str:
    return {
        Task.DELETE: _("being deleted"),
        Task.RESTORE: _("being restored"),
        Task.DESTROY: _("being destroyed"),
    }[task]


def _count(people: Page[User]) -> str:
    number = len(people.items)
    if people.next_cursor is not None:
        return _("%(num)d people or more") % {"num": number}
    return ngettext("%(num)d person", "%(num)d people", number) % {"num": number}


def _json(organisation: Organisation, people: Page[User] | None, tasks: Mapping[str, Task]) -> str:
    """`people_at_least` and not all of them where `people_more` is true; `unfinished` is `delete`,
    `restore` or `destroy` where that is still being done."""
    said: dict[str, object] = {
        "id": organisation.org_id,
        "name": organisation.name,
        "created_at": organisation.created_at,
        "deleted_at": organisation.deleted_at,
    }
    if organisation.org_id in tasks:
        said["unfinished"] = tasks[organisation.org_id]
    if people is not None:
        said["people_at_least"] = len(people.items)
        said["people_more"] = people.next_cursor is not None
    return orjson.dumps(said, option=orjson.OPT_UTC_Z).decode()
