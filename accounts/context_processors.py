"""What every template gets."""

from __future__ import annotations

from django.contrib.auth.context_processors import auth
from django.http import HttpRequest


def permissions(request: HttpRequest) -> dict[str, object]:
    """`perms` as Django's own processor gives it, which would also put the person who asks in
    place of any `user` that a view gives. Reads nothing until it is asked."""
    return {"perms": auth(request)["perms"]}
