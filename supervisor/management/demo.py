"""What people ask in the demonstration shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.entities import Actor
from accounts.selectors import find_membership
from accounts.stores.selectors import all_stores
from supervisor import canned_answers, services
from supervisor.entities import Request, now_in_milliseconds
from supervisor.knowledge.selectors import list_articles
from supervisor.knowledge.services import create_article

STAFF = "staff@example.com"
SUPERVISOR = "supervisor@example.com"
# Some are there still for who looks again tomorrow, and some have timed out by then.
_LONGEST_WAIT = timedelta(days=6)
_WAITS = {9: timedelta(hours=3), 7: timedelta(hours=20)}
_HARBOUR, _PINE_STREET = "1", "2"

_WAITING: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        _HARBOUR,
        {
            "header": "Water is coming through the ceiling of the storeroom",
            "body": "Above the shelves with lamps. We have put buckets there.\n"
            "Whom may I call, and may I switch off the light there?",
            "priority": 9,
            "tags": ["building"],
        },
    ),
    (
        _PINE_STREET,
        {
            "header": "May he return a lamp without the bill?",
            "body": "Bought in March, he says. The box is open, the lamp looks new.",
            "caller_name": "Mr Romero",
            "phone_number": "+34 600 000 017",
            "reference": "LAMP-114",
            "priority": 7,
            "tags": ["returns"],
        },
    ),
    (
        _HARBOUR,
        {
            "header": "A school wants forty chairs by Friday",
            "body": "They ask for a price for forty, and whether we bring them.",
            "caller_name": "Greta Sand",
            "phone_number": "+34 600 000 023",
            "priority": 4,
            "tags": ["prices", "delivery"],
        },
    ),
    (
        _PINE_STREET,
        {
            "header": "Which days are we closed at the end of the year?",
            "body": "I would like to put a note on the door.",
            "priority": 1,
        },
    ),
)
_ANSWERED: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        _HARBOUR,
        {
            "header": "The card reader says “no connection”",
            "body": "Since this morning. Cash works.",
            "priority": 7,
            "tags": ["till"],
        },
        "Pull the plug, wait for a minute, put it in again. Call me if it says the same then.",
    ),
    (
        _PINE_STREET,
        {
            "header": "Is the blue teapot coming back?",
            "caller_name": "Ida Winter",
            "phone_number": "+34 600 000 031",
            "priority": 1,
            "tags": ["stock"],
        },
        "Yes, in the second week of next month. I have put one aside for her.",
    ),
)
_ARTICLES = (
    {
        "title": "Returns without a bill",
        "text": "Within thirty days, if the packaging is ours: a voucher, no money.\n"
        "Later: ask a supervisor, with a photograph.",
        "tags": ["returns"],
    },
    {
        "title": "The card reader has no connection",
        "text": "1. Pull the plug.\n2. Wait for a minute.\n3. Put it in again.\n"
        "If it says the same, take cash and ask a supervisor.",
        "tags": ["till"],
    },
)
_CANNED = {
    "Returns, thirty days": "Within thirty days, and with the bill: yes.",
    "I call back": "I call the customer myself within the hour. Please leave it to me.",
}


def add_requests(owner: Actor) -> None:
    """Nothing where articles are there already, or the people of the demonstration are not."""
    staff, supervisor = (find_membership(email=email) for email in (STAFF, SUPERVISOR))
    if staff is None or supervisor is None or list_articles(owner).items:
        return
    stores = {store.number: store.store_id for store in all_stores(owner)}
    for number, raw in _WAITING:
        if number in stores:
            _ask(staff.actor, stores[number], raw)
    for number, raw, text in _ANSWERED:
        if number in stores:
            asked = _ask(staff.actor, stores[number], raw)
            keys = {"store_id": asked.store_id, "request_id": asked.id}
            services.answer(actor=supervisor.actor, **keys, text=text)
    for title, text in _CANNED.items():
        canned_answers.add_canned_answer(actor=owner, title=title, text=text)
    for article in _ARTICLES:
        create_article(actor=owner, raw=article)


def _ask(actor: Actor, store_id: str, raw: dict[str, Any]) -> Request:
    deadline = now_in_milliseconds() + _WAITS.get(raw["priority"], _LONGEST_WAIT)
    return services.ask(actor=actor, store_id=store_id, raw=raw, deadline=deadline).request
