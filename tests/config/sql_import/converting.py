"""One value through one converter."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from config.sql_import.conversion import converter_of
from config.sql_import.errors import Refused
from config.sql_import.mapping import FieldMapping
from storage.intake import FieldKind, TargetField

CHOICES = ("in_stock", "out_of_stock")


def convert(kind: str, value: Any, *, zone: str = "", dry_run: bool = False, **options: Any) -> Any:
    field = TargetField("f", cast(FieldKind, kind), choices=CHOICES)
    folder = options.pop("inside", Path())
    mapped = FieldMapping("f", "column", ("c",), None, options)
    return converter_of(field, mapped, zone=zone, folder=folder, dry_run=dry_run)(value)


def refused(kind: str, value: Any, **options: Any) -> str:
    with pytest.raises(Refused) as found:
        convert(kind, value, **options)
    return str(found.value.text)
