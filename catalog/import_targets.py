"""What catalog takes in from another system."""

from __future__ import annotations

from catalog.imports.sql_target import ProductTarget
from storage.intake import Target

TARGETS: tuple[Target, ...] = (ProductTarget(),)
