"""When two e-mail addresses are the same address."""

from __future__ import annotations

import re
import unicodedata

from accounts.errors import InvalidEmail

LONGEST_ADDRESS = 254
LONGEST_LOCAL_PART = 64
LONGEST_LABEL = 63

_ATOM = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def normalise_email(text: str) -> str:
    """The one spelling under which an address is unique. Raises InvalidEmail.

    Surrounding space goes; Unicode is composed (NFC) and case-folded on both sides of the @;
    an international domain takes its ASCII (IDNA 2003) form. Dots and plus suffixes stay: what
    they mean is the mail provider's business. Refused: quoted local parts, address literals,
    domains of one label or with a numeric last label, more than 254 octets, 64 before the @.
    """
    local, separator, domain = _folded(text.strip()).rpartition("@")
    if not separator or not _is_local_part(local):
        raise InvalidEmail
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address.encode()) > LONGEST_ADDRESS:
        raise InvalidEmail
    return address


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _is_local_part(local: str) -> bool:
    return (
        0 < len(local.encode("utf-8", "surrogatepass")) <= LONGEST_LOCAL_PART
        and all(local.split("."))
        and all(character == "." or _is_atom_character(character) for character in local)
    )


def _is_atom_character(character: str) -> bool:
    if character.isascii():
        return character in _ATOM
    # Letters, marks and digits of any script; no controls, spaces or lookalike punctuation.
    return unicodedata.category(character)[0] in "LMN"


def _ascii_domain(domain: str) -> str:
    try:
        name = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise InvalidEmail from error
    labels = name.split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        raise InvalidEmail
    if not all(len(label) <= LONGEST_LABEL and _LABEL.fullmatch(label) for label in labels):
        raise InvalidEmail
    return name
