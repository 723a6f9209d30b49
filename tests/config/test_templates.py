from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import jinja2
import pytest
from django import forms
from django.template import engines
from django.utils import translation

from config.jinja2 import clock, day, machine_time, moment, money, number


def said(text: str) -> str:
    """Without the no-break spaces that CLDR puts into amounts and times."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


class ProductForm(forms.Form):
    name = forms.CharField(help_text="As on the page.", max_length=5)
    brand = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "One")], widget=forms.RadioSelect)
    sure = forms.BooleanField()


def test_a_field_ties_label_help_and_errors_together_and_keeps_the_value() -> None:
    html = ProductForm({"name": '<b>"long"</b>'}).as_div()
    assert '<label for="id_name">Name</label>' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext">As on the page.' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert "&lt;b&gt;&quot;long&quot;" in html.replace("&#34;", "&quot;")
    assert "<b>" not in html


def test_groups_of_choices_have_a_legend() -> None:
    html = str(ProductForm())
    assert "<legend>Kind</legend>" in html


@pytest.mark.parametrize(
    "language, amount, currency, expected",
    [
        ("en", "1234.5", "EUR", "€1,234.50"),
        ("es", "12345.5", "EUR", "12.345,50 €"),
        ("en", "1200", "JPY", "¥1,200"),
    ],
)
def test_money(language: str, amount: str, currency: str, expected: str) -> None:
    with translation.override(language):
        assert said(money(Decimal(amount), currency)) == expected


def test_of_today_the_time_is_enough() -> None:
    now, before = datetime.now(UTC), datetime(2020, 3, 9, 17, 5, tzinfo=UTC)
    with translation.override("en"):
        assert moment(now).endswith(f"{clock(now)} UTC")
        assert str(now.year) not in clock(now)
        assert clock(before) == moment(before)


def test_dates_and_numbers() -> None:
    at = datetime(2026, 3, 9, 17, 5, tzinfo=UTC)
    with translation.override("en"):
        assert day(date(2026, 3, 9)) == "Mar 9, 2026"
        assert said(moment(at)) == "Mar 9, 2026, 5:05 PM UTC"
        assert number(1234567) == "1,234,567"
    with translation.override("es"):
        assert day(date(2026, 3, 9)) == "9 mar 2026"
    assert machine_time(at) == "2026-03-09T17:05:00Z"


def test_an_undefined_name_is_an_error() -> None:
    template = engines["jinja2"].from_string("{{ nothing }}")
    with pytest.raises(jinja2.UndefinedError):
        template.render({})


def test_templates_escape() -> None:
    template = engines["jinja2"].from_string("{{ text }}")
    assert template.render({"text": "<script>"}) == "&lt;script&gt;"
