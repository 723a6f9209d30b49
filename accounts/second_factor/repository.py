"""What is stored of second factors, and who must have one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pynamodb.expressions.update import Action

from accounts.entities import Organisation, User
from accounts.errors import ChangedMeanwhile, UserNotFound
from accounts.second_factor.entities import SecondFactor
from accounts.second_factor.errors import OwnSecondFactorFirst, SecondFactorDemanded
from accounts.tables import AccountItem, organisation_item, seconds, user_item, user_of
from storage.transactions import Transaction


def get_second_factor(org_id: str, user_id: str) -> SecondFactor:
    """One strongly consistent read. Raises UserNotFound."""
    item = AccountItem.find(org_id, user_id, consistent=True)
    if item is None:
        raise UserNotFound
    return SecondFactor(
        user_of(item),
        sealed=item.totp_secret or "",
        last_step=int(item.totp_step or 0),
        recovery=frozenset(item.recovery_codes or ()),
    )


def use_step(factor: SecondFactor, step: int) -> bool:
    """One write; False where this step or a later one has been used, or the secret is another."""
    unused = AccountItem.totp_step.does_not_exist() | (AccountItem.totp_step < step)
    return AccountItem.amend(
        factor.user.org_id,
        factor.user.user_id,
        actions=[AccountItem.totp_step.set(step)],
        condition=(AccountItem.totp_secret == factor.sealed) & unused,
    )


def use_recovery_code(transaction: Transaction, factor: SecondFactor, digest: str) -> None:
    """The commit raises ChangedMeanwhile; the person was changed, perhaps by another use."""
    actions = [AccountItem.recovery_codes.delete({digest})]
    _update(transaction, factor.user, actions)


def switch_on(
    transaction: Transaction, user: User, *, sealed: str, step: int, recovery: Iterable[str]
) -> None:
    """`step` counts as used. The commit raises ChangedMeanwhile."""
    actions = [
        AccountItem.second_factor_since.set(_now()),
        AccountItem.totp_secret.set(sealed),
        AccountItem.totp_step.set(step),
        AccountItem.recovery_codes.set(set(recovery)),
    ]
    _update(transaction, user, actions)


def renew_recovery_codes(transaction: Transaction, user: User, recovery: Iterable[str]) -> None:
    """The commit raises ChangedMeanwhile."""
    _update(transaction, user, [AccountItem.recovery_codes.set(set(recovery))])


def switch_off(transaction: Transaction, user: User) -> None:
    """The commit raises ChangedMeanwhile."""
    attributes = (
        AccountItem.second_factor_since,
        AccountItem.totp_secret,
        AccountItem.totp_step,
        AccountItem.recovery_codes,
    )
    _update(transaction, user, [attribute.remove() for attribute in attributes])


def change_requirement(transaction: Transaction, organisation: Organisation) -> None:
    """The commit raises ChangedMeanwhile."""
    required = AccountItem.second_factor_required
    change = required.set(True) if organisation.second_factor_required else required.remove()
    actions = [change, AccountItem.updated_at.set(_now())]
    transaction.update(organisation_item(organisation), actions, on_failure=ChangedMeanwhile)


def require_second_factor(transaction: Transaction, org_id: str, user_id: str) -> None:
    """The commit raises OwnSecondFactorFirst unless this person has one then."""
    transaction.check(
        AccountItem(org_id, user_id),
        AccountItem.second_factor_since.exists(),
        on_failure=OwnSecondFactorFirst,
    )


def require_not_demanded(transaction: Transaction, org_id: str) -> None:
    """The commit raises SecondFactorDemanded where the organisation asks for one then."""
    transaction.check(
        AccountItem(org_id, org_id),
        AccountItem.second_factor_required.does_not_exist(),
        on_failure=SecondFactorDemanded,
    )


def _update(transaction: Transaction, user: User, actions: Sequence[Action]) -> None:
    changed: list[Action] = [*actions, AccountItem.updated_at.set(_now())]
    transaction.update(user_item(user), changed, on_failure=ChangedMeanwhile)


def _now() -> int:
    moment = seconds(datetime.now(UTC))
    assert moment is not None
    return moment
