from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entities import LONGEST_NAME
from accounts.forms import DomainForm


class OrganisationForm(DomainForm):
    """`version` is the one that the form was filled from."""

    name = forms.CharField(
        label=_("Name of your shop or company"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
