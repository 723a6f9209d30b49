"""Articles as JSON says them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from supervisor.knowledge.entities import Article
from supervisor.knowledge.rules import LONGEST_TITLE
from supervisor.knowledge.selectors import LARGEST_PAGE, PAGE
from supervisor.rules import LONGEST_TAG, LONGEST_TEXT, MOST_TAGS
from supervisor.schemas import NamedPersonOut

LONGEST_QUERY = 500
Title = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TITLE, examples=["Returns without a receipt"])
]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Tags = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_TAG, examples=["returns"])]],
    Field(max_length=MOST_TAGS),
]
Store = Annotated[
    str | None, Field(description="Its id; null for the whole organisation.", max_length=100)
]


class KeptFrom(BaseModel):
    """The request whose answer was kept."""

    model_config = ConfigDict(extra="forbid", strict=True)

    store_id: Annotated[str, Field(max_length=100)]
    request_id: Annotated[str, Field(max_length=100)]


class ArticleIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: Title
    text: Text
    tags: Tags = []
    store_id: Store = None
    kept_from: KeptFrom | None = Field(
        None, description="The answered request, so that nobody keeps its answer again."
    )


class ArticleChange(BaseModel):
    """What shall change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Title = ""
    text: Text = ""
    tags: Tags = []
    store_id: Store = None

    def said(self) -> dict[str, Any]:
        """What was sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ArticleOut(BaseModel):
    id: str
    title: str
    text: str
    tags: list[str]
    store_id: str | None = Field(description="Null for the whole organisation.")
    kept_from: KeptFrom | None
    author: NamedPersonOut
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int

    @classmethod
    def of(cls, article: Article) -> Self:
        content, origin = article.content, article.kept_from
        return cls(
            id=article.id,
            title=content.title,
            text=content.text,
            tags=sorted(content.tags),
            store_id=content.store_id or None,
            kept_from=None
            if origin is None
            else KeptFrom(store_id=origin.store_id, request_id=origin.request_id),
            author=NamedPersonOut.of(article.author),
            created_at=article.created_at,
            updated_at=article.updated_at,
            deleted_at=article.deleted_at,
            version=article.version or 0,
        )


class StaleArticle(BaseModel):
    current: ArticleOut = Field(description="The article as it is stored now.")


class RefusedArticle(BaseModel):
    current: ArticleOut | None = Field(
        None,
        description="The article as it is stored now: what is in the way. Not there where a key "
        "came with another body before.",
    )


class ArticlesQuery(BaseModel):
    q: str = Field(
        "",
        max_length=LONGEST_QUERY,
        description="A question in people's own words, or words to look for. The articles that "
        "match best come first, on one page; without it the newest come first.",
    )
    store: str = Field("", max_length=100, description="Only what holds in this store, by its id.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before; not with `q`.")
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


class ArticlePage(BaseModel):
    items: list[ArticleOut]
    next_cursor: str | None = Field(
        description="For the next page; null on the last one, and where words were looked for."
    )
