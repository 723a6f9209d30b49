from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.entities import LONGEST_NAME
from accounts.errors import UnknownChoice
from accounts.forms import DomainForm
from accounts.profile import clean_time_zone as zone_named
from accounts.stores import errors
from accounts.stores.entities import Store
from accounts.stores.opening_hours import DAYS, MOST_EXCEPTIONS, Intervals, OpeningHours
from accounts.stores.rules import (
    ADDRESS_FIELDS,
    COUNTRIES,
    LONGEST_NUMBER,
    LONGEST_POSTAL_CODE,
)
from accounts.stores.spoken_hours import LONGEST_TEXT, read_day, written
from accounts.stores.time_zones import time_zone_of
from storage.domain import DomainError

DAY_NAMES = {
    "monday": _("Monday"),
    "tuesday": _("Tuesday"),
    "wednesday": _("Wednesday"),
    "thursday": _("Thursday"),
    "friday": _("Friday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday"),
}
_LONGEST_EXCEPTIONS = MOST_EXCEPTIONS * 60
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})\b[ :,]*(.*)")
_AS_THE_DAY_BEFORE = "="


def country_choices() -> list[tuple[str, str]]:
    """By name, in the language of the page."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).territories
    named = [(code, names.get(code, code)) for code in COUNTRIES]
    return [("", "–"), *sorted(named, key=lambda choice: choice[1].casefold())]


def day_in_words(intervals: Intervals) -> str:
    """`09:00–13:00, 16:00–20:00`, or that it is closed; the form understands it."""
    return written(intervals) or pgettext("opening hours", "closed")


def exceptions_in_words(hours: OpeningHours | None) -> str:
    """A line for each date."""
    exceptions = hours.exceptions if hours is not None else ()
    return "\n".join(f"{day.isoformat()} {day_in_words(each)}" for day, each in exceptions)


def facts_of(store: Store) -> list[tuple[Any, Any]]:
    """(label, value) of what is known about a store, in the order of the form."""
    shown = _shown(store)
    fields = StoreForm.base_fields
    return [
        (fields[name].label, _in_words(name, shown[name]))
        for name in fields
        if name not in {"version", "name", "active"} and shown[name]
    ]


def _text(label: object, longest: int, autocomplete: str = "off", **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete, **more.pop("attrs", {})})
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # lazy translations are not in the stubs' union
        required=more.pop("required", False),
        max_length=longest,
        widget=widget,
        **more,
    )


class HoursField(forms.CharField):
    """What begins on a day; its value is Intervals."""

    def __init__(self, day: str) -> None:
        attrs = {"placeholder": "09:00–13:00, 16:00–20:00", "autocomplete": "off"}
        super().__init__(
            label=DAY_NAMES[day],
            required=False,
            max_length=LONGEST_TEXT,
            widget=forms.TextInput(attrs={**attrs, "spellcheck": "false"}),
        )

    def clean(self, value: Any) -> Any:
        """`=` stays for the form, which knows the day before."""
        text = super().clean(value)
        return text if text == _AS_THE_DAY_BEFORE else _intervals(text)


class StoreForm(DomainForm):
    """`version` is that of the store it was filled from, 0 for a new one."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    name = _text(_("Name"), LONGEST_NAME, required=True)
    number = _text(
        _("Number"), LONGEST_NUMBER, help_text=_("Your own reference. No two stores have the same.")
    )
    active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Stores that are not in use are in a list of their own."),
    )
    lines = forms.CharField(
        label=_("Street and number"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    postal_code = _text(_("Postal code"), LONGEST_POSTAL_CODE)
    city = _text(_("City"), LONGEST_NAME)
    region = _text(_("State, province or region"), LONGEST_NAME)
    country = forms.ChoiceField(label=_("Country"), required=False, choices=country_choices)
    time_zone = _text(
        _("Time zone"),
        LONGEST_NAME,
        help_text=_("A large city near it, such as Madrid. The country tells it if you do not."),
        attrs={"list": "time-zones", "autocapitalize": "words", "spellcheck": "false"},
    )
    monday = HoursField("monday")
    tuesday = HoursField("tuesday")
    wednesday = HoursField("wednesday")
    thursday = HoursField("thursday")
    friday = HoursField("friday")
    saturday = HoursField("saturday")
    sunday = HoursField("sunday")
    exceptions = forms.CharField(
        label=_("Days that differ"),
        required=False,
        max_length=_LONGEST_EXCEPTIONS,
        help_text=_("A line for each date: 2026-12-24 10:00–14:00, or 2026-12-25 closed."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    @classmethod
    def of(cls, store: Store) -> StoreForm:
        return cls(initial=_shown(store))

    @property
    def week(self) -> Iterator[forms.BoundField]:
        """The fields of the seven days."""
        return (self[name] for name in DAYS)

    @property
    def plain(self) -> Iterator[forms.BoundField]:
        """All fields that are no opening hours."""
        hidden = {"version", "exceptions", *DAYS}
        return (self[name] for name in self.fields if name not in hidden)

    def said(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        values = dict(self.cleaned_data)
        del values["version"]
        days = [values.pop(name) for name in DAYS]
        exceptions = values.pop("exceptions")
        anything = exceptions or any(self.data.get(name, "").strip() for name in DAYS)
        values["opening_hours"] = OpeningHours(tuple(days), exceptions) if anything else None
        values["lines"] = values["lines"].splitlines()
        return values

    def differing(self, stored: Store) -> list[tuple[Any, Any]]:
        """(label, what is stored) of the fields that say something else than what is stored."""
        shown = _shown(stored)
        del shown["version"]
        return [
            (self[name].label, _in_words(name, value))
            for name, value in shown.items()
            if value != _as_typed(self[name].value())
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        before: Intervals | None = None
        for name in DAYS:
            if cleaned.get(name) == _AS_THE_DAY_BEFORE:
                if before is None:
                    self.add_error(name, _("There is no day before with hours to repeat."))
                else:
                    cleaned[name] = before
            before = cleaned.get(name)
        return cleaned

    def clean_time_zone(self) -> str:
        try:
            zone = zone_named(self.cleaned_data["time_zone"])
        except UnknownChoice as error:
            raise ValidationError(errors.CITY_UNKNOWN) from error
        country, region = (self.cleaned_data.get(name, "") for name in ("country", "region"))
        zone = zone or time_zone_of(country, region)
        if not zone:
            raise ValidationError(errors.NO_TIME_ZONE)
        return zone

    def clean_exceptions(self) -> tuple[tuple[date, Intervals], ...]:
        found: dict[date, Intervals] = {}
        for line in self.cleaned_data["exceptions"].splitlines():
            if not line.strip():
                continue
            dated = _DATED.fullmatch(line.strip())
            day = _date(dated[1]) if dated else None
            if dated is None or day is None or not dated[2].strip():
                raise ValidationError(f"{errors.DATE_FORM} ({line.strip()[:40]})")
            if day in found:
                raise ValidationError(f"{errors.DATE_TWICE} ({day.isoformat()})")
            found[day] = _intervals(dated[2])
        if len(found) > MOST_EXCEPTIONS:
            raise ValidationError(errors.TOO_MANY_DATES % {"limit": MOST_EXCEPTIONS})
        return tuple(found.items())


def _shown(store: Store) -> dict[str, Any]:
    """The values of the fields."""
    hours = store.opening_hours
    week = hours.week if hours is not None else ((),) * len(DAYS)
    days = {
        name: day_in_words(intervals) if hours is not None else ""
        for name, intervals in zip(DAYS, week, strict=True)
    }
    address = {name: getattr(store.address, name) for name in ADDRESS_FIELDS}
    return {
        "version": store.version or 0,
        "name": store.name,
        "number": store.number,
        "active": store.active,
        **address,
        "lines": "\n".join(store.address.lines),
        "time_zone": store.time_zone,
        **days,
        "exceptions": exceptions_in_words(hours),
    }


def _intervals(text: str) -> Intervals:
    try:
        return read_day(text)
    except DomainError as error:
        raise ValidationError(str(error)) from error


def _date(text: str) -> date | None:
    """With slashes where nobody would take the day for the month."""
    try:
        if "/" not in text:
            return date.fromisoformat(text)
        day, month, year = map(int, text.split("/"))
        return date(year, month, day) if (get_language() or "").startswith("es") else None
    except ValueError:
        return None


def _as_typed(value: Any) -> Any:
    """None is what a field has that was not sent."""
    if value is None:
        return ""
    return "\n".join(value.splitlines()) if isinstance(value, str) else value


def _in_words(name: str, value: Any) -> Any:
    if name == "active":
        return _("In use") if value else _("Not in use")
    if name == "country":
        return dict(country_choices()).get(value, value)
    return value
