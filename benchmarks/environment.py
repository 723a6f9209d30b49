"""An application of its own for a benchmark: engine in memory, tables, settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.engine import Engine


@contextmanager
def application_environment(data_path: Path | None = None) -> Iterator[Engine]:
    """Environment variables for this process and its children while the engine runs."""
    with Engine.start(data_path) as engine:
        os.environ.update(
            STAGE="local",
            DYNAMODB_ENDPOINT=engine.endpoint,
            AWS_ACCESS_KEY_ID="local",
            AWS_SECRET_ACCESS_KEY="local",
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
            LOG_LEVEL="WARNING",
        )
        import django

        django.setup()
        from storage.schema import create_tables

        create_tables()
        yield engine
