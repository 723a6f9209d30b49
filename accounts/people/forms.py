"""The forms about people. What is offered is what the actor may give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.email import LONGEST_ADDRESS
from accounts.entities import LONGEST_NAME
from accounts.forms import DomainForm, NewPasswordForm, SignUpForm

Choices = Sequence[tuple[str, str]]
_EVERYWHERE, _SOME = "all", "some"


class _AccessFields(DomainForm):
    """Roles, and all stores or some. Without stores to choose from nothing is asked about them."""

    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)
    where = forms.ChoiceField(
        label=_("Works in"),
        choices=[(_EVERYWHERE, _("all stores")), (_SOME, _("the stores ticked below"))],
        widget=forms.RadioSelect,
    )
    stores = forms.MultipleChoiceField(
        label=_("Stores"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, roles: Choices, stores: Choices, everywhere: bool, **kwargs: Any
    ) -> None:
        """`everywhere`: whether all stores may be given."""
        super().__init__(*args, **kwargs)
        self._choices("roles").choices = roles
        self._choices("stores").choices = stores
        if not everywhere or not stores:
            del self.fields["where"]
        if everywhere and not stores:
            del self.fields["stores"]

    def _choices(self, name: str) -> forms.MultipleChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.widget.attrs["class"] = "app-choices"
        return field

    def clean(self) -> dict[str, Any]:
        """Nothing ticked must not come to mean all, nor what was ticked be overlooked."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "stores" not in self.fields or "stores" in self.errors:
            return cleaned
        if not self._everywhere and not cleaned["stores"]:
            self.add_error("stores", _("Choose at least one store."))
        if self._everywhere and set(cleaned["stores"]) - set(self.initial.get("stores", ())):
            self.add_error("where", _("You have ticked stores. Untick them, or choose them here."))
        return cleaned

    @property
    def _everywhere(self) -> bool:
        if "where" in self.fields:
            return self.cleaned_data.get("where") == _EVERYWHERE
        return "stores" not in self.fields

    @property
    def chosen_stores(self) -> frozenset[str] | None:
        """As in User."""
        return None if self._everywhere else frozenset(self.cleaned_data["stores"])


class InvitationForm(_AccessFields):
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    field_order = ("email", "roles", "where", "stores")


class AccessForm(_AccessFields):
    """`version` is that of the person it was filled from."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @staticmethod
    def shown(roles: Sequence[str], stores: frozenset[str] | None, version: int) -> dict[str, Any]:
        """For `initial`."""
        where = _EVERYWHERE if stores is None else _SOME
        chosen = sorted(stores or ())
        return {"roles": list(roles), "where": where, "stores": chosen, "version": version}


class AcceptForm(DomainForm):
    """`initial["email"]` is who was invited; what is sent for it is ignored."""

    email = NewPasswordForm.base_fields["email"]
    name = forms.CharField(
        label=_("Your name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = SignUpForm.base_fields["password"]
    field_order = ("email", "name", "password")


class TypedForm(DomainForm):
    """Something typed as the last question."""

    typed = forms.CharField(
        label=_("Type the e-mail address of this person"),
        max_length=LONGEST_ADDRESS,
        strip=True,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class TransferForm(TypedForm):
    step_down = forms.BooleanField(
        label=_("I become a manager and am no longer an owner"), required=False
    )
