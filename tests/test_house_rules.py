"""Conventions that no linter knows. Each says why it is one."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {
    *(".git", ".venv", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
    *(".import_linter_cache", "__pycache__", "node_modules", "var", "staticfiles", "vendor"),
}
OWN_EXAMPLES = "tests/test_house_rules.py"
LONGEST_MODULE = 400
# Such a name says nothing about what is inside, so everything ends up there.
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "misc", "manager", "managers", "base"}
# Folders of people and of this or that build machine; a file that names one works there only.
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|Users|root|work|mnt)/[\w.]|\b[A-Z]:\\Users")
READS_WHOLE_TABLES = "storage/scanning.py"
QUERIES = {"query", "Query"}
SCANS = {"scan", "Scan"}


def files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - NOT_OURS)
        yield from (Path(folder) / name for name in sorted(names))


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_files() -> Iterator[tuple[str, str]]:
    for path in files():
        if path.is_symlink() or path.suffix in {".png", ".ico", ".mo", ".woff2", ".gz", ".db"}:
            continue
        yield label(path), path.read_text(encoding="utf-8")


PYTHON = [path for path in files() if path.suffix == ".py"]
APPLICATION = [path for path in PYTHON if path.relative_to(ROOT).parts[0] != "tests"]


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def operation_of(call: ast.Call) -> str:
    """`x.query(…)` → query, `call("Query", …)` → Query, else nothing."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    if (
        ast.unparse(call.func) == "call"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ):
        return call.args[0].value
    return ""


def has_limit(call: ast.Call) -> bool:
    keywords = {keyword.arg for keyword in call.keywords}
    keys = {
        key.value
        for argument in call.args
        if isinstance(argument, ast.Dict)
        for key in argument.keys
        if isinstance(key, ast.Constant)
    }
    return bool(keywords & {"page_size", "limit"}) or "Limit" in keys


def is_slice_of_a_table(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "slice"
        and ast.unparse(call.func.value) != "itertools"
    )


def places(found: Iterator[tuple[Path, ast.Call]]) -> list[str]:
    return [f"{label(path)}:{call.lineno}" for path, call in found]


def test_the_collector_sees_the_application() -> None:
    seen = {label(path) for path in APPLICATION}
    assert {"storage/table.py", "catalog/tables.py", "config/settings.py", "manage.py"} <= seen
    assert not any(name.startswith((".venv", "node_modules")) for name in seen)


@pytest.mark.parametrize("suffix", [".py", ".js"])
def test_no_module_is_longer_than_a_mind(suffix: str) -> None:
    lengths = {
        label(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files()
        if path.suffix == suffix
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_modules_and_packages_have_names_that_say_something() -> None:
    vague = [
        label(path)
        for path in PYTHON
        if NAMES_THAT_SAY_NOTHING & {path.stem, *path.relative_to(ROOT).parts[:-1]}
    ]
    assert vague == []


def test_nothing_scans() -> None:
    """A scan reads the whole table, so its cost grows until it stops the shop."""
    found = (
        (path, call)
        for path in APPLICATION
        if label(path) != READS_WHOLE_TABLES
        for call in calls(path)
        if operation_of(call) in SCANS
    )
    assert places(found) == []


def test_every_query_says_how_much_it_reads() -> None:
    """Without a limit one page over a big partition takes seconds and blocks everybody."""
    asking = [
        (path, call)
        for path in PYTHON
        for call in calls(path)
        if operation_of(call) in QUERIES or is_slice_of_a_table(call)
    ]
    assert len(asking) > 10
    unlimited = ((path, call) for path, call in asking if not has_limit(call))
    expected = [place for place in places(unlimited) if not place.startswith("tests/storage/")]
    assert expected == []


def test_the_scans_that_are_allowed_say_how_much_they_read() -> None:
    found = [call for call in calls(ROOT / READS_WHOLE_TABLES) if operation_of(call) in SCANS]
    assert found
    assert all(has_limit(call) for call in found)


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    named = [
        f"{name}:{number}"
        for name, text in text_files()
        if name != OWN_EXAMPLES
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert named == []


@pytest.mark.parametrize(
    "text", ["cd /home/alice/backroom", '"/Users/alice"', "/root/.cache", r"C:\Users\alice"]
)
def test_such_a_folder_is_recognised(text: str) -> None:
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["/usr/bin/env", "https://example.com/home/page", "a/root/b"])
def test_what_looks_like_one_is_left_alone(text: str) -> None:
    assert not MACHINE_PATH.search(text)
