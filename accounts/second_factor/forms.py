from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DomainForm
from accounts.passwords import LONGEST_PASSWORD
from accounts.second_factor.entities import is_recovery_code
from storage.domain import DomainError

LONGEST_CODE = 40


def _code_field(label: object, *, required: bool = True, help_text: object = "") -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # lazy translations are not in the stubs' union
        help_text=help_text,  # type: ignore[arg-type]
        required=required,
        max_length=LONGEST_CODE,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )


def _is_typed(form: forms.Form, name: str) -> bool:
    return bool(form.data.get(form.add_prefix(name), "").strip())


class CodeForm(DomainForm):
    code = _code_field(_("Code"), help_text=_("The six digits that your app shows now."))


class LoginCodeForm(DomainForm):
    """Either of the two; a recovery code is understood in both places."""

    code = _code_field(_("Code"), help_text=_("The six digits that your app shows now."))
    recovery_code = forms.CharField(
        label=_("Or a recovery code"),
        required=False,
        max_length=LONGEST_CODE,
        help_text=_("If you do not have your phone. Each works once."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = not _is_typed(self, "recovery_code")
        self._typed_in = "recovery_code"

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        code = said.get("code", "")
        if is_recovery_code(code) and not said.get("recovery_code"):
            said |= {"code": "", "recovery_code": code}
            self._typed_in = "code"
        return said

    def refuse(self, error: DomainError) -> None:
        if texts := error.fields.pop("recovery_code", None):
            error.fields[self._typed_in] = texts
        super().refuse(error)


class ConfirmForm(DomainForm):
    """The password; a code of the app, or a recovery code, from those who have a second factor.

    Named so that they stay apart from the fields of the form that is waiting.
    """

    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = _code_field(
        _("Code"), help_text=_("The six digits that your app shows now, or a recovery code.")
    )

    prefix = "confirm"

    def __init__(self, *args: Any, has_second_factor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password" if has_second_factor else "code"]


class RequirementForm(DomainForm):
    required = forms.BooleanField(
        label=_("Everybody needs a second factor"),
        required=False,
        help_text=_(
            "Whoever has none can do nothing until it is set up, from the next request on. Their "
            "programs stop as well."
        ),
    )
