"""Files of every kind become rows; broken rows are told one by one."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.imports.errors import UnusableFile
from catalog.imports.readers import ROW_LIMIT, Format, inspect
from storage.intake_report import escaped
from tests.catalog.import_files import gzipped, rows_of, values_of

# Control characters mark a binary file, and no product may have them.
CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\r\n"), max_size=20
)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8)
JSON_VALUES = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | CELLS
RECORDS = st.lists(st.dictionaries(CELLS, JSON_VALUES, max_size=4), min_size=1, max_size=8)


@given(
    table=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    compress=st.booleans(),
)
@example([("=1+2", "'=x", "''-")], ",", "utf-8", "\n", False)
def test_csv_comes_back_whatever_is_in_the_cells(
    table: list[tuple[str, str, str]],
    delimiter: str,
    encoding: str,
    line_end: str,
    compress: bool,
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(["sku", "first name", "b"])
    writer.writerows([[escaped(cell) for cell in row] for row in table])
    content = out.getvalue().encode(encoding)
    read = values_of(gzip.compress(content, mtime=0) if compress else content, "x.csv")
    kept = [row for row in table if any(escaped(cell).strip() for cell in row)]
    assert read == [dict(zip(("sku", "first name", "b"), row, strict=True)) for row in kept]


@given(records=RECORDS, indent=st.sampled_from([None, 2]), compress=st.booleans())
def test_json_comes_back_whatever_is_in_it(
    records: list[dict[str, Any]], indent: int | None, compress: bool
) -> None:
    text = json.dumps(records, indent=indent, ensure_ascii=False)
    assert values_of(gzipped(text) if compress else text) == records


@given(records=RECORDS)
def test_ndjson_comes_back_whatever_is_in_it(records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record) + "\n" for record in records)
    assert values_of(text) == records


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("p.csv", b"sku;name\nA;B", Format.CSV),
        ("p.csv.gz", gzip.compress(b"sku,name\nA,B", mtime=0), Format.CSV),
        ("", b' \n [{"sku": 1}]', Format.JSON),
        ("", b'{"sku": 1}', Format.NDJSON),
        ("products.jsonl", b"\xef\xbb\xbf{}", Format.NDJSON),
    ],
)
def test_the_format_is_known_from_the_content(name: str, content: bytes, kind: Format) -> None:
    assert inspect(io.BytesIO(content), name).format is kind


def test_windows_files_are_read_and_said_to_be_a_guess() -> None:
    content = "sku,name\nA,Café año\n".encode("cp1252")
    assert inspect(io.BytesIO(content)).encoding_was_guessed
    assert values_of(content) == [{"sku": "A", "name": "Café año"}]


def test_lines_count_from_the_header_on_also_over_line_breaks_in_cells() -> None:
    rows = rows_of('sku,name\nA,"two\nlines"\n\nB,one\n')
    assert [row.line for row in rows] == [2, 5]


def test_the_line_that_names_the_delimiter_is_no_header() -> None:
    assert values_of("sep=;\nsku;name\nA;B\n") == [{"sku": "A", "name": "B"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (os.urandom(64) + b"\0" * 64, "not a text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text"),
        (gzip.compress(b"\0\1\2" * 50, mtime=0), "not a text"),
        (b"\x1f\x8bnonsense", "damaged"),
        (b"sku,name,sku\n1,2,3", "Two columns"),
        (b",,\n1,2,3", "names no columns"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    with pytest.raises(UnusableFile, match=reason):
        rows_of(content)


def test_a_row_with_other_cells_than_the_header_is_refused_alone() -> None:
    rows = rows_of("sku,name\nA,B,C\nD\nE,F\n")
    assert [bool(row.problem) for row in rows] == [True, True, False]
    assert "3 cells" in str(rows[0].problem)


def test_unmatched_quotes_cost_their_row_and_say_how_far_it_was_read() -> None:
    rows = rows_of('sku,name\nA,B\nC,"open\nD,E\n')
    assert rows[0].values == {"sku": "A", "name": "B"}
    assert rows[1].line == 3
    assert "up to line 4" in str(rows[1].problem)


def test_a_huge_line_is_refused_and_the_next_one_read() -> None:
    huge = "x" * (ROW_LIMIT + 10)
    for content in (f"sku,name\n{huge}\nA,B\n", f'{{"sku": "0"}}\n{huge}\n{{"sku": "A"}}\n'):
        rows = rows_of(content)
        assert str(ROW_LIMIT) in str(rows[-2].problem)
        assert rows[-1].values is not None


@pytest.mark.parametrize(
    "broken", ["{", "nonsense", '{"a": NaN}', "[1", '{"a": ' + "9" * 5000 + "}", "[" * 20_000]
)
def test_a_broken_line_of_ndjson_is_refused_alone(broken: str) -> None:
    rows = rows_of(f'{{"sku": "A"}}\n{broken}\n{{"sku": "B"}}\n')
    assert [row.values for row in rows] == [{"sku": "A"}, None, {"sku": "B"}]
    assert rows[1].line == 2
    assert str(rows[1].problem)


@pytest.mark.parametrize(
    "rest", [', {"sku": ', ', {"sku": }]', ' {"sku": "B"}]', "", ", ]", "] extra"]
)
def test_a_broken_json_list_is_read_up_to_the_fault(rest: str) -> None:
    rows = rows_of('[{"sku": "A"},\n{"sku": "B"}' + rest)
    assert [row.values for row in rows[:2]] == [{"sku": "A"}, {"sku": "B"}]
    assert "no valid JSON" in str(rows[2].problem)
    assert len(rows) == 3


def test_rows_that_are_no_objects_are_refused_alone() -> None:
    rows = rows_of('[1, {"sku": "A"}, "b", [2], null]')
    assert [row.values for row in rows] == [None, {"sku": "A"}, None, None, None]


def test_a_truncated_gzip_file_gives_its_rows_and_a_last_one_that_says_so() -> None:
    lines = "".join(f"S-{number},{os.urandom(20).hex()}\n" for number in range(20_000))
    whole = gzipped("sku,name\n" + lines)
    rows = rows_of(whole[: len(whole) // 2])
    assert len(rows) > 1000
    assert all(row.values for row in rows[:-1])
    assert "damaged" in str(rows[-1].problem)


def test_a_gzip_bomb_ends_early() -> None:
    bomb = gzip.compress(b"sku,name\n" + (b"A," + b"B" * 100_000 + b"\n") * 500, 9)
    assert len(bomb) < 100_000
    rows = rows_of(bomb)
    assert len(rows) < 400
    assert "expands" in str(rows[-1].problem)


@pytest.mark.parametrize(
    "cell", ["\uff1d1+2", "\uff0b1", "\uff0d1", "\uff201", "\n=1", "'\uff1d1", "=1"]
)
def test_no_spreadsheet_takes_an_exported_cell_for_a_formula(cell: str) -> None:
    assert escaped(cell) == "'" + cell
    out = io.StringIO()
    csv.writer(out).writerows([["a", "b"], [escaped(cell), "x"]])
    assert values_of(out.getvalue(), "p.csv") == [{"a": cell, "b": "x"}]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([f"c{n}" for n in range(201)], "201 columns; at most 200"),
        (["a", "b" * 101], "at most 100 characters"),
    ],
)
def test_too_many_columns_or_too_long_names_are_refused(columns: list[str], said: str) -> None:
    as_csv = ",".join(columns) + "\n" + ",".join("x" for _ in columns) + "\n"
    as_json = json.dumps([dict.fromkeys(columns, "x")])
    for content in (as_csv, as_json):
        with pytest.raises(UnusableFile, match=said):
            inspect(io.BytesIO(content.encode()))
