"""The store's own refusals in words for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from storage.archive.errors import ArchiveError
from storage.evolution.errors import MigrationError


@contextmanager
def as_archive_errors() -> Iterator[None]:
    """Raises ArchiveError where the store refused a request, for lack of rights for instance.

    Also where the machinery of the migrations gave up, whose sentences have no full stop.
    """
    try:
        yield
    except MigrationError as error:
        raise ArchiveError(f"{error}.") from error
    except ClientError as error:
        reason = error.response["Error"]
        raise ArchiveError(
            f"The store refused {error.operation_name}: {reason.get('Message') or reason['Code']}"
        ) from error
