from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms import DomainForm
from supervisor.entities import Code, Person, Question, Urgency
from supervisor.errors import InvalidRequest
from supervisor.filters import ClosedFilter, Filter, HandledBy
from supervisor.keys import HIGHEST_PRIORITY
from supervisor.rules import (
    LONGEST_ADDITION,
    LONGEST_HEADER,
    LONGEST_TAG,
    LONGEST_TEXT,
    parse_question,
)

_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_ALL: tuple[str, Any] = ("", pgettext_lazy("requests", "All"))

PRIORITIES: dict[int, Any] = {
    0: _("Whenever there is time"),
    3: _("Today"),
    6: _("Soon"),
    9: _("At once"),
}

CODES: dict[Code, Any] = {
    Code.PENDING_RESPONSE: _("Waiting"),
    Code.RESPONSE_RECEIVED: _("Answered"),
    Code.TIMEOUT: _("Timed out"),
    Code.CANCELLED: _("Cancelled"),
}

_PRIORITIES_SENT = frozenset(map(str, range(HIGHEST_PRIORITY + 1)))


def priority_choices(current: int | None = None) -> list[tuple[int, Any]]:
    """The four that people choose from, and the one that a program has chosen."""
    choices = dict(PRIORITIES)
    if current is not None:
        name = PRIORITIES[Urgency.of(current).priorities[0]]
        choices.setdefault(current, f"{name} ({current})")
    return sorted(choices.items())


def urgency_choices() -> list[tuple[str, Any]]:
    """From the most."""
    return [(one.value, PRIORITIES[one.priorities[0]]) for one in reversed(Urgency)]


def _day_field(label: object) -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]  # lazy translations are not in the stubs' union
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[_require_near],
    )


