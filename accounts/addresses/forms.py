from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.email import LONGEST_ADDRESS
from accounts.forms import DomainForm, LoginForm, NewPasswordForm, SignUpForm


class SignUpRequestForm(SignUpForm):
    """The password comes once the address is proved."""

    password = None  # type: ignore[assignment]  # Django's way to leave a field out


class ConfirmSignUpForm(SignUpForm):
    """`initial` says what was typed before; what is sent for the address is ignored."""

    email = NewPasswordForm.base_fields["email"]  # type: ignore[assignment]  # typed as any field


class ForgotForm(DomainForm):
    email = LoginForm.base_fields["email"]


class NewEmailForm(DomainForm):
    # Not Django's EmailField: what an address is, the service decides, in one place.
    email = forms.CharField(
        label=_("New e-mail address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
