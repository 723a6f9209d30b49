"""`manage.py create_tables`: creates the DynamoDB tables that are missing."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.local_store import EMBEDDED_VARIABLE
from storage.errors import StoreError
from storage.schema import create_tables


class Command(BaseCommand):
    help = "Creates the DynamoDB tables that are missing; leaves those that exist as they are."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = create_tables(recreate_unusable=EMBEDDED_VARIABLE in os.environ)
        except StoreError as error:
            raise CommandError(str(error)) from error
        for name in created:
            self.stdout.write(f"created table {name}")
        if not created:
            self.stdout.write("all tables are there")
