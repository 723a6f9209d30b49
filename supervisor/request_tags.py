"""What tells a program that it has the latest state of a request, or of a list."""

from __future__ import annotations

import hashlib

from accounts.entities import Actor
from accounts.etags import tag
from storage.pages import Page
from supervisor import selectors
from supervisor.entities import Request, Summary


def etag_of(actor: Actor, request: Request) -> str:
    """Beside the version, what changes without one: a deadline passes, a lease ends, and somebody
    loses a permission to see the caller."""
    parts = [request.code.value.lower()]
    if request.handling:
        parts.append("handled")
    if request.asked_by.user_id == actor.user_id:
        parts.append("own")
    elif not selectors.shows_callers(actor, request):
        parts.append("masked")
    return tag(request.id, request.version, "-".join(parts))


def etag_of_list(page: Page[Summary]) -> str:
    """Changes with everything that a list shows except the clock."""
    parts = [f"{one.id}-{one.version}-{one.code}-{one.handling is not None}" for one in page.items]
    parts.append(page.next_cursor or "")
    return f'"{hashlib.sha256(" ".join(parts).encode()).hexdigest()[:24]}"'
