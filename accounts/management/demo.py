"""People and stores of the demonstration shop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from accounts import passwords, repository
from accounts.audit_trail import record
from accounts.entities import Actor, Role, User
from accounts.errors import EmailTaken
from accounts.stores.opening_hours import OpeningHours
from accounts.stores.selectors import all_stores
from accounts.stores.services import create_store
from storage.transactions import Transaction

COLLEAGUES = {
    "manager@example.com": ("Mina Okafor", Role.MANAGER),
    "supervisor@example.com": ("Sol Herrera", Role.SUPERVISOR),
    "staff@example.com": ("Tom Lindqvist", Role.STAFF),
    "viewer@example.com": ("Vera Novak", Role.VIEWER),
}
Part = Callable[[Actor], None]
_parts: list[Part] = []
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_STORES = (
    {
        "name": "Harbour",
        "number": "1",
        "lines": ["Quay 7"],
        "city": "Valencia",
        "country": "ES",
        "time_zone": "Europe/Madrid",
        "opening_hours": OpeningHours.from_json(
            {
                **{day: ["09:30-14:00", "17:00-20:30"] for day in _WEEKDAYS},
                "saturday": ["10:00-14:00"],
            }
        ),
    },
    {
        "name": "Pine Street",
        "number": "2",
        "lines": ["12 Pine Street"],
        "city": "Portland",
        "region": "OR",
        "country": "US",
        "time_zone": "America/Los_Angeles",
        "opening_hours": OpeningHours.from_json(
            {day: ["10:00-19:00"] for day in (*_WEEKDAYS, "saturday")}
        ),
    },
)


def contribute(part: Part) -> None:
    """For `AppConfig.ready`: what another app adds on behalf of the owner. A second time it must
    change nothing."""
    _parts.append(part)


def add_contributions(owner: Actor) -> None:
    for part in _parts:
        part(owner)


def add_stores(owner: Actor) -> None:
    """Nothing where there are some already."""
    if all_stores(owner, most=1):
        return
    for said in _STORES:
        create_store(actor=owner, said=said)


def add_colleagues(owner: User, password: str) -> None:
    """One for each built-in role but the owner; who is there already stays as they are."""
    for email, (name, role) in COLLEAGUES.items():
        colleague = replace(
            owner,
            user_id=User.new_id(),
            name=name,
            email=email,
            email_key=email,
            password=passwords.hashed(password),
            credential_stamp=User.new_stamp(),
            roles=(role,),
            last_login_at=None,
            version=None,
        )
        transaction = Transaction()
        repository.add_user(transaction, colleague)
        record(transaction, owner, colleague.audit_subject, "accounts.add_user")
        try:
            transaction.commit()
        except EmailTaken:
            continue
