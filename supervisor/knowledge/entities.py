"""What an organisation knows: answers worth keeping. Pure: no framework, no store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from supervisor.entities import Person


@dataclass(frozen=True, slots=True)
class Content:
    """What people write, checked (`supervisor.knowledge.rules`). Without `store_id` it is for the
    whole organisation."""

    title: str
    text: str
    tags: frozenset[str] = frozenset()
    store_id: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an article is found by (`supervisor.knowledge.terms`): terms of its title and tags, and
    others of its text."""

    title: frozenset[str] = frozenset()
    text: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.title | self.text


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Origin:
    """The request whose answer was kept."""

    store_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Article:
    """`author` is who wrote it first; who corrected it is in the history. `terms` are those that
    were stored with it, none while it is deleted, whatever the rules say by now."""

    id: str
    org_id: str
    content: Content
    author: Person
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    kept_from: Origin | None = None
    terms: Terms = NO_TERMS
    version: int | None = None

    @staticmethod
    def new_id() -> str:
        return f"ARTICLE-{uuid.uuid4()}"

    @property
    def audit_subject(self) -> str:
        return f"article#{self.id}"
