"""What pydantic finds in a request, in the words of this site and in the visitor's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

REQUIRED = _("This field is required.")
NO_WHOLE_NUMBER = _("Send a whole number.")
NO_TRUTH = _("Send true or false.")
TEXTS = {
    "missing": REQUIRED,
    "extra_forbidden": _("There is no such field."),
    "string_type": _("Send a text in quotation marks."),
    "string_too_short": _("Use at least %(min_length)d characters."),
    "string_too_long": _("Use at most %(max_length)d characters."),
    "string_pattern_mismatch": _("This does not have the right form."),
    "list_type": _("Send a list."),
    "int_type": NO_WHOLE_NUMBER,
    "int_parsing": NO_WHOLE_NUMBER,
    "int_parsing_size": NO_WHOLE_NUMBER,
    "int_from_float": NO_WHOLE_NUMBER,
    "bool_type": NO_TRUTH,
    "bool_parsing": NO_TRUTH,
    "greater_than_equal": _("Use %(ge)s or more."),
    "less_than_equal": _("Use %(le)s or less."),
    "enum": _("Choose one of: %(expected)s."),
    "model_attributes_type": _("Send a JSON object."),
    "model_type": _("Send a JSON object."),
}


def entries(errors: Iterable[dict[str, Any]]) -> Iterable[dict[str, str]]:
    """{field, message, code} for each; `field` is the path inside the body, joined by dots."""
    for error in errors:
        location = [str(part) for part in error["loc"]]
        # ("body", "payload", "price"): the first two name the place and the view's argument.
        names = location[2:] or location[1:] or location
        kind = str(error["type"])
        yield {"field": ".".join(names), "message": _message(kind, error), "code": kind}


def _message(kind: str, error: dict[str, Any]) -> str:
    text = TEXTS.get(kind)
    if text is None:
        return str(error["msg"]).removeprefix("Value error, ")
    context = dict(error.get("ctx", {}))
    if "expected" in context:
        # "'a', 'b' or 'c'" in English only.
        context["expected"] = ", ".join(re.findall("'([^']*)'", context["expected"]))
    return str(text % context if context else text)
