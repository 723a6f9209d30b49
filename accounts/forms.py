from __future__ import annotations

import math
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.email import LONGEST_ADDRESS
from accounts.entities import LONGEST_NAME, User
from accounts.passwords import LONGEST_PASSWORD
from storage.domain import DomainError, TooMany


class DomainForm(forms.Form):
    """A form that can show what a service refused, beside the field it is about."""

    def refuse(self, error: DomainError) -> None:
        if isinstance(error, TooMany):
            self.add_error(None, _waiting_time(error))
            return
        elsewhere = [
            text
            for name, texts in error.fields.items()
            for text in texts
            if not self._show(name, str(text))
        ]
        for text in elsewhere or ([] if error.fields else [error.message]):
            self.add_error(None, str(text))

    def _show(self, name: str, text: str) -> bool:
        if name in self.fields:
            self.add_error(name, text)
        return name in self.fields


def _waiting_time(error: TooMany) -> str:
    minutes = math.ceil(error.retry_after / 60)
    return ngettext(
        "Too many attempts. Wait %(minutes)d minute and try again.",
        "Too many attempts. Wait %(minutes)d minutes and try again.",
        minutes,
    ) % {"minutes": minutes}


def _email_field() -> forms.CharField:
    # Not Django's EmailField: what an address is, the service decides, in one place.
    return forms.CharField(
        label=_("E-mail address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


def _password_field(label: object, autocomplete: str, help_text: object = "") -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # lazy translations are not in the stubs' union
        help_text=help_text,  # type: ignore[arg-type]
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


_PASSWORD_HELP = _("At least 12 characters. Three or four random words make a good one.")


class SignUpForm(DomainForm):
    email = _email_field()
    password = _password_field(_("Password"), "new-password", _PASSWORD_HELP)
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    organisation = forms.CharField(
        label=_("Name of your shop or company"),
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class LoginForm(DomainForm):
    email = _email_field()
    password = _password_field(_("Password"), "current-password")


class ReadOnlyEmailInput(forms.EmailInput):
    """For a field that is disabled: shown as read-only, which password managers do not overlook."""

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        attributes = super().build_attrs(base_attrs, extra_attrs)
        attributes.pop("disabled", None)
        return {**attributes, "readonly": True}


def _own_email_field() -> forms.CharField:
    return forms.CharField(
        label=_("E-mail address"),
        disabled=True,
        widget=ReadOnlyEmailInput(attrs={"autocomplete": "username"}),
    )


class PasswordForm(DomainForm):
    """`initial["email"]` is whose password it is; what is sent for it is ignored."""

    email = _own_email_field()
    current_password = _password_field(_("Current password"), "current-password")
    new_password = _password_field(_("New password"), "new-password", _PASSWORD_HELP)


class NewPasswordForm(DomainForm):
    """For who has no password to show; `initial["email"]` as in PasswordForm."""

    email = _own_email_field()
    new_password = _password_field(_("New password"), "new-password", _PASSWORD_HELP)
    new_password_again = _password_field(_("New password again"), "new-password")

    def clean_new_password_again(self) -> str:
        again: str = self.cleaned_data["new_password_again"]
        if again != self.cleaned_data.get("new_password", again):
            raise forms.ValidationError(_("The two passwords differ."))
        return again


_AS_THE_DEVICE = _("As each device says")
# Languages in their own names: who cannot read the page must still find theirs.
_CHOICES: dict[str, dict[str, Any]] = {
    "language": {"": _AS_THE_DEVICE, "en": "English", "es": "Español"},
    "theme": {"": _AS_THE_DEVICE, "auto": _("Auto"), "light": _("Light"), "dark": _("Dark")},
}


def shown_choice(field: str, value: str) -> object:
    """A field of the profile as people call what is in it."""
    if field == "time_zone":
        return value or "UTC"
    return _CHOICES.get(field, {}).get(value, value)


class ProfileForm(DomainForm):
    """`version` is that of the person it was filled from."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=list(_CHOICES["language"].items())
    )
    # A list to type into: with five hundred zones a menu is no help on a phone.
    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("Type your city or a large one near it, such as Madrid. Empty means UTC."),
        widget=forms.TextInput(
            attrs={
                "list": "time-zones",
                "autocomplete": "off",
                "autocapitalize": "words",
                "spellcheck": "false",
            }
        ),
    )
    theme = forms.ChoiceField(
        label=_("Theme"), required=False, choices=list(_CHOICES["theme"].items())
    )

    @classmethod
    def of(cls, user: User) -> ProfileForm:
        names = ("name", "language", "time_zone", "theme", "version")
        return cls(initial={name: getattr(user, name) for name in names})
