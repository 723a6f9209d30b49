"""What the composition root tells the storage layer; read by everything in this package."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StorageConfiguration:
    """Where the tables are and how they are named.

    `endpoint` is a URL, or None for AWS itself. `place` names the data where the endpoint is only
    a passing one, as an engine's that a command starts. `cursor_secret` signs the pagination
    cursors.
    `shards` spreads the keys that all traffic shares; 1 leaves them literally as documented.
    """

    endpoint: str | None = None
    region: str = "eu-west-1"
    table_prefix: str = ""
    cursor_secret: bytes = field(default=b"", repr=False)
    shards: int = 1
    connect_timeout_seconds: float = 1.0
    read_timeout_seconds: float = 3.0
    max_attempts: int = 3
    max_pool_connections: int = 32
    place: str = ""


_configuration = StorageConfiguration()
_generation = 0


def configure(configuration: StorageConfiguration) -> None:
    """Replaces the configuration; clients and table connections made before are dropped."""
    global _configuration, _generation
    if configuration.shards < 1:
        raise ValueError("shards must be at least 1")
    _configuration = configuration
    _generation += 1


def configuration() -> StorageConfiguration:
    return _configuration


def generation() -> int:
    """Grows with every `configure`, so that caches know when they are stale."""
    return _generation


def table_name(logical_name: str) -> str:
    """`product-listing` → `$PRODUCT_LISTING_TABLE_NAME`, or else prefix and logical name.

    Always lower case: the local engine matches table names case-insensitively, AWS does not.
    """
    variable = logical_name.upper().replace("-", "_") + "_TABLE_NAME"
    return (os.environ.get(variable) or _configuration.table_prefix + logical_name).lower()
