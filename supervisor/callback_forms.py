from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DomainForm
from supervisor.retention import MOST_DAYS
from supervisor.retention_repository import Retention


class NumberForm(DomainForm):
    number = forms.CharField(
        label=_("Telephone number"),
        help_text=_("With the prefix of the country, if it was written down with one."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )


class RetentionForm(DomainForm):
    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)
    days = forms.IntegerField(
        label=_("Days"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_("0 keeps them for good."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    @classmethod
    def of(cls, retention: Retention) -> RetentionForm:
        return cls(initial={"days": retention.days, "version": retention.version or 0})
