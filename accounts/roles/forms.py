from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.entities import LONGEST_NAME
from accounts.forms import DomainForm
from accounts.permissions import CustomRole, declared
from accounts.roles.selectors import permission_groups


@dataclass(frozen=True, slots=True)
class Box:
    """One permission to tick. One that `is_offered` may be changed by who fills the form."""

    code: str
    label: object
    is_ticked: bool
    is_offered: bool


class RoleForm(DomainForm):
    """`offered` are the codes that whoever fills it may give; the others stay as they are in
    `stored`. `version` is that of the role it was filled from, absent for a new one."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("For whom it is meant, or what for."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("There is no such permission: %(value)s.")},
    )

    def __init__(
        self,
        *args: object,
        offered: frozenset[str],
        stored: CustomRole | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # those of any form
        self._offered = offered
        self._kept = stored.permissions - offered if stored else frozenset()
        choices = [(permission.code, str(permission.label)) for permission in declared()]
        self.fields["permissions"].choices = choices  # type: ignore[attr-defined]

    @classmethod
    def of(cls, role: CustomRole, offered: frozenset[str]) -> RoleForm:
        initial = {
            "version": role.version,
            "name": role.name,
            "description": role.description,
            "permissions": sorted(role.permissions),
        }
        return cls(initial=initial, offered=offered, stored=role)

    @property
    def chosen(self) -> frozenset[str]:
        """Once it is valid."""
        return frozenset(self.cleaned_data["permissions"]) | self._kept

    def holds_back(self) -> bool:
        """Whether there is something that whoever fills it may not change."""
        return any(permission.code not in self._offered for permission in declared())

    def groups(self) -> Iterator[tuple[str, list[Box]]]:
        ticked = {*(self["permissions"].value() or ()), *self._kept}
        for name, permissions in permission_groups():
            yield (
                name,
                [
                    Box(one.code, one.label, one.code in ticked, one.code in self._offered)
                    for one in permissions
                ],
            )
