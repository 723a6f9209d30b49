"""In which language people are spoken to who never said."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import get_language


def language_of_page() -> str:
    """What this moment speaks, as the `language` of somebody new; empty where the site speaks it
    anyway."""
    language = (get_language() or "").partition("-")[0]
    known = dict(settings.LANGUAGES)
    return language if language in known and language != settings.LANGUAGE_CODE else ""
