"""Every converter on good and on nasty input."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.sql_import import errors
from config.sql_import.errors import UnusableMapping
from tests.config.sql_import.converting import convert, refused


class TestText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("  a b \n", "a b"),
            ("", None),
            (" \t", None),
            (None, None),
            (5, "5"),
            (Decimal("1E+3"), "1000"),
            (0.1, "0.1"),
            (True, "true"),
            (date(2024, 2, 29), "2024-02-29"),
            (time(1, 2), "01:02:00"),
            ("🙂 ñ", "🙂 ñ"),
        ],
        ids=repr,
    )
    def test_is_trimmed_and_empty_means_nothing(self, value: Any, text: str | None) -> None:
        assert convert("text", value) == text

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("a\0b", errors.NUL),
            ("a\udcff", errors.NO_TEXT),
            (b"abc", errors.BYTES),
            (["a"], errors.A_LIST),
            ({"a": 1}, errors.A_DOCUMENT),
            (float("nan"), errors.NOT_FINITE),
        ],
        ids=["nul", "no-unicode", "bytes", "list", "object", "nan"],
    )
    def test_what_has_no_text_is_refused(self, value: Any, reason: object) -> None:
        assert refused("text", value) == str(reason)

    def test_words_for_nothing_and_what_nothing_becomes(self) -> None:
        assert convert("text", " N/A ", empty=["N/A", "-"]) is None
        assert convert("text", "-", empty=["N/A", "-"], null="unknown") == "unknown"
        assert convert("text", None, null="unknown") == "unknown"

    def test_replacements_come_one_after_the_other(self) -> None:
        assert convert("text", "a/b/c", replace={"/": "&", "&": " & "}) == "a & b & c"

    def test_lists_are_joined_where_the_mapping_says_how(self) -> None:
        assert convert("text", ["a", None, " ", "b"], join=", ") == "a, b"
        assert convert("text", [], join=", ") is None

    def test_json_stays_as_it_is(self) -> None:
        as_json: dict[str, Any] = {"as": "json"}
        assert convert("text", {"ñ": [1, 2.5]}, **as_json) == '{"ñ": [1, 2.5]}'
        assert convert("text", '{"a":1}', **as_json) == '{"a":1}'

    @pytest.mark.parametrize(
        ("path", "found"),
        [("a.b", "x"), ("a.list.1", "two"), ("a.list.9", None), ("a.none", None), ("x.y", None)],
    )
    def test_members_of_json_are_picked(self, path: str, found: str | None) -> None:
        document = {"a": {"b": "x", "list": ["one", "two"], "none": None}}
        assert convert("text", document, pick=path) == found

    def test_json_that_came_as_text_is_picked_from_too(self) -> None:
        assert convert("text", '{"a": "x"}', pick="a") == "x"
        assert convert("text", " ", pick="a") is None
        assert refused("text", "no json", pick="a") == str(errors.NO_JSON)


class TestBoolean:
    @pytest.mark.parametrize("value", [True, 1, "1", "t", "TRUE", " Y ", "yes", b"\x01"], ids=repr)
    def test_yes(self, value: Any) -> None:
        assert convert("boolean", value) is True

    @pytest.mark.parametrize("value", [False, 0, 0.0, "f", "N", "off", b"\x00"], ids=repr)
    def test_no(self, value: Any) -> None:
        assert convert("boolean", value) is False

    @pytest.mark.parametrize("value", ["maybe", 2, "10", -1, b"\x02"], ids=repr)
    def test_neither(self, value: Any) -> None:
        refused("boolean", value)

    def test_own_words_replace_the_usual_ones(self) -> None:
        words: dict[str, Any] = {"true": ["S"], "false": ["N"]}
        assert convert("boolean", "s", **words) is True
        assert refused("boolean", "yes", **words) == str(errors.NO_BOOLEAN)


class TestMap:
    @pytest.mark.parametrize("value", [1, "1", 1.0, Decimal("1.00"), True, " 1 "], ids=repr)
    def test_numbers_are_found_whatever_their_type(self, value: Any) -> None:
        assert convert("text", value, map={"1": "one"}) == "one"

    def test_true_has_a_name_of_its_own(self) -> None:
        assert convert("text", False, map={"true": "yes", "false": "no"}) == "no"

    def test_what_is_not_in_it_is_refused_or_gets_the_default(self) -> None:
        assert refused("text", 3, map={"1": "one"}) == str(errors.NOT_MAPPED)
        assert convert("text", 3, map={"1": "one"}, default="other") == "other"
        assert convert("text", None, map={"1": "one"}, default="other") is None

    def test_members_of_lists_are_mapped_one_by_one(self) -> None:
        assert convert("texts", ["r", "g"], map={"r": "red", "g": "green"}) == ("red", "green")

    def test_steps(self) -> None:
        steps: dict[str, Any] = {"up_to": [[0, "out_of_stock"]], "above": "in_stock"}
        assert convert("choice", -3, **steps) == "out_of_stock"
        assert convert("choice", 0, **steps) == "out_of_stock"
        assert convert("choice", Decimal("0.5"), **steps) == "in_stock"
        assert refused("choice", "many", **steps) == str(errors.NO_NUMBER)


class TestChoice:
    def test_case_does_not_matter(self) -> None:
        assert convert("choice", " In_Stock") == "in_stock"

    def test_others_are_refused_with_the_choices(self) -> None:
        assert "in_stock, out_of_stock" in refused("choice", "sold")


class TestTexts:
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (["a ", None, "", "b"], ("a", "b")),
            ([1, 2.5], ("1", "2.5")),
            ("alone", ("alone",)),
            ([], None),
            ([None], None),
        ],
        ids=repr,
    )
    def test_lists(self, value: Any, found: Any) -> None:
        assert convert("texts", value) == found

    def test_text_is_split_where_the_mapping_says_so(self) -> None:
        assert convert("texts", "a, b,,c", split=",") == ("a", "b", "c")

    def test_lists_of_objects_are_refused(self) -> None:
        assert refused("texts", [{"a": 1}]) == str(errors.A_DOCUMENT)


class TestFiles:
    png = b"\x89PNG\r\n\x1a\n..."

    def test_bytes_are_stored_once_under_the_name_of_their_content(self, tmp_path: Path) -> None:
        options: dict[str, Any] = {"as": "file", "folder": "f", "prefix": "/m/", "inside": tmp_path}
        first = convert("text", self.png, **options)
        assert not (tmp_path / "f").exists()
        first.store()
        again = convert("text", memoryview(self.png), **options)
        again.store()
        assert again == first
        (path,) = (tmp_path / "f").iterdir()
        assert first == f"/m/{path.name}"
        assert path.suffix == ".png"
        assert path.read_bytes() == self.png

    @pytest.mark.parametrize(
        ("content", "ending"),
        [(b"\xff\xd8\xff\xe0", ".jpg"), (b"RIFF....WEBP", ".webp"), (b"?", ".dat")],
    )
    def test_the_content_tells_its_ending(
        self, content: bytes, ending: str, tmp_path: Path
    ) -> None:
        options: dict[str, Any] = {"as": "file", "folder": ".", "ending": ".dat"}
        assert convert("text", content, inside=tmp_path, **options).endswith(ending)

    def test_a_dry_run_stores_nothing(self, tmp_path: Path) -> None:
        options: dict[str, Any] = {"as": "file", "folder": "f", "inside": tmp_path}
        name = convert("text", self.png, dry_run=True, **options)
        name.store()
        assert not (tmp_path / "f").exists()
        convert("text", self.png, **options).store()
        assert [path.name for path in (tmp_path / "f").iterdir()] == [name]
        assert convert("text", b"", **options) is None
        assert refused("text", "text", **options) == str(errors.NO_BYTES)


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("text", {"scale": 2}, "scale"),
        ("text", {"emty": ["-"]}, "Did you mean “empty”"),
        ("text", {"as": "picture"}, "json, file"),
        ("text", {"as": "file"}, "folder"),
        ("text", {"folder": "x"}, "folder"),
        ("decimal", {"scale": "2"}, "number of decimals"),
        ("decimal", {"scale": -1}, "number of decimals"),
        ("decimal", {"scale": True}, "number of decimals"),
        ("decimal", {"currency": "QQQ"}, "QQQ"),
        ("decimal", {"round": "up"}, "half_up"),
        ("decimal", {"factor": "a"}, "no number"),
        ("moment", {"zone": "Mars/Base"}, "Mars/Base"),
        ("moment", {"zone": "../../etc/passwd"}, "no time zone"),
        ("moment", {"ambiguous": "both"}, "first"),
        ("moment", {"epoch": "days"}, "ms"),
        ("boolean", {"true": "yes"}, "list of texts"),
        ("text", {"map": ["a"]}, "names and values"),
        ("text", {"default": "x"}, "map"),
        ("choice", {"up_to": [[0, "in_stock"]]}, "belong together"),
        ("choice", {"above": "in_stock"}, "belong together"),
        ("choice", {"up_to": [[5, "a"], [0, "b"]], "above": "c"}, "rising"),
        ("choice", {"up_to": [["x", "a"]], "above": "c"}, "no number"),
        ("choice", {"null": "sold"}, "in_stock"),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_told_with_their_place(
    kind: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnusableMapping, match=r"\[fields\] f") as found:
        convert(kind, None, **options)
    assert said in str(found.value)
