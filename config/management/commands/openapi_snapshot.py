"""`manage.py openapi_snapshot`: writes docs/openapi.json."""

from __future__ import annotations

from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand

from config.api import api

FORMAT = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS


class Command(BaseCommand):
    help = "Writes the OpenAPI document of the JSON API to docs/openapi.json."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "openapi.json"
        path.write_bytes(orjson.dumps(api.get_openapi_schema(), option=FORMAT))
        self.stdout.write("wrote docs/openapi.json")
