"""The apps of this project, as the commands about tables see them."""

from __future__ import annotations

from django.apps import apps


def own_apps() -> list[str]:
    """Their packages, in the order in which they build on each other."""
    return [app.name for app in apps.get_app_configs() if "." not in app.name]
