"""Text as the catalogue compares it: without case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata

LONGEST_WORD = 40
LONGEST_SLUG = 80

# Letters that Unicode does not decompose into a base letter and a mark.
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"}
)
_SEPARATORS = re.compile(r"[\W_]+")

# Spanish and English words that nearly every name has: neither indexed nor searched for.
STOP_WORDS = frozenset(
    (
        "a al an and con de del el en for from in la las lo los of on or para por the to"
        " un una with y"
    ).split()
)


def normalise(text: str) -> str:
    """`"Café-Molido 250 g"` → `"cafe molido 250 g"`: the words, joined by single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    letters = letters.casefold().translate(_UNDECOMPOSED)
    return _SEPARATORS.sub(" ", letters).strip()


def words(text: str) -> list[str]:
    """The distinct words worth searching for, in order of appearance, each at most 40 letters."""
    found = (word[:LONGEST_WORD] for word in normalise(text).split())
    return [word for word in dict.fromkeys(found) if word not in STOP_WORDS]


def slugify(text: str, *, fallback: str = "product") -> str:
    """`"Café molido"` → `"cafe-molido"`; letters of other scripts stay, at most 80 characters."""
    slug = normalise(text).replace(" ", "-")
    if len(slug) > LONGEST_SLUG:
        slug = slug[:LONGEST_SLUG].rsplit("-", 1)[0] or slug[:LONGEST_SLUG]
    return slug.strip("-") or fallback
