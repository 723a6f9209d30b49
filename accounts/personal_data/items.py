"""Erasures as items of the table `accounts`, and back.

An erasure has `ERASURE-<uuid>` as both keys, with the uuid of the person: it is no organisation's,
and stays when that is destroyed. In the index it is `ERASURE` while there is something left to do,
then `ERASED`; its `id` is `<organisation>.<person>`.
"""

from __future__ import annotations

from accounts.personal_data.entities import Erasure
from accounts.tables import AccountItem, at_version, item_type, moment, moment_or_none, seconds

ERASURE = "ERASURE"
ERASED = "ERASED"


def erasure_key(user_id: str) -> str:
    return f"{ERASURE}-{user_id.removeprefix('USER-')}"


def erasure_item(erasure: Erasure) -> AccountItem:
    key = erasure_key(erasure.user_id)
    said = {"name": erasure.name, "email": erasure.email, "email_key": erasure.email_key}
    item = AccountItem(
        key,
        key,
        item_type=item_type(ERASED if erasure.done else ERASURE, erasure.pk),
        id=erasure.pk,
        org_id=erasure.org_id,
        user_id=erasure.user_id,
        job=said if any(said.values()) else None,
        created_at=seconds(erasure.begun_at),
        updated_at=seconds(erasure.swept_at),
    )
    return at_version(item, erasure.version)


def erasure_of(item: AccountItem) -> Erasure:
    said = item.job or {}
    return Erasure(
        org_id=item.org_id,
        user_id=item.user_id,
        begun_at=moment(item.created_at),
        name=said.get("name", ""),
        email=said.get("email", ""),
        email_key=said.get("email_key", ""),
        swept_at=moment_or_none(item.updated_at),
        done=item.item_type.partition("#")[0] == ERASED,
        version=item.version,
    )
