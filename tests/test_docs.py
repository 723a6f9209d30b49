"""Documentation that cannot rot: what the code has is documented, what is documented is there.

Everything is collected from the code; there is no list to keep up to date here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from storage.table import Table, registered_tables

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
APPLICATION = [path for path in sorted(ROOT.glob("*/")) if (path / "__init__.py").exists()]
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")


def text_of(*names: str) -> str:
    """The named documents that are there; at least one must be."""
    paths = [DOCS / name for name in names]
    assert any(path.exists() for path in paths), f"docs/{names[0]} is missing"
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.exists())


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in APPLICATION:
        if folder.name in ("tests", "benchmarks"):
            continue
        for path in sorted(folder.rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def application_tables() -> list[type[Table]]:
    return [table for table in registered_tables() if not table.__module__.startswith("tests.")]


def settings_read() -> set[str]:
    """First arguments of the typed readers, in the settings and in what they call."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and (
            (isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "env")
            or (isinstance(call.func, ast.Name) and call.func.id == "_secret")
        )
    }


def variables_in_code() -> set[str]:
    """Everything that could name a variable: constants that look like one."""
    constants = {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in constants if VARIABLE.fullmatch(text)} | table_variables()


def table_variables() -> set[str]:
    names = (table.logical_name() for table in application_tables())
    return {name.upper().replace("-", "_") + "_TABLE_NAME" for name in names}


def documented_settings() -> set[str]:
    """What stands in the first cell of a row of a table, as code."""
    rows = re.findall(r"^\|([^|]*)\|", text_of("settings.md"), re.MULTILINE)
    return {
        name for row in rows for name in re.findall(r"`([^`]+)`", row) if VARIABLE.fullmatch(name)
    }


class TestSettings:
    def test_the_collector_finds_them(self) -> None:
        assert {"SECRET_KEY", "DYNAMODB_ENDPOINT", "CURSOR_SECRET", "SHARDS"} <= settings_read()

    def test_all_are_documented(self) -> None:
        assert settings_read() - documented_settings() == set()

    def test_nothing_else_is_documented(self) -> None:
        assert documented_settings() - variables_in_code() == set()


def named_urls(
    resolver: URLResolver, namespace: str = "", route: str = ""
) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named_urls(pattern, inner, here)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield namespace + pattern.name, "/" + here


class TestPages:
    def test_every_named_address_is_documented(self) -> None:
        """By its name or its address. The JSON API has an OpenAPI document of its own."""
        text = text_of("pages.md")
        pages = [
            (name, route)
            for name, route in named_urls(get_resolver())
            if not name.startswith("api:")
        ]
        assert len(pages) > 5
        missing = [
            name for name, route in pages if f"`{name}`" not in text and f"`{route}`" not in text
        ]
        assert missing == []


def commands() -> list[str]:
    return [
        path.stem
        for folder in APPLICATION
        for path in sorted(folder.glob("management/commands/*.py"))
        if not path.stem.startswith("_")
    ]


class TestCommands:
    @pytest.mark.parametrize("command", commands())
    def test_every_command_is_documented(self, command: str) -> None:
        text = text_of("operations.md", "import.md")
        assert re.search(rf"(manage\.py |`){command}\b", text)


class TestTables:
    def test_every_table_and_index_is_documented(self) -> None:
        text = text_of("access-patterns.md")
        names = {
            name
            for table in application_tables()
            for name in (table.logical_name(), *table._indexes)
        }
        assert len(names) > 5
        assert {name for name in names if f"`{name}`" not in text} == set()


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def prose(path: Path) -> str:
    """Without the blocks of code, in which brackets mean something else."""
    return re.sub(
        r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def anchors(path: Path) -> set[str]:
    """As the usual renderers make them from headings."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


class TestLinks:
    @pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
    def test_lead_somewhere(self, path: Path) -> None:
        broken = []
        for link in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            is_there = target.exists() and target.is_relative_to(ROOT)
            if not is_there or (anchor and anchor not in anchors(target)):
                broken.append(link)
        assert broken == []

    def test_every_document_is_reached_from_the_readme(self) -> None:
        reached, waiting = set[Path](), [ROOT / "README.md"]
        while waiting:
            path = waiting.pop()
            if path.is_dir():
                waiting += path.glob("*.md")
            if path in reached or path.suffix != ".md" or not path.exists():
                continue
            reached.add(path)
            links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(path))
            waiting += [(path.parent / link).resolve() for link in links if ":" not in link]
        unreached = {path for path in DOCS.rglob("*.md") if path not in reached}
        assert sorted(str(path.relative_to(ROOT)) for path in unreached) == []


class TestMake:
    def test_the_readme_shows_exactly_two_commands(self) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```.*?^```", readme, re.MULTILINE | re.DOTALL)
        assert set(re.findall(r"\bmake [a-z]+\b", "\n".join(blocks))) == {"make run", "make test"}

    @pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
    def test_what_documents_tell_to_make_can_be_made(self, path: Path) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
        told = re.findall(r"[`$] ?make ([a-z-]+)\b", path.read_text(encoding="utf-8"))
        assert set(told) - targets == set()
