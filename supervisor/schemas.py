"""Requests as JSON says them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from accounts.entities import Actor
from storage.audit import AuditEntry
from storage.pages import Page
from supervisor import selectors
from supervisor.callbacks.addresses import LONGEST_URL
from supervisor.entities import Answer, Code, Handling, Person, Request, RequestStatus, Summary
from supervisor.filters import ClosedFilter, Filter, HandledBy
from supervisor.keys import HIGHEST_PRIORITY
from supervisor.rules import (
    LONGEST_ADDITION,
    LONGEST_HEADER,
    LONGEST_REFERENCE,
    LONGEST_TAG,
    LONGEST_TEXT,
    MOST_TAGS,
)
from supervisor.selectors import LARGEST_PAGE, PAGE

Priority = Annotated[
    int, Field(ge=0, le=HIGHEST_PRIORITY, description="9 is the most urgent.", examples=[3])
]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
# JSON has no moments, only texts that say them.
Moment = Annotated[AwareDatetime, Field(strict=False)]
Tag = Annotated[str, Field(max_length=LONGEST_TAG, examples=["returns"])]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RequestIn(_Said):
    """Without a deadline the priority decides how long supervisors have."""

    header: Annotated[
        str, Field(min_length=1, max_length=LONGEST_HEADER, examples=["May he return it?"])
    ]
    body: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    name: Annotated[str, Field(max_length=LONGEST_REFERENCE, examples=["Mr Romero"])] = ""
    phone_number: Annotated[str, Field(max_length=40, examples=["+34 600 000 000"])] = ""
    reference: Annotated[
        str, Field(max_length=LONGEST_REFERENCE, description="A product or an order.")
    ] = ""
    priority: Priority = 0
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = []
    deadline: Moment | None = None
    callback_url: Annotated[
        str,
        Field(
            max_length=LONGEST_URL,
            description="Called when the request is answered, corrected, timed out or cancelled.",
            examples=["https://shop.example.com/hook"],
        ),
    ] = ""

    def said(self) -> dict[str, Any]:
        """As `rules.parse_question` takes it."""
        values = self.model_dump(exclude={"name", "deadline", "callback_url"})
        return {**values, "caller_name": self.name}


class AnswerIn(_Said):
    answer: Text


class AssignIn(_Said):
    user_id: Annotated[str, Field(max_length=LONGEST_REFERENCE, examples=["USER-…"])]


class NoteIn(_Said):
    note: Text


class AdditionIn(_Said):
    addition: Annotated[str, Field(min_length=1, max_length=LONGEST_ADDITION)]


class PriorityIn(_Said):
    priority: Priority


class ReopenIn(_Said):
    deadline: Moment | None = None


class ListQuery(BaseModel):
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


class _LookedFor(ListQuery):
    tag: Annotated[str, Field(max_length=LONGEST_TAG)] = ""
    text: Annotated[
        str,
        Field(
            max_length=LONGEST_HEADER,
            description="Words that are all in the header, the reference or the excerpt.",
        ),
    ] = ""

    def _tag(self) -> str:
        """As it is stored."""
        return self.tag.strip().casefold()


class PendingQuery(_LookedFor):
    priority: Priority | None = None
    since: AwareDatetime | None = Field(None, description="Asked then or later.")
    until: AwareDatetime | None = Field(None, description="Asked before.")
    handled_by: HandledBy | None = Field(None, description="Who is on it.")

    @field_validator("until")
    @classmethod
    def _is_after_the_beginning(
        cls, until: datetime | None, info: ValidationInfo
    ) -> datetime | None:
        since = info.data.get("since")
        if since and until and since > until:
            raise ValueError(_("The end is before the beginning."))
        return until

    def wanted(self) -> Filter:
        priorities = () if self.priority is None else (self.priority,)
        return Filter(
            priorities, self.since, self.until, self._tag(), self.text.strip(), self.handled_by
        )


class ClosedQuery(_LookedFor):
    code: Literal["RESPONSE_RECEIVED", "TIMEOUT", "CANCELLED"] | None = Field(
        None, description="`status_code` of the requests."
    )

    def wanted(self) -> ClosedFilter:
        code = Code(self.code) if self.code else None
        return ClosedFilter(self._tag(), self.text.strip(), code)


class NamedPersonOut(BaseModel):
    id: str
    name: str

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(id=person.user_id, name=person.name)


class AnswerOut(BaseModel):
    text: str
    by: NamedPersonOut
    at: datetime

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(text=answer.text, by=NamedPersonOut.of(answer.by), at=answer.at)


class AdditionOut(BaseModel):
    """What whoever asked has added to the question."""

    text: str
    at: datetime


class HandlingOut(BaseModel):
    """Nobody else can claim it before `until`."""

    by: NamedPersonOut
    since: datetime
    until: datetime

    @classmethod
    def of(cls, handling: Handling) -> Self:
        return cls(by=NamedPersonOut.of(handling.by), since=handling.since, until=handling.until)


class RequestOut(BaseModel):
    """`status_code` says why a request is not pending any more. `phone_number` is masked for who
    may not see callers. `earlier_answers` are the last ten that were corrected, oldest first.
    `callback_url` is shown to whoever asked. `version` is that of the calls."""

    id: str
    store_id: str
    header: str
    body: str
    name: str
    phone_number: str
    reference: str
    priority: int
    tags: list[str]
    status: RequestStatus
    status_code: Code
    asked_by: NamedPersonOut
    asked_at: datetime
    deadline: datetime
    closed_at: datetime | None
    handling: HandlingOut | None
    answer: AnswerOut | None
    additions: list[AdditionOut]
    earlier_answers: list[AnswerOut]
    callback_url: str
    version: int

    @classmethod
    def of(cls, actor: Actor, request: Request) -> Self:
        question = request.question
        is_own = request.asked_by.user_id == actor.user_id
        return cls(
            id=request.id,
            store_id=request.store_id,
            header=question.header,
            body=question.body,
            name=question.caller_name,
            phone_number=selectors.shown_phone_number(actor, request),
            reference=question.reference,
            priority=question.priority,
            tags=sorted(question.tags),
            status=request.status,
            status_code=request.code,
            asked_by=NamedPersonOut.of(request.asked_by),
            asked_at=request.asked_at,
            deadline=request.deadline,
            closed_at=request.closed_at,
            handling=HandlingOut.of(request.handling) if request.handling else None,
            answer=AnswerOut.of(request.answer) if request.answer else None,
            additions=[AdditionOut(text=one.text, at=one.at) for one in request.additions],
            earlier_answers=[AnswerOut.of(one) for one in request.earlier_answers],
            callback_url=request.callback_url if is_own else "",
            version=request.version or 0,
        )


class StaleRequest(BaseModel):
    current: RequestOut = Field(description="The request as it is now.")


class RefusedStep(BaseModel):
    current: RequestOut = Field(description="The request as it is now: what happened to it.")


class RequestSummaryOut(BaseModel):
    """A request in a list. `excerpt` is how its body begins, in one line of at most 160 characters;
    body, caller and answer are in the request itself."""

    id: str
    store_id: str
    header: str
    excerpt: str
    reference: str
    priority: int
    tags: list[str]
    status: RequestStatus
    status_code: Code
    asked_by: NamedPersonOut
    asked_at: datetime
    deadline: datetime
    closed_at: datetime | None
    handling: HandlingOut | None
    answered_by: NamedPersonOut | None

    @classmethod
    def of(cls, summary: Summary) -> Self:
        return cls(
            id=summary.id,
            store_id=summary.store_id,
            header=summary.header,
            excerpt=summary.excerpt,
            reference=summary.reference,
            priority=summary.priority,
            tags=sorted(summary.tags),
            status=summary.status,
            status_code=summary.code,
            asked_by=NamedPersonOut.of(summary.asked_by),
            asked_at=summary.asked_at,
            deadline=summary.deadline,
            closed_at=summary.closed_at,
            handling=HandlingOut.of(summary.handling) if summary.handling else None,
            answered_by=NamedPersonOut.of(summary.answered_by) if summary.answered_by else None,
        )


class RequestPage(BaseModel):
    items: list[RequestSummaryOut]
    next_cursor: str | None = Field(
        description="For the next page; null on the last one. Where few of very many requests are "
        "wanted, a page may be short or empty although this leads on."
    )

    @classmethod
    def of(cls, page: Page[Summary]) -> Self:
        items = [RequestSummaryOut.of(summary) for summary in page.items]
        return cls(items=items, next_cursor=page.next_cursor)


class EventOut(BaseModel):
    """`what` is `ask`, `claim`, `answer` …; `note` is what was noted with it, `assigned_to` the id
    of the person whose hands it was put into, `addition` what was added to the question. Who may
    not answer gets no notes."""

    what: str
    by: NamedPersonOut
    at: datetime
    note: str = ""
    assigned_to: str = ""
    addition: str = ""

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        what = entry.action.removeprefix("supervisor.").removesuffix("_request")
        noted = entry.changes.get("note", (None, None))[1]
        by = NamedPersonOut(id=entry.actor_id, name=entry.actor_name)
        to = entry.changes.get("handled_by", (None, None))[1]
        added = entry.changes.get("addition", (None, None))[1]
        return cls(
            what=what,
            by=by,
            at=entry.at,
            note=noted or "",
            assigned_to=to or "",
            addition=added or "",
        )


class TimelinePage(BaseModel):
    items: list[EventOut]
    next_cursor: str | None = None

    @classmethod
    def of(cls, page: Page[AuditEntry]) -> Self:
        return cls(items=[EventOut.of(one) for one in page.items], next_cursor=page.next_cursor)
