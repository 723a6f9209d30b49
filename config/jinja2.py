"""The environment of all pages: what a template may call, and how amounts and dates are said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jinja2
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext

from accounts.entities import Device
from config.theme import theme_of


def environment(**options: Any) -> jinja2.Environment:
    env = jinja2.Environment(  # noqa: S701  # `escapes` decides by the name
        **{
            **options,
            "autoescape": escapes,
            "undefined": jinja2.StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "extensions": ["jinja2.ext.i18n"],
        }
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    env.globals.update(
        static=static if settings.DEBUG else lru_cache(maxsize=512)(static),
        url=url,
        current_path=current_path,
        get_messages=get_messages,
        language=language,
        languages=LANGUAGES,
        can_sign_up=can_sign_up,
        theme_of=theme_of,
    )
    env.filters.update(
        money=money,
        number=number,
        date=day,
        datetime=moment,
        clock=clock,
        machine_time=machine_time,
        device=device,
    )
    return env


def escapes(name: str | None) -> bool:
    """Everything but the plain text of mails."""
    return name is None or not name.endswith(".txt")


# In their own names: who cannot read the page must still find their language.
LANGUAGES = (("en", "English"), ("es", "Español"))


def url(name: str, *args: object, **kwargs: object) -> str:
    """`url("catalog:product-detail", id=…)`; positional and named arguments do not mix."""
    if args or kwargs:
        return reverse(name, args=args or None, kwargs=kwargs or None)
    return _plain_url(name, settings.ROOT_URLCONF)


@lru_cache(maxsize=256)
def _plain_url(name: str, urlconf: str) -> str:
    return reverse(name, urlconf)


def current_path(request: Any) -> str:
    """Path and query of this page, for forms that lead back to it."""
    return str(request.get_full_path())


def language() -> str:
    return (get_language() or settings.LANGUAGE_CODE).split("-")[0]


def can_sign_up() -> bool:
    return bool(settings.SIGN_UP_OPEN)


def money(amount: Decimal, currency: str) -> str:
    """`Decimal("12.5"), "EUR"` → `€12.50` in English, `12,50 €` in Spanish."""
    return _money(amount, currency, language())


@lru_cache(maxsize=8192)
def _money(amount: Decimal, currency: str, locale: str) -> str:
    return format_currency(amount, currency, locale=locale)


def number(value: int | Decimal) -> str:
    return format_decimal(value, locale=language())


def day(value: date) -> str:
    """Of a moment, the day that it is in the time zone of the person."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return format_date(value, format="medium", locale=language())


def moment(value: datetime) -> str:
    """Date and time, to the minute, in the time zone of the person, which it names; UTC for
    visitors."""
    local = timezone.localtime(value)
    # Given as naive, for babel would convert it again.
    shown = local.replace(tzinfo=None)
    both = str(get_datetime_format("medium", locale=language()))
    text = both.format(
        format_time(shown, "short", locale=language()),
        format_date(shown, "medium", locale=language()),
    )
    return f"{text} {_zone_name(local)}"


def clock(value: datetime) -> str:
    """The time alone where it is of today, for what is near; otherwise as `moment`."""
    local = timezone.localtime(value)
    if local.date() != timezone.localdate():
        return moment(value)
    return format_time(local.replace(tzinfo=None), "short", locale=language())


def _zone_name(local: datetime) -> str:
    """`CET`; `UTC-03` and `UTC+05:45` for zones that have no abbreviation."""
    name = local.tzname() or "UTC"
    if not name.startswith(("+", "-")):
        return name
    return f"UTC{name[:3]}:{name[3:]}" if len(name) > 3 else f"UTC{name}"


def device(value: Device) -> str:
    """“Firefox on Linux”, as far as it is known."""
    if value.browser and value.system:
        return gettext("%(browser)s on %(system)s") % {
            "browser": value.browser,
            "system": value.system,
        }
    return value.browser or value.system or gettext("Unknown device")


def machine_time(value: datetime) -> str:
    """For the `datetime` attribute of `<time>`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
