"""A first mapping out of a schema: guesses what it can, and asks in comments for the rest."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _

from config.sql_import.schema import Column, ForeignKey, Relation, Schema, text_columns
from config.sql_import.source import Snapshot, Source
from storage.intake import NeedsOptions, Target, TargetField

LABELS = ("name", "title", "label", "company name", "full name", "nombre", "titulo")
MOST_VALUES = 12
MOST_TABLES = 300
WIDTH = 96
_CENTS = re.compile(r"( in)? cents?$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Join:
    name: str
    other: Relation
    key: ForeignKey


@dataclass(frozen=True, slots=True)
class Found:
    """A column that may give a field, by the name that a mapping has for it."""

    reference: str
    column: Column
    join: Join | None = None


def drafted(source: Source, target: Target, *, table: str, schema: str | None) -> str:
    """Raises UnusableMapping, UnusableSource."""
    known = Schema(source, schema)
    relation = known.relation(table, place="--from")
    joins = list(_joins(relation, known))
    chosen = _chosen(relation, joins, target.fields)
    with source.snapshot() as snapshot:
        lines = [
            f"# {target.summary}",
            "# " + _("What needs a decision is marked: DECIDE."),
            f"target = {_quoted(target.name)}",
            "",
            *_option_lines(target),
            *_source_lines(relation, schema),
            *_join_lines(joins, chosen),
            "",
            "[fields]",
        ]
        for field in target.fields:
            lines += _field_lines(field, chosen.get(field.name), relation, snapshot)
    lines += ["", *_unused_lines(relation, joins, chosen), *_children_lines(relation, known)]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def words_of(name: str) -> str:
    """`ProductName` and `product_name` → `product name`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.split(r"[\W_]+", spaced.lower())).strip()


def singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _joins(relation: Relation, schema: Schema) -> Iterator[Join]:
    names = {relation.name}
    for key in relation.foreign_keys:
        other = schema.relation(key.other, schema=key.other_schema)
        name = key.other
        if name in names:
            name = "_".join(_without_id(words_of(key.columns[0])).split())
        if name not in names:
            names.add(name)
            yield Join(name, other, key)


def _without_id(words: str) -> str:
    return words.removesuffix(" id").removesuffix(" key").removesuffix(" code")


def _chosen(
    relation: Relation, joins: list[Join], fields: Iterable[TargetField]
) -> dict[str, Found]:
    """Field → column; no column twice. A field's own name goes before what others call it."""
    candidates = dict(_candidates(relation, joins))
    chosen: dict[str, Found] = {}
    for field in fields:
        taken = {found.reference for found in chosen.values()}
        for words in (words_of(field.name), *field.synonyms):
            found = candidates.get(words)
            if found is not None and found.reference not in taken:
                chosen[field.name] = found
                break
    return chosen


def _candidates(relation: Relation, joins: list[Join]) -> Iterator[tuple[str, Found]]:
    """Later ones count more: a column's whole name more than what is left without the table's."""
    own = singular(words_of(relation.name))
    keys = {name for key in relation.foreign_keys for name in key.columns}
    for join in joins:
        label = _label(join.other)
        if label is not None:
            found = Found(f"{join.name}.{label.name}", label, join)
            yield singular(words_of(join.other.name)), found
            yield _without_id(words_of(join.key.columns[0])), found
    for column in relation.columns:
        words = words_of(column.name)
        # What is asked for as an id is meant to be one, not the name behind it.
        if column.name in keys and words.endswith(" id"):
            yield words, Found(column.name, column)
    plain = [column for column in relation.columns if column.name not in keys]
    for column in plain:
        short = words_of(column.name).removeprefix(own + " ")
        yield _CENTS.sub("", short), Found(column.name, column)
        yield short, Found(column.name, column)
    for column in plain:
        yield words_of(column.name), Found(column.name, column)


def _label(relation: Relation) -> Column | None:
    own = singular(words_of(relation.name))
    texts = text_columns(relation.columns)
    for wanted in (*LABELS, f"{own} name", f"{own} title", own):
        for column in texts:
            if words_of(column.name) == wanted:
                return column
    return next((column for column in texts if column.name not in relation.primary_key), None)


def _option_lines(target: Target) -> Iterator[str]:
    if not isinstance(target, NeedsOptions):
        return
    yield "[options]"
    reasons = {
        "source": _("a name for the other system, the same for organisations and people"),
        "raw": _("only if no rule of the application is to be applied"),
    }
    for name, example in target.needed_options.items():
        reason = f"{_('DECIDE')}: {reasons[name]}"
        yield f"# {name} = {json.dumps(example, ensure_ascii=False)}  # {reason}"
    yield ""


def _source_lines(relation: Relation, schema: str | None) -> Iterator[str]:
    yield "[source]"
    yield f"table = {_quoted(relation.name)}"
    if schema:
        yield f"schema = {_quoted(schema)}"
    if not relation.primary_key:
        text = _("DECIDE: columns that together are unique, for there is no primary key")
        yield f'# order_by = ["…"]  # {text}'
    if any(isinstance(column.type, (sa.DateTime, sa.Date)) for column in relation.columns):
        text = _("what times without a zone mean")
        yield f'# zone = "Europe/Madrid"  # {text}'


