"""What pydantic finds in a request, in the words of this site and in the visitor's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from pydantic_core.core_schema import ErrorType

REQUIRED = _("This field is required.")
NO_WHOLE_NUMBER = _("Send a whole number.")
NO_TRUTH = _("Send true or false.")
NO_TEXT = _("Send a text in quotation marks.")
NO_DATE = _("Send a date such as 2026-11-21.")
NO_MOMENT = _("Send a date with a time, such as 2026-11-21T14:30:00Z.")
NO_OBJECT = _("Send a JSON object.")
NO_CHOICE = _("Choose one of: %(expected)s.")
REFUSED = _("This cannot be accepted.")
TEXTS = {
    "missing": REQUIRED,
    "extra_forbidden": _("There is no such field."),
    "string_type": NO_TEXT,
    "string_unicode": NO_TEXT,
    "string_too_short": ngettext_lazy(
        "Use at least %(min_length)d character.",
        "Use at least %(min_length)d characters.",
        "min_length",
    ),
    "string_too_long": ngettext_lazy(
        "Use at most %(max_length)d character.",
        "Use at most %(max_length)d characters.",
        "max_length",
    ),
    "string_pattern_mismatch": _("This does not have the right form."),
    "list_type": _("Send a list."),
    "too_short": ngettext_lazy(
        "Send a list of at least %(min_length)d item.",
        "Send a list of at least %(min_length)d items.",
        "min_length",
    ),
    "too_long": ngettext_lazy(
        "Send a list of at most %(max_length)d item.",
        "Send a list of at most %(max_length)d items.",
        "max_length",
    ),
    "int_type": NO_WHOLE_NUMBER,
    "int_parsing": NO_WHOLE_NUMBER,
    "int_parsing_size": NO_WHOLE_NUMBER,
    "int_from_float": NO_WHOLE_NUMBER,
    "bool_type": NO_TRUTH,
    "bool_parsing": NO_TRUTH,
    "greater_than_equal": _("Use %(ge)s or more."),
    "less_than_equal": _("Use %(le)s or less."),
    "date_type": NO_DATE,
    "date_parsing": NO_DATE,
    "date_from_datetime_parsing": NO_DATE,
    "date_from_datetime_inexact": NO_DATE,
    "datetime_type": NO_MOMENT,
    "datetime_parsing": NO_MOMENT,
    "datetime_from_date_parsing": NO_MOMENT,
    "datetime_object_invalid": NO_MOMENT,
    "timezone_aware": _("Say in which time zone, such as 2026-11-21T14:30:00Z."),
    "enum": NO_CHOICE,
    "literal_error": NO_CHOICE,
    "model_attributes_type": NO_OBJECT,
    "model_type": NO_OBJECT,
}


_BUILT_IN = frozenset(get_args(ErrorType))


def entries(errors: Iterable[dict[str, Any]]) -> Iterable[dict[str, str]]:
    """{field, message, code} for each; `field` is the path inside the body, joined by dots."""
    for error in errors:
        location = [str(part) for part in error["loc"]]
        # ("body", "payload", "price"): the first two name the place and the view's argument.
        names = location[2:] or location[1:] or location
        kind = str(error["type"])
        yield {"field": ".".join(names), "message": _message(kind, error), "code": kind}


def _message(kind: str, error: dict[str, Any]) -> str:
    """Errors of our own schemas speak for themselves; pydantic's own would be English."""
    text = TEXTS.get(kind)
    if kind == "value_error":
        # Of our own.
        return str(error["msg"]).removeprefix("Value error, ")
    if text is None:
        return str(REFUSED if kind in _BUILT_IN else error["msg"])
    context = dict(error.get("ctx", {}))
    if "expected" in context:
        # "'a', 'b' or 'c'" in English only.
        context["expected"] = ", ".join(re.findall("'([^']*)'", context["expected"]))
    return str(text % context if context else text)
