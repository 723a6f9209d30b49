"""The store's own refusals in words for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from storage.archive.errors import ArchiveError


@contextmanager
def as_archive_errors() -> Iterator[None]:
    """Raises ArchiveError where the store refused a request, for lack of rights for instance."""
    try:
        yield
    except ClientError as error:
        reason = error.response["Error"]
        raise ArchiveError(
            f"The store refused {error.operation_name}: {reason.get('Message') or reason['Code']}"
        ) from error