def _require_near(day: date) -> None:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise forms.ValidationError(_("Enter a date of this century."))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _line(label: object, *, longest: int = 0, **attrs: Any) -> forms.CharField:
    """Optional. Browsers cut what is pasted at a `maxlength` without a word: so how long it may be
    is counted beside the field, and what is too long is said (`supervisor.rules`)."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **_counted(longest), **attrs})
    return forms.CharField(label=label, required=False, widget=widget)  # type: ignore[arg-type]


def _text(
    label: object, *, rows: int, required: bool = True, longest: int = LONGEST_TEXT
) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, **_counted(longest)})
    return forms.CharField(label=label, required=required, widget=widget)  # type: ignore[arg-type]


def _counted(longest: int) -> dict[str, Any]:
    """What the counter of static/js/request.js says."""
    if not longest:
        return {}
    return {
        "data-app-longest": longest,
        "data-app-used": _("{count} of {most} characters"),
        "data-app-over": _("{count} characters too many"),
    }


class AskForm(DomainForm):
    """Everything that is wrong is said at once: what is asked is parsed with the fields."""

    store = forms.ChoiceField(label=_("Store"))
    header = _line(_("Question in a few words"), longest=LONGEST_HEADER)
    body = _text(_("What a supervisor must know to answer"), rows=5, required=False)
    priority = forms.TypedChoiceField(
        label=_("How urgent it is"), coerce=int, choices=priority_choices, initial=3
    )
    caller_name = _line(_("Who is asking"))
    phone_number = _line(_("Telephone number"), type="tel")
    reference = _line(_("Product or order"))
    tags = _line(_("Tags"), autocapitalize="none")
    tags.help_text = _("With commas between them, such as: returns, sizes.")
    # Tells one form from another, so that one sent twice asks once.
    token = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stores: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].choices = stores  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["header"].required = True
        if len(stores) == 1:
            self.fields["store"].widget = forms.HiddenInput()
            self.initial["store"] = stores[0][0]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        try:
            parse_question(self.raw())
        except InvalidRequest as refusal:
            for name, texts in refusal.fields.items():
                if name not in self.errors:
                    self.add_error(name, [str(text) for text in texts])
        return said

    @staticmethod
    def said_of(question: Question) -> dict[str, Any]:
        """To ask the same again."""
        names = ("header", "body", "caller_name", "phone_number", "reference")
        said = {name: getattr(question, name) for name in names}
        urgency = Urgency.of(question.priority).priorities[0]
        return {**said, "priority": urgency, "tags": ", ".join(sorted(question.tags))}

    def raw(self) -> dict[str, Any]:
        """As `rules.parse_question` takes it."""
        not_said = ("store", "token")
        said = {name: value for name, value in self.cleaned_data.items() if name not in not_said}
        return {**said, "tags": said.get("tags", "").split(",")}


class _FilterForm(forms.Form):
    q = forms.CharField(label=_("Words of the question"), required=False, max_length=LONGEST_HEADER)
    tag = forms.CharField(
        label=_("Tag"),
        required=False,
        max_length=LONGEST_TAG,
        widget=forms.TextInput(attrs={"autocapitalize": "none"}),
    )

    def chosen(self) -> list[tuple[str, Any, Any]]:
        """(name, label, date or text for people) of what is filled in, once it is valid."""
        return [
            (name, self.fields[name].label, self._said(name, value))
            for name, value in self.cleaned_data.items()
            if value
        ]

    def _said(self, name: str, value: Any) -> Any:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]  # none has groups
        return value

    def _words(self) -> str:
        return " ".join(self.cleaned_data["q"].split())

    def _tag(self) -> str:
        """As it is stored."""
        return " ".join(self.cleaned_data["tag"].split()).casefold()


class QueueFilterForm(_FilterForm):
    """Days are those of the person's time zone, both included."""

    urgency = forms.ChoiceField(
        label=_("How urgent it is"),
        required=False,
        choices=lambda: [_ALL, *urgency_choices()],
    )
    handled_by = forms.ChoiceField(
        label=_("Who is on it"),
        required=False,
        choices=[
            _ALL,
            (HandledBy.NOBODY.value, _("Nobody on it")),
            (HandledBy.ME.value, _("I am on it")),
        ],
    )
    field_order = ("urgency", "handled_by")
    since = _day_field(_("Asked since"))
    until = _day_field(_("Asked until"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        since, until = said.get("since"), said.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end is before the beginning."))
        return said

    def wanted(self) -> Filter:
        """Once it is valid."""
        said = self.cleaned_data
        urgency, hands = said["urgency"], said["handled_by"]
        return Filter(
            priorities=tuple(Urgency(urgency).priorities) if urgency else (),
            since=_midnight(said["since"]) if said["since"] else None,
            until=_midnight(said["until"] + timedelta(days=1)) if said["until"] else None,
            tag=self._tag(),
            text=self._words(),
            handled_by=HandledBy(hands) if hands else None,
        )


class ClosedFilterForm(_FilterForm):
    code = forms.ChoiceField(
        label=_("How it was closed"),
        required=False,
        choices=[
            _ALL,
            *((one.value, name) for one, name in CODES.items() if one is not Code.PENDING_RESPONSE),
        ],
    )
    field_order = ("code",)

    def wanted(self) -> ClosedFilter:
        """Once it is valid."""
        code = self.cleaned_data["code"]
        return ClosedFilter(self._tag(), self._words(), Code(code) if code else None)


class AnswerForm(DomainForm):
    answer = _text(_("Answer"), rows=5)


class CorrectionForm(AnswerForm):
    """With the version of the request whose answer was seen."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput())


class AssignForm(DomainForm):
    """`people` are those on duty and the others, `now` is the id of whoever is on it, `own_id` that
    of who chooses."""

    user_id = forms.ChoiceField(
        label=_("Colleague"), error_messages={"required": _("Choose a colleague.")}
    )

    def __init__(
        self,
        *args: Any,
        people: tuple[list[Person], list[Person]],
        own_id: str,
        now: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)

        def choices(some: Iterable[Person]) -> list[tuple[str, str]]:
            return [(one.user_id, _said_person(one, own_id, now)) for one in some]

        on_duty, others = map(choices, people)
        groups: list[tuple[Any, Any]] = [("", _("Choose somebody"))]
        if on_duty:
            groups += [(_("On duty"), on_duty), (_("Not on duty"), others)]
        else:
            groups += others
        self.fields["user_id"].choices = groups  # type: ignore[attr-defined]  # a ChoiceField


def _said_person(person: Person, own_id: str, now: str) -> str:
    name = person.name
    if person.user_id == own_id:
        name = gettext("%(name)s (you)") % {"name": name}
    if person.user_id == now:
        name = gettext("%(name)s, on it now") % {"name": name}
    return name


class NoteForm(DomainForm):
    note = _text(_("Note for colleagues"), rows=2)
    note.help_text = _("Only those who may answer see it, never who asked.")


class AdditionForm(DomainForm):
    addition = _text(_("What supervisors should know as well"), rows=2, longest=LONGEST_ADDITION)


class PriorityForm(DomainForm):
    """With the version of the request that was seen. What is sent may be any priority: the page may
    have offered one that a program has chosen."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput())

    def __init__(self, *args: Any, current: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = self.data.get("priority", "")
        if sent in _PRIORITIES_SENT:
            current = int(sent)
        self.fields["priority"] = forms.TypedChoiceField(
            label=_("How urgent it is"),
            coerce=int,
            choices=priority_choices(current),
            initial=current,
        )
