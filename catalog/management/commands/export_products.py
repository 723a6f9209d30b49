"""`manage.py export_products --owner EMAIL --format csv`: see docs/import.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.imports.exports import export_csv, export_ndjson
from catalog.management.owner import actor_for, add_owner_arguments
from storage.domain import DomainError
from storage.errors import StoreUnavailable

COULD_NOT_RUN = 2


class Command(BaseCommand):
    help = "Writes all products of an organisation; import_products understands the result."

    def add_arguments(self, parser: CommandParser) -> None:
        add_owner_arguments(parser)
        parser.add_argument("--format", choices=("csv", "ndjson"), default="csv")
        parser.add_argument("--output", type=Path, metavar="FILE", help="Instead of the screen.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            actor = actor_for(options, include_deleted=True)
            export = {"csv": export_csv, "ndjson": export_ndjson}[options["format"]]
            if options["output"] is None:
                for text in export(actor):
                    sys.stdout.buffer.write(text.encode())
                return
            with options["output"].open("wb") as output:
                for text in export(actor):
                    output.write(text.encode())
        except (DomainError, StoreUnavailable, OSError) as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
