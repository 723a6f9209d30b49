"""What the commands that import share: exit codes, the way they fail, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils.translation import gettext as _

from storage.domain import DomainError
from storage.errors import StoreError, StoreUnavailable
from storage.explanations import STORE_FAILURES, explain
from storage.intake import Counts

SOME_REFUSED, COULD_NOT_RUN = 1, 2


def add_run_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--errors", type=Path, metavar="FILE", help="Report of what was refused (CSV)."
    )
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="How far it came.")
    parser.add_argument("--fresh", action="store_true", help="Ignore an earlier checkpoint.")


def report_and_checkpoint(
    options: Mapping[str, Any], path: Path, *, dry_run: bool
) -> tuple[Path, Path]:
    """Beside what is imported, unless the person names others."""
    # A name of its own, so that a real run that was stopped keeps its report.
    ending = ".dry-run.errors.csv" if dry_run else ".errors.csv"
    report: Path = options["errors"] or path.with_name(path.name + ending)
    return report, options["checkpoint"] or report.with_name(report.name + ".checkpoint")


@contextmanager
def failures_explained() -> Iterator[None]:
    """Raises CommandError for everything that the rules or the store say no to."""
    try:
        yield
    except DomainError as error:
        raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
    except StoreUnavailable as error:
        text = _("The store did not answer (%(reason)s). The same command goes on from there.")
        raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error
    except STORE_FAILURES as error:
        raise CommandError(explain(error), returncode=COULD_NOT_RUN) from error
    except StoreError as error:
        text = _("The store refused this (%(reason)s).")
        raise CommandError(text % {"reason": error}, returncode=COULD_NOT_RUN) from error


def say_columns(
    out: OutputWrapper, columns: Mapping[str, str], constants: Mapping[str, str]
) -> None:
    said = [f"{name} ← {text}" for name, text in columns.items()]
    said += [f"{name} = {text}" for name, text in constants.items()]
    out.write(_("Columns: %(columns)s") % {"columns": "; ".join(said)})


def summarise(
    out: OutputWrapper,
    counts: Counts,
    *,
    rows: int,
    dry_run: bool,
    report: Path,
    nothing_changed: str,
    rate: float | None = None,
) -> None:
    """`rows` since the very beginning; `rate` in rows a second, None where none was measured."""
    text = (
        _(
            "%(created)d would be created, %(changed)d changed, %(unchanged)d are unchanged,"
            " %(refused)d would be refused."
        )
        if dry_run
        else _(
            "%(created)d created, %(changed)d changed, %(unchanged)d unchanged,"
            " %(refused)d refused."
        )
    )
    amounts = {
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
    }
    out.write(text % amounts)
    if rows and counts.unchanged == rows:
        out.write(nothing_changed)
    if rate is not None:
        out.write(_("%(rows)d rows, %(rate)d a second.") % {"rows": rows, "rate": rate})
    if counts.refused:
        out.write(_("What was refused and why: %(file)s") % {"file": report})


def stopped(rows: int) -> CommandError:
    text = _("Stopped. The same command goes on after row %(rows)d; --fresh begins anew.")
    return CommandError(text % {"rows": rows}, returncode=COULD_NOT_RUN)
