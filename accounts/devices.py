"""What a browser says it is, in two words for the list of one's sessions.

Every word comes from the lists below, never from the header, which anybody can fill with anything.
"""

from __future__ import annotations

from accounts.entities import Device

_LONGEST_LOOKED_AT = 512

# In this order: most browsers also claim to be those further down, and most systems, too.
_BROWSERS = (
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-requests/", "Python"),
    ("python-httpx/", "Python"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> Device:
    """From the header User-Agent. What is not known stays empty."""
    text = user_agent[:_LONGEST_LOOKED_AT]
    return Device(_first(_BROWSERS, text), _first(_SYSTEMS, text))


def _first(words: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for word, name in words if word in text), "")
