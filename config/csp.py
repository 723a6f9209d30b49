"""Content-Security-Policy in the settings format of Django 6, which makes this module needless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def header_of(policy: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())
