from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_text_is_stripped_and_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "  value ")
    assert env.text("NAME") == "value"
    monkeypatch.setenv("NAME", "   ")
    assert env.text("NAME", "other") == "other"
    assert env.optional("NAME") is None


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"^NAME is missing: [^.]+\.$"):
        env.text("NAME")
    with pytest.raises(ImproperlyConfigured, match="NAME is missing"):
        env.words("NAME", None)
    with pytest.raises(ImproperlyConfigured, match="NAME is missing"):
        env.secret("NAME", local_default=None)


def test_a_value_outside_the_choices_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "staging")
    with pytest.raises(ImproperlyConfigured, match="NAME must be one of local, test"):
        env.text("NAME", "local", choices=("local", "test"))


@pytest.mark.parametrize(
    "value, expected",
    [("true", True), ("1", True), ("YES", True), ("off", False), ("0", False), ("", True)],
)
def test_boolean(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("NAME", value)
    assert env.boolean("NAME", True) is expected


def test_boolean_refuses_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "maybe")
    with pytest.raises(ImproperlyConfigured, match="NAME must be true or false"):
        env.boolean("NAME", True)


def test_integer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", " 12 ")
    assert env.integer("NAME", 1) == 12
    monkeypatch.setenv("NAME", "12.5")
    with pytest.raises(ImproperlyConfigured, match="NAME must be a whole number"):
        env.integer("NAME", 1)
    monkeypatch.setenv("NAME", "0")
    with pytest.raises(ImproperlyConfigured, match="NAME must be at least 1"):
        env.integer("NAME", 1, minimum=1)


def test_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", " a, b,,c ")
    assert env.words("NAME") == ["a", "b", "c"]
    monkeypatch.setenv("NAME", ",")
    assert env.words("NAME", ["z"]) == ["z"]


def test_a_short_secret_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "hunter2")
    with pytest.raises(ImproperlyConfigured, match="NAME must have at least 50") as caught:
        env.secret("NAME", local_default="x" * 60)
    assert "hunter2" not in str(caught.value)
