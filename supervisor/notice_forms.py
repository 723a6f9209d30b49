from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DomainForm
from accounts.stores.entities import Store
from supervisor.entities import Urgency
from supervisor.forms import urgency_choices
from supervisor.notice_entities import Notices

_EVERYWHERE, _SOME = "all", "some"


class NoticesForm(DomainForm):
    """`version` is that of the Notices it was filled from, 0 before the first."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    on_duty = forms.BooleanField(
        label=_("I am on duty"),
        required=False,
        help_text=_("Only then you get mails about requests."),
    )
    urgency = forms.ChoiceField(label=_("Tell me about new ones from"), choices=urgency_choices)
    near_deadline = forms.BooleanField(
        label=_("Tell me when a deadline is near, however urgent the request is"), required=False
    )
    where = forms.ChoiceField(
        label=_("Stores"),
        widget=forms.RadioSelect,
        choices=[(_EVERYWHERE, _("all that I reach")), (_SOME, _("the stores ticked below"))],
    )
    stores = forms.MultipleChoiceField(
        label=_("Only these"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "app-choices"}),
    )

    def __init__(self, *args: Any, stores: Iterable[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stores"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(store.store_id, store.name) for store in stores]
        if not field.choices:
            del self.fields["stores"], self.fields["where"]

    @classmethod
    def of(cls, notices: Notices, stores: Iterable[Store]) -> NoticesForm:
        where = _EVERYWHERE if notices.stores is None else _SOME
        initial = {
            "version": notices.version or 0,
            "on_duty": notices.on_duty,
            "urgency": notices.urgency.value,
            "near_deadline": notices.near_deadline,
            "where": where,
            "stores": sorted(notices.stores or ()),
        }
        return cls(initial=initial, stores=stores)

    def said(self) -> dict[str, Any]:
        """As `notices.change_notices` takes it, once it is valid."""
        said = self.cleaned_data
        everywhere = said.get("where", _EVERYWHERE) == _EVERYWHERE
        return {
            "version": said["version"],
            "on_duty": said["on_duty"],
            "urgency": Urgency(said["urgency"]),
            "near_deadline": said["near_deadline"],
            "stores": None if everywhere else frozenset(said["stores"]),
        }
