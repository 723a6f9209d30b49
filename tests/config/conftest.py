from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings


@pytest.fixture
def probes(settings: Settings) -> Client:
    """A browser on the addresses of tests/config/urls.py; server errors come back as pages."""
    settings.ROOT_URLCONF = "tests.config.urls"
    return Client(raise_request_exception=False)
