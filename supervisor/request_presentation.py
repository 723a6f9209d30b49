"""One request in people's words: what was added to it, and what is new about it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storage.audit import AuditEntry
from supervisor.entities import Code, Request, Step

_NEWS: Mapping[str, object] = {
    Step.CLAIM: gettext_lazy("%(name)s is on it now."),
    Step.RELEASE: gettext_lazy("%(name)s has given it back."),
    Step.ASSIGN: gettext_lazy("%(name)s has put it into other hands."),
    Step.PRIORITISE: gettext_lazy("%(name)s has changed how urgent it is."),
    Step.ADD: gettext_lazy("%(name)s has added something to the question."),
    Step.ANSWER: gettext_lazy("%(name)s has answered it meanwhile."),
    Step.CORRECT: gettext_lazy("%(name)s has corrected the answer."),
    Step.CANCEL: gettext_lazy("%(name)s has withdrawn the question."),
    Step.REOPEN: gettext_lazy("%(name)s has reopened it."),
    Step.FORGET_CALLER: gettext_lazy("%(name)s has removed the caller."),
}


def tag_of(request: Request) -> str:
    """Of what a page shows of it. At one version only the clock changes anything."""
    handler = request.handling.by.user_id if request.handling else ""
    return f'"{_version_of(request)}.{request.code}.{handler}"'


def said_news(request: Request, known: str, latest: AuditEntry | None) -> str:
    """What has happened to it since the page with the tag `known`. `latest` is its latest entry
    that all may see."""
    if request.code is Code.TIMEOUT:
        return _("It has timed out.")
    if known.startswith(f'"{_version_of(request)}.'):
        return _("Nobody is on it any more.")
    step = latest.action.removeprefix("supervisor.").removesuffix("_request") if latest else ""
    name = (latest.actor_name if latest else "") or _("Somebody")
    sentence = _NEWS.get(step)
    return str(sentence) % {"name": name} if sentence else _("It has changed.")


def _version_of(request: Request) -> str:
    return f"{request.id}.{request.version}"
