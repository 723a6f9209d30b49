"""The Spanish catalogue says everything that the application says."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
SPANISH = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po"
# The same as in docs/development.md.
LAZY = ["gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2", "npgettext_lazy:1c,2,3"]
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")


def extracted() -> Catalog:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # babel's
    top = {pattern.split("/")[0] for pattern, _ in methods}

    def of_ours(directory: str | PathLike[str]) -> bool:
        return Path(directory).relative_to(ROOT).parts[0] in top

    catalog = Catalog(domain="django")
    for name, line, text, _comments, context in extract_from_dir(
        ROOT,
        methods,
        options,
        {**DEFAULT_KEYWORDS, **parse_keywords(LAZY)},
        directory_filter=of_ours,
    ):
        catalog.add(text, None, [(name, line)], context=context)
    return catalog


def spanish() -> Catalog:
    with SPANISH.open("rb") as file:
        return read_po(file, locale="es", domain="django", abort_invalid=True)


def forms(message: Message) -> list[str]:
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [cast(str, text) for text in texts]


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def test_extraction_finds_python_and_templates() -> None:
    names = {name for message in extracted() for name, _ in message.locations}
    assert "config/errors.py" in names
    assert "templates/base.html" in names


def test_every_text_is_translated() -> None:
    translations = spanish()
    missing = []
    for message in extracted():
        if not message.id:
            continue
        found = translations.get(message.id, message.context)
        if found is None or found.fuzzy or not all(forms(found)):
            missing.append(f"{message.locations[0][0]}:{message.locations[0][1]}: {message.id!r}")
    assert not missing, "not in the Spanish catalogue, or marked fuzzy:\n" + "\n".join(missing)


def test_placeholders_are_the_same_in_both_languages() -> None:
    wrong = []
    for message in spanish():
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, list | tuple) else (message.id,)
        allowed = [placeholders(source) for source in sources]
        wrong += [text for text in forms(message) if placeholders(text) not in allowed]
    assert not wrong, f"other placeholders than in English: {wrong}"


def test_nothing_is_left_of_texts_that_are_gone() -> None:
    used = extracted()
    gone = [m.id for m in spanish() if m.id and used.get(m.id, m.context) is None]
    assert not gone
