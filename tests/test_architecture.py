"""The examples of docs/architecture.md, run one after the other as a reader would."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import storage.table
from storage.client import call

ARCHITECTURE = Path(__file__).parents[1] / "docs" / "architecture.md"
EXAMPLES = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def tables_of_the_examples(store: None) -> Iterator[None]:
    """Tables that the examples define are gone after them."""
    known = set(storage.table._registry)
    yield
    for name in set(storage.table._registry) - known:
        table = storage.table._registry.pop(name)
        call("DeleteTable", {"TableName": table.physical_name()})


def test_every_example_does_what_it_says() -> None:
    blocks = EXAMPLES.findall(ARCHITECTURE.read_text(encoding="utf-8"))
    assert len(blocks) > 8
    parser = doctest.DocTestParser()
    test = parser.get_doctest(
        "\n".join(blocks),
        {"__name__": "storage.architecture"},
        ARCHITECTURE.name,
        str(ARCHITECTURE),
        0,
    )
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert "".join(output) == ""
    assert runner.tries > 40
