from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entities import LONGEST_NAME
from accounts.forms import DomainForm


class DeletionForm(DomainForm):
    name = forms.CharField(
        label=_("Name of the organisation"),
        help_text=_("Type it as it is written above."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
