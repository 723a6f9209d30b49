"""What people type, without what nobody sees. Pure."""

from __future__ import annotations

import unicodedata

from accounts.errors import InvalidName

LONGEST_NAME = 150
# Some scripts write a word differently with one of them, and emoji are made of several.
_JOINERS = frozenset("\u200c\u200d")
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# What keyboards have in place of typographic quotes and dashes.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
)
# Letters and symbols that nobody sees.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def clean_name(text: str, *, field: str) -> str:
    """One line without characters that nobody sees, which would make one name look like another.
    Raises InvalidName under `field`."""
    name = " ".join(_visible(text).split())
    if len(name) > LONGEST_NAME:
        raise InvalidName(field)
    return name


def clean_text(text: str) -> str:
    """Lines without characters that nobody sees. Spaces stay as many as there were, tabs too; those
    of other kinds, which texts from elsewhere are full of, become plain ones."""
    lines = (_with_plain_spaces(_visible(line)) for line in text.splitlines())
    return "\n".join(lines).strip()


def is_same_name(typed: str, name: str) -> bool:
    """Whether somebody typed a name, whatever the case, spaces, and quotes or dashes of a kind."""
    return _folded(typed) == _folded(name)


def without_format(text: str) -> str:
    """Without joiners either, to compare names."""
    return "".join(character for character in text if not _is_invisible(character))


def _visible(text: str) -> str:
    return "".join(
        character
        for place, character in enumerate(text)
        if not _is_invisible(character) or (character in _JOINERS and _joins(text, place))
    )


def _with_plain_spaces(line: str) -> str:
    return "".join(" " if one.isspace() and one != "\t" else one for one in line)


def _folded(text: str) -> str:
    # First, for normalising makes a space and an accent of a lone one.
    plain = without_format(unicodedata.normalize("NFKC", text.translate(_PLAIN)))
    return " ".join(plain.casefold().split())


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category in ("Cf", "Cs")
        or (category == "Cc" and not character.isspace())
        or character in _BLANK
    )


def _joins(text: str, place: int) -> bool:
    beside = (text[place - 1 : place], text[place + 1 : place + 2])
    return all(one and _can_be_joined(one) for one in beside)


def _can_be_joined(character: str) -> bool:
    """A letter, a mark on one, or a part of an emoji."""
    category = unicodedata.category(character)
    return category.startswith(("L", "M", "So")) or character in _SKIN_TONES
