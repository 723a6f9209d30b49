"""All-or-nothing writes whose failures come back in the caller's own words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from storage.client import call
from storage.errors import CancellationReason, StoreBusy, TransactionCancelled, TransactionTooLarge
from storage.pauses import ATTEMPTS, pause
from storage.table import Table

MAX_ACTIONS = 100
CONDITION_FAILED = "ConditionalCheckFailed"
# Reasons that say nothing about the data: somebody else was at the same items, or too much at once.
PASSING = frozenset(
    {
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
    }
)

OnFailure = Exception | Callable[[], Exception] | None


class _Operation(NamedTuple):
    request: dict[str, Any]
    on_failure: OnFailure


class Transaction:
    """Collects writes and sends them as one TransactWriteItems, in the order they were added.

    `on_failure` is the exception, or a function that makes it, to raise when the condition of
    that operation fails; the first failed operation that has one speaks. An item with a version
    attribute is put, updated or deleted only if its stored version is still the one the item was
    read with.

    Sending is idempotent for ten minutes (client request token), so a lost reply does no harm.
    """

    def __init__(self) -> None:
        self._operations: list[_Operation] = []

    def __len__(self) -> int:
        return len(self._operations)

    def put(
        self, item: Table, condition: Condition | None = None, on_failure: OnFailure = None
    ) -> None:
        arguments = item.get_save_kwargs_from_instance(condition=condition)
        self._add("Put", arguments, on_failure)

    def update(
        self,
        item: Table,
        actions: Sequence[Action],
        condition: Condition | None = None,
        on_failure: OnFailure = None,
    ) -> None:
        # A copy, for PynamoDB adds the version's increment to the list it is given.
        arguments = item.get_update_kwargs_from_instance(actions=[*actions], condition=condition)
        self._add("Update", arguments, on_failure)

    def amend(
        self,
        item: Table,
        actions: Sequence[Action],
        condition: Condition | None = None,
        on_failure: OnFailure = None,
    ) -> None:
        """An update beside all others, whatever version is stored: for counters."""
        hash_value, range_value = item._serialize_keys(*item.primary_key())
        arguments = item._get_connection().get_operation_kwargs(
            hash_value, range_key=range_value, actions=[*actions], condition=condition
        )
        self._add("Update", arguments, on_failure)

    def delete(
        self, item: Table, condition: Condition | None = None, on_failure: OnFailure = None
    ) -> None:
        arguments = item.get_delete_kwargs_from_instance(condition=condition)
        self._add("Delete", arguments, on_failure)

    def check(self, item: Table, condition: Condition, on_failure: OnFailure = None) -> None:
        hash_key, range_key = item.primary_key()
        arguments = item.get_operation_kwargs_from_class(hash_key, range_key, condition)
        self._add("ConditionCheck", arguments, on_failure)

    def put_raw(self, table: type[Table], item: dict[str, Any]) -> None:
        """Puts an item that is already in DynamoDB's typed form, without a condition."""
        self._add("Put", {"TableName": table.physical_name(), "Item": item}, None)

    def delete_raw(self, table: type[Table], key: dict[str, Any]) -> None:
        self._add("Delete", {"TableName": table.physical_name(), "Key": key}, None)

    def extend(self, other: Transaction) -> None:
        """With what `other` has. A check that is here already is not repeated, for a transaction
        may name an item only once."""
        checks = [one.request for one in self._operations if "ConditionCheck" in one.request]
        self._operations += [one for one in other._operations if one.request not in checks]

    def commit(self) -> None:
        """Writes everything or nothing.

        Raises the `on_failure` of the first failed operation that has one, TransactionCancelled
        where none has; StoreBusy when other transactions kept interfering; TransactionTooLarge
        above 100 operations; StoreUnavailable.
        """
        if not self._operations:
            return
        if len(self._operations) > MAX_ACTIONS:
            raise TransactionTooLarge(f"{len(self._operations)} actions; {MAX_ACTIONS} at most")
        token = str(uuid.uuid4())
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(attempt)
            if self._send(token):
                return
        raise StoreBusy(f"transaction conflicted {ATTEMPTS} times")

    def _send(self, token: str) -> bool:
        """True when written, False when another attempt makes sense."""
        arguments = {
            "TransactItems": [operation.request for operation in self._operations],
            "ClientRequestToken": token,
        }
        try:
            call("TransactWriteItems", arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "TransactionInProgressException":
                # An attempt whose reply was lost still works; botocore has waited for it already.
                raise StoreBusy(code) from error
            if code != "TransactionCanceledException":
                raise
            self._explain(error)
            return False
        return True

    def _explain(self, error: ClientError) -> None:
        """Raises unless every reason is a passing one."""
        reasons = tuple(
            None
            if reason.get("Code", "None") == "None"
            else CancellationReason(reason["Code"], reason.get("Message", ""))
            for reason in error.response.get("CancellationReasons", [])
        )
        for operation, reason in zip(self._operations, reasons, strict=False):
            if reason and reason.code == CONDITION_FAILED and operation.on_failure is not None:
                failure = operation.on_failure
                raise (failure if isinstance(failure, Exception) else failure()) from error
        if not reasons or any(reason and reason.code not in PASSING for reason in reasons):
            raise TransactionCancelled(reasons) from error

    def _add(self, kind: str, arguments: dict[str, Any], on_failure: OnFailure) -> None:
        self._operations.append(_Operation({kind: arguments}, on_failure))
