from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def settled(settings: Any, store: None) -> None:
    """Nothing is under way from before a deletion."""
    settings.REMOVAL_SETTLES_SECONDS = 0
