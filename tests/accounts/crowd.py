"""Many people and organisations, written quickly; and what the store was asked, word for word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from accounts.entities import Organisation, Role, User
from accounts.tables import AccountItem, organisation_item, user_item
from storage.client import shared_client
from storage.transactions import MAX_ACTIONS, Transaction

_START = datetime(2026, 1, 1, tzinfo=UTC)
# As long as one of the hashes that production makes.
_HASH = "argon2$argon2id$v=19$m=102400,t=2,p=8$" + "x" * 22 + "$" + "y" * 43


def member(org_id: str, number: int, *, deleted: bool = False) -> User:
    """The `number`-th of an endless, always equal series."""
    return User(
        org_id=org_id,
        user_id=f"USER-00000000-0000-4000-8000-{number:012}",
        name=f"Person {number:04}",
        email=f"Person.{number:04}@example.com",
        email_key=f"person.{number:04}@example.com",
        password=_HASH,
        credential_stamp="stamp-of-twenty-two-ch",
        roles=(Role.STAFF,),
        created_at=_START,
        updated_at=_START,
        deleted_at=_START if deleted else None,
    )


def organisation(number: int, *, deleted: bool = False) -> Organisation:
    name, org_id = f"Shop {number:04}", f"ORG-00000000-0000-4000-8000-{number:012}"
    founded = replace(Organisation.founded(name, org_id=org_id), created_at=_START)
    return replace(founded, deleted_at=_START if deleted else None)


def write(entities: Iterable[User | Organisation]) -> None:
    """Without markers and history: lists ask for neither."""
    transaction = Transaction()
    for entity in entities:
        transaction.put(_item(entity))
        if len(transaction) == MAX_ACTIONS:
            transaction.commit()
            transaction = Transaction()
    transaction.commit()


def crowd(count: int, org_id: str = "ORG-crowd") -> list[User]:
    people = [member(org_id, number) for number in range(count)]
    write(people)
    return people


def organisations(count: int) -> list[Organisation]:
    shops = [organisation(number) for number in range(count)]
    write(shops)
    return shops


def _item(entity: User | Organisation) -> AccountItem:
    return user_item(entity) if isinstance(entity, User) else organisation_item(entity)


@contextmanager
def asked() -> Iterator[list[str]]:
    """What the reads inside the block ask for, such as
    `itemTypeIdIndex: itemType = USER AND id = alice@example.com`."""
    heard: list[str] = []

    def listen(params: dict[str, Any], model: Any, **_: Any) -> None:
        heard.append(_words(model.name, json.loads(params["body"])))

    events = shared_client().meta.events
    events.register("before-call.dynamodb", listen)
    try:
        yield heard
    finally:
        events.unregister("before-call.dynamodb", listen)


def _words(operation: str, body: dict[str, Any]) -> str:
    if operation != "Query":
        key = " AND ".join(f"{name} = {value['S']}" for name, value in body["Key"].items())
        return f"{operation}: {key}"
    names = body.get("ExpressionAttributeNames", {})
    values = body.get("ExpressionAttributeValues", {})
    condition = re.sub(r"#\w+", lambda found: names[found[0]], body["KeyConditionExpression"])
    condition = re.sub(r":\w+", lambda found: values[found[0]]["S"], condition)
    return f"{body.get('IndexName', 'table')}: {condition.replace('(', '').replace(')', '')}"
