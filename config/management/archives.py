"""What `dump` and `restore` share: exit codes, the progress bar, and Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from storage.archive.errors import ArchiveError
from storage.archive.manifest import Manifest
from storage.archive.progress import Progress, Tell
from storage.errors import StoreError
from storage.interruption import Interruption

ARCHIVE_REFUSED, COULD_NOT_RUN = 1, 2
_MEGABYTE = 1_000_000


class Interrupted(Exception):
    """Ctrl-C or SIGTERM, between two steps of the work."""


def add_choice_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--table",
        action="append",
        dest="tables",
        metavar="NAME",
        help="Only this table, by its name without the prefix; may be repeated.",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="NAME",
        help="All tables but this one; may be repeated.",
    )
    parser.add_argument("--quiet", action="store_true", help="No progress bar.")


def chosen(known: list[str], tables: list[str] | None, exclude: list[str]) -> list[str]:
    """In the order of `known`. Raises CommandError for a name that is not there, or none left."""
    for name in (*(tables or ()), *exclude):
        if name not in known:
            text = _("There is no table %(name)s; there are: %(known)s.")
            raise CommandError(
                text % {"name": name, "known": ", ".join(known)}, returncode=COULD_NOT_RUN
            )
    wanted = known if tables is None else [name for name in known if name in tables]
    left = [name for name in wanted if name not in exclude]
    if not left:
        raise CommandError(_("No table is left."), returncode=COULD_NOT_RUN)
    return left


@contextmanager
def errors_in_words(after_interruption: str) -> Iterator[None]:
    """Every way in which the work can fail becomes a CommandError with exit code 2."""
    try:
        yield
    except (Interrupted, KeyboardInterrupt):
        raise CommandError(after_interruption, returncode=COULD_NOT_RUN) from None
    except ArchiveError as error:
        raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
    except StoreError as error:
        text = _("The store did not answer: %(reason)s.")
        raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error
    except OSError as error:
        reason = error.strerror or str(error)
        said = f"{error.filename}: {reason}." if error.filename else f"{reason}."
        raise CommandError(said, returncode=COULD_NOT_RUN) from error


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Tell]:
    """Rate and time left, on a terminal only. What it yields raises Interrupted after Ctrl-C."""
    hidden = quiet or not sys.stderr.isatty()
    with Interruption() as interruption, tqdm(unit=_(" items"), disable=hidden) as bar:

        def tell(progress: Progress) -> None:
            if interruption.was_asked_for():
                raise Interrupted
            bar.total = progress.total
            bar.set_description_str(progress.table, refresh=False)
            bar.update(progress.done - bar.n)

        yield tell


def summary(manifest: Manifest, digest: str) -> str:
    text = _(
        "%(tables)d tables, %(items)d items, %(megabytes).1f MB, of %(moment)s."
        "\nChecksum of the manifest:\n%(digest)s"
    )
    return text % {
        "tables": len(manifest.tables),
        "items": manifest.items,
        "megabytes": manifest.data_bytes / _MEGABYTE,
        "moment": manifest.created_at,
        "digest": digest,
    }
