from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture
def confirmed(settings: Settings) -> None:
    """Sign-ups have to be confirmed."""
    settings.SIGN_UP_CONFIRMED = True
