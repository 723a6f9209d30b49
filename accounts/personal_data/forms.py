from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.email import LONGEST_ADDRESS
from accounts.forms import DomainForm


class ErasureForm(DomainForm):
    email = forms.CharField(
        label=_("Your e-mail address"),
        help_text=_("Type it to confirm that you want to erase your account."),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