def _join_lines(joins: list[Join], chosen: dict[str, Found]) -> Iterator[str]:
    used = {found.join.name for found in chosen.values() if found.join}
    for join in joins:
        mark = "" if join.name in used else "# "
        yield ""
        yield f"{mark}[[join]]"
        yield f"{mark}table = {_quoted(join.other.name)}"
        if join.other.schema:
            yield f"{mark}schema = {_quoted(join.other.schema)}"
        if join.name != join.other.name:
            yield f"{mark}as = {_quoted(join.name)}"
        yield f"{mark}on = {_pairs(zip(join.key.columns, join.key.other_columns, strict=True))}"


def _field_lines(
    field: TargetField, found: Found | None, relation: Relation, snapshot: Snapshot
) -> Iterator[str]:
    if found is None:
        if field.required:
            text = _("DECIDE: no column was recognised, and a new one needs it")
            yield f'# {field.name} = {{ value = "…" }}  # {text}'
        else:
            yield f"# {field.name}: " + _("no column was recognised")
        return
    comment = found.column.type_text
    if found.column.nullable or found.join:
        comment += ", " + _("may be null")
        if field.required:
            comment += ", " + _("and a new one needs it")
    said, undecided = _field(field, found, relation, snapshot)
    if undecided:
        mark = _("DECIDE")
        yield f"# {mark}: {field.name} ← {found.reference}, {comment}"
        if field.choices:
            yield "#   " + _("it becomes one of %(choices)s") % {"choices": _listed(field.choices)}
    name = field.name if _BARE.fullmatch(field.name) else _quoted(field.name)
    yield f"# {name} = {said}" if undecided else f"{name} = {said}  # {comment}"
    if field.name == "category" and field.kind == "texts":
        reference = _quoted(found.reference)
        yield "#   " + _("A level cannot contain a slash. Where there are some, one of these:")
        yield f'#   {name} = {{ path = [{reference}], replace = {{ "/" = " & " }} }}'
        yield f'#   {name} = {{ column = {reference}, split = "/" }}'


def _field(
    field: TargetField, found: Found, relation: Relation, snapshot: Snapshot
) -> tuple[str, bool]:
    """(what the mapping says, whether a person must complete it)."""
    reference, kind = _quoted(found.reference), found.column.type
    if isinstance(kind, sa.LargeBinary):
        folder = 'as = "file", folder = "files", prefix = "/files/"'
        return f"{{ column = {reference}, {folder} }}", True
    if field.kind == "texts":
        return f"{{ path = [{reference}] }}", False
    if field.kind == "decimal" and _CENTS.search(words_of(found.column.name)):
        return f'{{ column = {reference}, factor = "0.01" }}', False
    if field.kind == "choice":
        return _choice(field, found, relation, snapshot)
    return reference, False


def _choice(
    field: TargetField, found: Found, relation: Relation, snapshot: Snapshot
) -> tuple[str, bool]:
    reference = _quoted(found.reference)
    values = _values(snapshot, found, relation)
    if values is None:
        return f'{{ column = {reference}, up_to = [[0, "…"]], above = "…" }}', True
    if {value.casefold() for value in values} <= {choice.casefold() for choice in field.choices}:
        return reference, False
    mapped = ", ".join(f'{_quoted(value)} = "…"' for value in values)
    return f"{{ column = {reference}, map = {{ {mapped} }} }}", True


def _values(snapshot: Snapshot, found: Found, relation: Relation) -> list[str] | None:
    """The different values of a column, None where there are many."""
    relation = found.join.other if found.join else relation
    column: sa.ColumnClause[Any] = sa.column(found.column.name)
    table = sa.table(relation.name, column, schema=relation.schema)
    statement = sa.select(column).select_from(table).where(column.is_not(None)).distinct()
    rows = snapshot.beside.execute(statement.limit(MOST_VALUES + 1)).scalars().all()
    if len(rows) > MOST_VALUES:
        return None
    texts = (str(row).lower() if isinstance(row, bool) else str(row) for row in rows)
    return sorted(texts)


def _unused_lines(relation: Relation, joins: list[Join], chosen: dict[str, Found]) -> Iterator[str]:
    used = {found.reference for found in chosen.values()}
    used |= {
        name
        for join in joins
        if any(found.join is join for found in chosen.values())
        for name in join.key.columns
    }
    unused = [column for column in relation.columns if column.name not in used]
    if unused:
        yield "# " + _("Columns that are not used:")
    for column in unused:
        nullable = ", " + _("may be null") if column.nullable else ""
        yield f"#   {column.name}: {column.type_text}{nullable}"


def _children_lines(relation: Relation, schema: Schema) -> Iterator[str]:
    names = [name for name, is_view in schema.names() if not is_view]
    for name in names[:MOST_TABLES]:
        other = schema.relation(name)
        for key in other.foreign_keys:
            if key.other == relation.name and other.name != relation.name:
                pairs = _pairs(zip(key.columns, key.other_columns, strict=True))
                yield ""
                yield "# " + _("%(table)s points here; its rows can become lists:") % {
                    "table": other.name
                }
                yield "# [[children]]"
                yield f"# table = {_quoted(other.name)}"
                yield f"# on = {pairs}"
                columns = _listed(other.column_names)
                yield textwrap.shorten(f'# column = "…"  # {columns}', WIDTH, placeholder=" …")


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    said = ", ".join(
        f"{mine if _BARE.fullmatch(mine) else _quoted(mine)} = {_quoted(theirs)}"
        for mine, theirs in pairs
    )
    return f"{{ {said} }}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _quoted(text: str) -> str:
    """A basic string of TOML is one of JSON."""
    return json.dumps(text, ensure_ascii=False)
