from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from storage.configuration import configuration, configure
from storage.engine import Engine
from storage.schema import create_tables


@pytest.fixture
def probes(settings: Settings) -> Client:
    """A browser on the addresses of tests/config/urls.py; server errors come back as pages."""
    settings.ROOT_URLCONF = "tests.config.urls"
    return Client(raise_request_exception=False)


@pytest.fixture
def empty_store() -> Iterator[Engine]:
    """An engine of this test's own, without any table."""
    original = configuration()
    with Engine.start(None) as engine:
        configure(replace(original, endpoint=engine.endpoint, table_prefix="shop-", max_attempts=1))
        yield engine
    configure(original)


@pytest.fixture
def all_tables(empty_store: Engine) -> None:
    create_tables()
