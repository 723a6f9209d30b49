"""What an article may be, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.entities import clean_name
from storage.domain import Invalid
from supervisor.errors import InvalidRequest
from supervisor.knowledge.entities import Content
from supervisor.knowledge.errors import InvalidArticle
from supervisor.rules import LONGEST_TAG, MOST_TAGS, parse_text

LONGEST_TITLE = 120


def parse_content(raw: Mapping[str, Any], before: Content | None = None) -> Content:
    """Of title, text, tags and store_id; what is missing stays as it was `before`.

    Raises InvalidArticle with what is wrong under each field.
    """
    said: dict[str, Any] = {"title": "", "text": "", "tags": (), "store_id": ""}
    if before is not None:
        said = {name: getattr(before, name) for name in said}
    said |= raw
    wrong: dict[str, list[object]] = {}
    title = _title(said["title"], wrong)
    try:
        text = parse_text(said["text"], field="text")
    except InvalidRequest as refusal:
        wrong |= refusal.fields
        text = ""
    tags = _tags(said["tags"], wrong)
    if wrong:
        raise InvalidArticle(fields=wrong)
    return Content(title, text, tags, said["store_id"] or "")


def _title(said: str, wrong: dict[str, list[object]]) -> str:
    try:
        title = clean_name(said, field="title")
    except Invalid:
        title = said
    if len(title) > LONGEST_TITLE:
        text = _("This is too long: %(most)d characters at most.") % {"most": LONGEST_TITLE}
        wrong["title"] = [text]
    elif not title:
        wrong["title"] = [_("This must not be empty.")]
    return title


def _tags(said: Iterable[str], wrong: dict[str, list[object]]) -> frozenset[str]:
    tags = {" ".join(tag.split()).casefold() for tag in said} - {""}
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        wrong["tags"] = [_("Give at most ten tags, of at most thirty characters each.")]
    return frozenset(tags)
