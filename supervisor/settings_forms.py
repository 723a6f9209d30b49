from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DomainForm
from supervisor.entities import Urgency
from supervisor.rules import LONGEST_HEADER, LONGEST_TEXT, LONGEST_TIME, SHORTEST_TIME
from supervisor.settings_entities import CannedAnswer, ResponseTimes


def _minutes(label: object) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,  # type: ignore[arg-type]  # lazy translations are not in the stubs' union
        min_value=1,
        max_value=LONGEST_TIME // SHORTEST_TIME,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ResponseTimesForm(DomainForm):
    """In minutes; `version` is that of the ResponseTimes it was filled from, 0 before the first."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    at_once = _minutes(_("Minutes for “At once”"))
    soon = _minutes(_("Minutes for “Soon”"))
    today = _minutes(_("Minutes for “Today”"))
    whenever = _minutes(_("Minutes for “Whenever there is time”"))
    only_opening_hours = forms.BooleanField(
        label=_("Count only the time in which the store is open"), required=False
    )

    @classmethod
    def of(cls, times: ResponseTimes) -> ResponseTimesForm:
        minutes = {one.value: count for one, count in times.minutes.items()}
        return cls(
            initial={
                **minutes,
                "only_opening_hours": times.only_opening_hours,
                "version": times.version or 0,
            }
        )

    def minutes(self) -> dict[Urgency, int]:
        """Once it is valid."""
        return {one: self.cleaned_data[one.value] for one in Urgency}


class CannedAnswerForm(DomainForm):
    """`version` is that of the answer it was filled from, absent for a new one."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Title"),
        max_length=LONGEST_HEADER,
        help_text=_("By it your colleagues find the answer; nobody else sees it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Answer"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 8})
    )

    @classmethod
    def of(cls, answer: CannedAnswer) -> CannedAnswerForm:
        return cls(initial={"title": answer.title, "text": answer.text, "version": answer.version})
