from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.api_tokens.entities import new_id
from accounts.api_tokens.selectors import ScopeGroup
from accounts.entities import LONGEST_NAME
from accounts.forms import DomainForm
from storage.domain import DomainError

OWN_DATE = "date"
_DAYS = (30, 90, 365)
_MONTH = 30


def _lifetimes() -> list[tuple[str, object]]:
    possible = [days for days in _DAYS if days <= settings.API_TOKEN_DAYS]
    named = [
        (str(days), ngettext("%(days)d day", "%(days)d days", days) % {"days": days})
        for days in possible
    ]
    return [*named, (OWN_DATE, _("Until a day of my choice"))]


class ApiTokenForm(DomainForm):
    """`token_id` is the id that the token will have, so that sending the form again makes no
    second one."""

    token_id = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("What uses it, such as “Stock robot”. Its changes appear under this name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lifetime = forms.ChoiceField(label=_("Expires after"))
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        help_text=_("Only if you chose a day of your own."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the token may do.")},
    )

    def __init__(self, groups: list[ScopeGroup], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("token_id", new_id())
        self.fields["lifetime"].choices = _lifetimes()  # type: ignore[attr-defined]
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (permission.code, permission.label)
            for group in groups
            for permission in group.permissions
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        missing = not said.get("last_day") and "last_day" not in self.errors
        if said.get("lifetime") == OWN_DATE and missing:
            self.add_error("last_day", _("Enter the last day on which it shall work."))
        return said

    def expires_at(self) -> datetime:
        """Of a form that is valid: for a day, its end in the time zone of the person."""
        if self.cleaned_data["lifetime"] != OWN_DATE:
            return datetime.now(UTC) + timedelta(days=int(self.cleaned_data["lifetime"]))
        # A calendar ends with the year 9999. What is too late anyway is too late by a month, too.
        too_late = timezone.localdate() + timedelta(days=settings.API_TOKEN_DAYS + _MONTH)
        last_day: date = min(self.cleaned_data["last_day"], too_late)
        return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))

    def refuse(self, error: DomainError) -> None:
        if texts := error.fields.pop("expires_at", None):
            error.fields["last_day"] = texts
        super().refuse(error)
