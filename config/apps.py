from __future__ import annotations

from django.apps import AppConfig


class CompositionConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        import storage.schema  # noqa: F401  # registers the storage layer's own tables
