"""Telling supervisors on duty by e-mail what waits: one mail with everything that is new to them.

Any number of runners may be at it. Each person is in the hands of one of them at a time; what was
told is written down once the mail has gone, so a mail that cannot be sent is tried again, after a
pause that grows. Whatever goes wrong for one of them, the others get their mails.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts import mail
from accounts.entities import Actor, Membership, User
from accounts.errors import MailNotSent
from accounts.repository import get_membership
from accounts.stores.entities import Store
from accounts.stores.repository import find_stores
from supervisor import notice_repository
from supervisor.entities import Summary, Urgency, now_in_milliseconds
from supervisor.notice_entities import Notices, Reason, Told
from supervisor.notice_repository import Place
from supervisor.notice_selectors import WaitingRequests
from supervisor.presentation import said_duration, urgency_of

log = logging.getLogger("backroom.notices")

ANSWER = "supervisor.answer_request"
MOST_LISTED = 50
# Longer than it takes to hand over a mail.
LEASE = timedelta(minutes=2)
# Then it is not the addresses: the rest waits for the next round.
MOST_FAILED_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Notified:
    """How many mails this runner has sent, how many could not be sent, how many people another
    runner was telling at the moment, and how many people, or organisations, were left for the next
    run because something else was in the way: the log says what."""

    sent: int = 0
    failed: int = 0
    lost: int = 0
    left: int = 0

    def __add__(self, other: Notified) -> Notified:
        return Notified(
            self.sent + other.sent,
            self.failed + other.failed,
            self.lost + other.lost,
            self.left + other.left,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Of a digest: what may leave by e-mail of a request, which is nothing about its caller."""

    header: str
    store_name: str
    urgency: object
    waited: str
    deadline: datetime
    is_near: bool
    link: str


@dataclass(frozen=True, slots=True)
class _News:
    request: Summary
    reasons: tuple[Reason, ...]


def notify() -> Notified:
    """Everybody who is on duty when it begins, unless several mails in a row cannot be sent. For
    each organisation where somebody is: a query for each hundred of these, what waits (see
    `notice_selectors`), and what they were told; for each person who is told something, the person,
    the stores and two writes."""
    done = Notified()
    post = _Post()
    for place in notice_repository.places_on_duty():
        done += _apart(partial(_notify_at, place, post))
        if post.is_down:
            log.warning("no mail could be sent: the others are told in the next round")
            break
    return done


@dataclass(slots=True)
class _Post:
    """Whether mails go out in this round."""

    failed_in_a_row: int = 0

    @property
    def is_down(self) -> bool:
        return self.failed_in_a_row >= MOST_FAILED_IN_A_ROW


def _notify_at(place: Place, post: _Post) -> Notified:
    people = notice_repository.people_on_duty(place.org_id)
    if not people:
        notice_repository.leave(place)
        return Notified()
    waiting = WaitingRequests(place.org_id, now_in_milliseconds())
    if waiting.most_urgent() == ([], True):
        return Notified()
    told = notice_repository.told(one.user_id for one in people)
    done = Notified()
    for notices in people:
        one = _apart(partial(_tell, notices, told[notices.user_id], waiting))
        post.failed_in_a_row = post.failed_in_a_row + one.failed if not one.sent else 0
        done += one
        if post.is_down:
            break
    return done


def _apart(work: Callable[[], Notified]) -> Notified:
    try:
        return work()
    except Exception as error:  # noqa: BLE001  # the others are waiting, whatever it is
        # Its text may say whom it is about.
        *_, last = traceback.extract_tb(error.__traceback__)
        where = f"{last.filename}:{last.lineno}"
        log.error(
            "somebody was not told what waits",
            extra={"fields": {"error": type(error).__name__, "where": where}},
        )
        return Notified(left=1)


def _tell(notices: Notices, told: Told, waiting: WaitingRequests) -> Notified:
    now = waiting.now
    if told.is_busy(now) or told.is_put_off(now):
        return Notified()
    found = waiting.most_urgent()
    if found.is_all and not _news(notices, told, found.requests, now):
        return Notified()
    membership = get_membership(notices.org_id, notices.user_id)
    if membership is None or not membership.active:
        return Notified()
    actor = membership.actor
    if not found.is_all:
        # Theirs may be behind what is more urgent elsewhere.
        found = waiting.of_stores(_stores_of(notices, actor))
    news = _news(notices, told, found.requests, now)
    news = [one for one in news if actor.may(ANSWER, one.request.org_id, one.request.store_id)]
    if not news or not _is_time(told, news, now):
        return Notified()
    taken = notice_repository.take_on(told, until=now_in_milliseconds() + LEASE)
    if taken is None:
        return Notified(lost=1)
    try:
        _send(membership, news, now, is_all=found.is_all)
    except MailNotSent:
        notice_repository.settle(taken.failed(now_in_milliseconds()))
        return Notified(failed=1)
    pairs = [(one.request, reason) for one in news for reason in one.reasons]
    notice_repository.settle(taken.after(pairs, now_in_milliseconds()))
    return Notified(sent=1)


def _stores_of(notices: Notices, actor: Actor) -> frozenset[str] | None:
    """Those that somebody reaches and wants to be told of; None for all."""
    if notices.stores is None or actor.stores is None:
        return actor.stores if notices.stores is None else notices.stores
    return notices.stores & actor.stores


def _news(notices: Notices, told: Told, waiting: list[Summary], now: datetime) -> list[_News]:
    found = []
    for request in waiting:
        reasons = notices.reasons(request, now)
        if any(not told.knows(request, reason) for reason in reasons):
            found.append(_News(request, tuple(reasons)))
    return found


def _is_time(told: Told, news: list[_News], now: datetime) -> bool:
    """What is to be answered at once is told at once."""
    pause = timedelta(minutes=settings.NOTICE_MINUTES)
    at_once = Urgency.AT_ONCE.priorities[0]
    return told.is_before(now - pause) or any(one.request.priority >= at_once for one in news)


def _send(membership: Membership, news: list[_News], now: datetime, *, is_all: bool) -> None:
    """Raises MailNotSent."""
    user = membership.user
    shown = news[:MOST_LISTED]
    stores = find_stores(user.org_id, sorted({one.request.store_id for one in shown}))
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(_zone_of(user)):
        lines = [_line(one, stores.get(one.request.store_id), now) for one in shown]
        mail.send(
            "supervisor_digest",
            to=user.email,
            language=language,
            name=user.name,
            lines=lines,
            count=len(news),
            more=len(news) - len(shown),
            is_all=is_all,
            link=mail.absolute(None, reverse("supervisor:queue")),
            notices_link=mail.absolute(None, reverse("supervisor:notices")),
        )


def _line(news: _News, store: Store | None, now: datetime) -> Line:
    request = news.request
    path = reverse("supervisor:request", args=[request.store_id, request.id])
    return Line(
        header=request.header,
        store_name=store.name if store else "",
        urgency=urgency_of(request.priority),
        waited=said_duration(now - request.asked_at),
        deadline=request.deadline,
        is_near=Reason.NEAR in news.reasons,
        link=mail.absolute(None, path),
    )


def _zone_of(user: User) -> tzinfo:
    """UTC where this machine does not know it."""
    try:
        return ZoneInfo(user.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
