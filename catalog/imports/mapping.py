"""Which column gives which product field, guessed from their names or said by a person."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from catalog.entities import DATA_FIELDS, Status, Stock
from catalog.imports import errors
from catalog.imports.errors import UnusableMapping
from catalog.words import normalise

REQUIRED_FIELDS = ("sku", "name", "price", "currency")
SYNONYMS = {
    "sku": "sku|article number|item number|product code|part number|reference|code|id"
    "|referencia|codigo|codigo de producto|numero de articulo",
    "name": "name|title|product|product name|nombre|titulo|producto|nombre del producto",
    "description": "description|long description|details|descripcion|detalle|detalles",
    "brand": "brand|manufacturer|maker|marca|fabricante",
    "price": "price|unit price|retail price|amount|precio|precio unitario|importe|pvp",
    "currency": "currency|currency code|moneda|divisa",
    "category": "category|categories|category path|product type|categoria|categorias|seccion",
    "image_url": "image url|image|picture|photo|image link|imagen|foto|url de imagen",
    "gtin": "gtin|ean|upc|ean13|ean 13|barcode|bar code|codigo de barras",
    "stock": "stock|stock state|existencias",
    "status": "status|state|visibility|estado",
}
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_STOCK_WORDS = {
    "in stock": Stock.IN_STOCK,
    "available": Stock.IN_STOCK,
    "yes": Stock.IN_STOCK,
    "si": Stock.IN_STOCK,
    "disponible": Stock.IN_STOCK,
    "en existencia": Stock.IN_STOCK,
    "low stock": Stock.LOW_STOCK,
    "few left": Stock.LOW_STOCK,
    "quedan pocos": Stock.LOW_STOCK,
    "out of stock": Stock.OUT_OF_STOCK,
    "sold out": Stock.OUT_OF_STOCK,
    "no": Stock.OUT_OF_STOCK,
    "agotado": Stock.OUT_OF_STOCK,
    "sin existencias": Stock.OUT_OF_STOCK,
    "preorder": Stock.PREORDER,
    "pre order": Stock.PREORDER,
    "preventa": Stock.PREORDER,
}
_STATUS_WORDS = {
    "published": Status.PUBLIC,
    "publico": Status.PUBLIC,
    "publicado": Status.PUBLIC,
    "borrador": Status.DRAFT,
    "archivado": Status.ARCHIVED,
}


@dataclass(frozen=True, slots=True)
class Part:
    """Columns put together: as the template says, or with / between those that are not empty."""

    columns: tuple[str, ...]
    template: str = ""

    def value(self, row: Mapping[str, Any]) -> Any:
        """None where a column of a template is empty, or all of them are."""
        if not self.template:
            if len(self.columns) == 1:
                return _cell(row.get(self.columns[0]))
            levels = [str(_cell(row.get(column)) or "").strip() for column in self.columns]
            return "/".join(level for level in levels if level) or None
        values = {column: str(_cell(row.get(column)) or "").strip() for column in self.columns}
        if not all(values.values()):
            return None
        return _PLACEHOLDER.sub(lambda found: values[found[1].strip()], self.template)


class Nested(ValueError):
    """A list or an object where a text belongs."""


def _cell(value: Any) -> Any:
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(level, (dict, list)) for level in value)
    ):
        raise Nested
    return value


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Field → alternatives; the first that is not empty speaks. Constants fill what is empty."""

    sources: Mapping[str, tuple[Part, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def guess(cls, columns: Iterable[str]) -> Self:
        """By the names of the columns: those of the fields, or words for them."""
        by_word: dict[str, str] = {}
        for column in columns:
            by_word.setdefault(normalise(column), column)
        sources = {}
        for name in DATA_FIELDS:
            words = [name.replace("_", " "), *SYNONYMS[name].split("|")]
            found = next((by_word[word] for word in words if word in by_word), None)
            if found is not None:
                sources[name] = (Part((found,)),)
        return cls(sources)

    def with_changes(
        self, columns: Iterable[str], texts: Mapping[str, str], constants: Mapping[str, str]
    ) -> ColumnMapping:
        """`texts` as a person writes them (`parse`); an empty one takes the field away.

        Raises UnusableMapping.
        """
        known = tuple(columns)
        _require_fields([*texts, *constants])
        sources = {name: parts for name, parts in self.sources.items() if name not in texts}
        sources |= {name: parse(text, known) for name, text in texts.items() if text.strip()}
        return ColumnMapping(sources, {**self.constants, **constants})

    def apply(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that the row speaks of; absent columns leave theirs out, empty ones do not.

        Raises Nested.
        """
        found: dict[str, Any] = {}
        for name, parts in self.sources.items():
            given = False
            value: Any = None
            for part in parts:
                if any(column in row for column in part.columns):
                    given = True
                    value = part.value(row)
                    if value not in (None, "", []):
                        break
            if given:
                found[name] = _in_our_terms(name, value)
        for name, value in self.constants.items():
            if found.get(name) in (None, "", []):
                found[name] = value
        return found

    @property
    def missing_fields(self) -> list[str]:
        return [
            name
            for name in REQUIRED_FIELDS
            if name not in self.sources and name not in self.constants
        ]

    def as_texts(self) -> dict[str, str]:
        """Field → what `parse` understands."""
        return {name: "|".join(map(_written, parts)) for name, parts in self.sources.items()}

    @property
    def digest(self) -> str:
        said = json.dumps([self.as_texts(), dict(self.constants)], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def parse(text: str, columns: tuple[str, ...]) -> tuple[Part, ...]:
    """`Title`, `theme/subtheme` (joined), `USPrice|EUPrice` (first that is not empty) or
    `{number}-{variant}` (joined as written). Raises UnusableMapping for columns not there."""
    if text.strip() in columns:
        return (Part((text.strip(),)),)
    return tuple(_part(piece.strip(), columns) for piece in text.split("|") if piece.strip())


def _part(text: str, columns: tuple[str, ...]) -> Part:
    if text in columns:
        return Part((text,))
    if names := [name.strip() for name in _PLACEHOLDER.findall(text)]:
        return Part(_known(names, columns), text)
    return Part(_known([name.strip() for name in text.split("/")], columns))


def _known(names: list[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in columns:
            raise UnusableMapping(
                errors.UNKNOWN_COLUMN % {"name": name, "columns": ", ".join(columns)}
            )
    return tuple(names)


def _written(part: Part) -> str:
    return part.template or "/".join(part.columns)


def _require_fields(names: Iterable[str]) -> None:
    for name in names:
        if name not in DATA_FIELDS:
            raise UnusableMapping(
                errors.UNKNOWN_FIELD % {"name": name, "fields": ", ".join(DATA_FIELDS)}
            )


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """`["name=Title"]` → `{"name": "Title"}`. Raises UnusableMapping."""
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UnusableMapping(errors.MAPPING_FORM % {"text": text})
        found[name.strip()] = value.strip()
    return found


def load_mapping(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """(columns, constants) of `{"columns": {"name": "Title"}, "constants": {"brand": "…"}}`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        columns, constants = document.get("columns", {}), document.get("constants", {})
        said = [*columns.items(), *constants.items()]
    except (OSError, ValueError, AttributeError) as error:
        raise UnusableMapping(errors.MAPPING_FILE % {"reason": error}) from error
    if not all(isinstance(text, str) for pair in said for text in pair):
        raise UnusableMapping(errors.MAPPING_FILE % {"reason": errors.NESTED})
    return columns, constants


def _in_our_terms(name: str, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list):
        if name != "category":
            raise Nested
        return ["" if level is None else level for level in value]
    if isinstance(value, str):
        if name == "price":
            return plain_amount(value)
        if name == "stock":
            return _stock(value)
        if name == "status":
            return _STATUS_WORDS.get(normalise(value), value)
    elif name == "stock":
        return _stock(str(value))
    return value


def _stock(text: str) -> str:
    """Also understands a number of pieces."""
    stripped = text.strip()
    if re.fullmatch(r"-?\d+([.,]\d+)?", stripped):
        has_some = stripped.strip("-0.,") != "" and not stripped.startswith("-")
        return Stock.IN_STOCK if has_some else Stock.OUT_OF_STOCK
    return _STOCK_WORDS.get(normalise(stripped), text)


def plain_amount(text: str) -> str:
    """`"1,234.50"` and `"1.234,50"` → `"1234.50"`; what is ambiguous stays, to be refused.

    `"1.250"` stays too: the rules take it only where the currency has three decimals. So does
    an amount with a currency sign: it might not be the currency that the row names.
    """
    amount = re.sub(r"[\s\u00a0\u202f']", "", text)
    if re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+", amount):
        return amount.replace(",", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", amount):
        return amount.replace(".", "").replace(",", ".")
    if re.fullmatch(r"\d+,\d{1,2}", amount):
        return amount.replace(",", ".")
    return amount if re.fullmatch(r"[+-]?[\d.]+", amount) else text


def why_no_amount(text: str) -> str:
    """What to do about an amount that was refused; empty where there is nothing to say."""
    amount = text.strip()
    if any(unicodedata.category(sign) == "Sc" for sign in amount):
        return str(errors.CURRENCY_SIGN)
    if re.fullmatch(r"\d{1,3},\d{3}", amount):
        meanings = {"thousands": amount.replace(",", ""), "decimals": amount.replace(",", ".")}
        return str(errors.AMBIGUOUS_AMOUNT % meanings)
    return ""
