"""Reports about tables as lines of at most 80 columns, for `manage.py tables`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from storage.evolution.state import ALL, Key, Throughput
from storage.inspection import AWS, ConnectionReport, IndexReport, Inspection, TableReport

WIDTH = 80
GAP = "  "
WRONG = "!"
NOT_KNOWN = "–"
# Below this a name says nothing any more.
NARROWEST_NAME = 14


@dataclass(frozen=True, slots=True)
class Line:
    """`style` is the name of one of Django's styles for the terminal, or empty."""

    text: str
    style: str = ""


def connection_line(connection: ConnectionReport) -> str:
    parts = [connection.region]
    if connection.account:
        parts.append(_("account %(account)s") % {"account": connection.account})
    if connection.milliseconds is not None:
        parts.append(_("%(time)s ms") % {"time": number_format(connection.milliseconds, 1)})
    end = ", ".join(parts)
    engine = connection.engine or "DynamoDB"
    if connection.engine == AWS:
        # The region says it all.
        return shortened(f"{engine}, {end}", WIDTH)
    room = WIDTH - len(f"{engine}, , {end}")
    return shortened(
        f"{engine}, {shortened(connection.endpoint, max(room, NARROWEST_NAME))}, {end}", WIDTH
    )


def overview(tables: Sequence[TableReport]) -> Iterator[Line]:
    """A row for each table; those with problems begin with an exclamation mark."""
    head = (_("Table"), _("Status"), _("Items"), _("Size"), _("Billing"), _("Keys"))
    rows = [_row(table) for table in tables]
    widths = _widths([head, *rows])
    yield Line("  " + _cells(head, widths), "MIGRATE_HEADING")
    for table, row in zip(tables, rows, strict=True):
        style = "" if table.exists and not table.problems else "WARNING"
        mark = WRONG if table.problems else " "
        yield Line(f"{mark} {_cells(row, widths)}", style if table.exists else "ERROR")


def details(table: TableReport) -> Iterator[Line]:
    """Everything that is known about a table, long values on several lines."""
    yield Line(shortened(table.name, WIDTH), "MIGRATE_LABEL")
    facts = _facts(table)
    indent = max(len(label) for label, _text in facts) + 4
    for label, text in facts:
        yield from _hanging(f"  {label}".ljust(indent), text, indent)
    if table.arn:
        # Without a label most fit on a line, to be copied from there.
        yield from _hanging("  ", table.arn, 2)
    for index in table.indexes:
        label = _("local index %(name)s") if index.kind == "local" else _("index %(name)s")
        yield from _hanging("  ", label % {"name": index.name}, 4)
        yield from _hanging("      ", _index(index), 6)


def verdict(inspection: Inspection) -> Iterator[Line]:
    """What is wrong, and what no model knows."""
    problems = [problem for table in inspection.tables for problem in table.problems]
    if problems:
        yield Line(_("Not as the models say:"), "ERROR")
        for problem in problems:
            yield from _hanging(f"{WRONG} ", problem, 2, "WARNING")
        if not any(table.exists for table in inspection.tables):
            text = _(
                "If this is the right store (region %(region)s), `manage.py migrate` makes them."
            )
            for line in textwrap.wrap(text % {"region": inspection.connection.region}, WIDTH):
                yield Line(line)
    elif inspection.tables:
        count = len(inspection.tables)
        text = ngettext(
            "The table is as its model says.", "All %(count)d tables are as the models say.", count
        )
        yield Line(text % {"count": count}, "SUCCESS")


def unknown(names: Sequence[str]) -> Iterator[Line]:
    yield Line(_("Tables with our prefix that no model knows:"))
    for name in names:
        yield from _hanging("? ", name, 2)


def shortened(text: str, width: int) -> str:
    """The beginning and the end, which tell names apart, with … between them."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def _row(table: TableReport) -> tuple[str, ...]:
    if not table.exists:
        return table.name, pgettext("of a table", "missing"), "", "", "", ""
    keys = [key.name for key in (table.hash_key, table.range_key) if key]
    return (
        table.name,
        table.status or "",
        _number(table.items),
        _size(table.size_bytes),
        _short_billing(table.throughput),
        ", ".join(keys),
    )


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The first and the last column share what the others leave, the first what it needs."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = WIDTH - len("  ") - len(GAP) * (len(widths) - 1) - sum(widths[1:-1])
    widths[-1] = min(widths[-1], max(room - widths[0], NARROWEST_NAME))
    widths[0] = min(widths[0], room - widths[-1])
    return widths


def _cells(row: Sequence[str], widths: Sequence[int]) -> str:
    right = {2, 3}
    cells = [
        shortened(text, width).rjust(width)
        if column in right
        else shortened(text, width).ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return GAP.join(cells).rstrip()


def _facts(table: TableReport) -> list[tuple[str, str]]:
    if not table.exists:
        return [
            (_("stored as"), table.physical_name),
            (_("status"), pgettext("of a table", "missing")),
        ]
    created = f"{table.created:%Y-%m-%d %H:%M} UTC" if table.created else NOT_KNOWN
    return [
        (_("stored as"), table.physical_name),
        (_("status"), table.status or NOT_KNOWN),
        (_("items"), _items(table)),
        (_("size"), _size(table.size_bytes)),
        (_("billing"), _billing(table.throughput)),
        (_("class"), table.table_class or NOT_KNOWN),
        (_("hash key"), _key(table.hash_key)),
        (_("range key"), _key(table.range_key)),
        (_("expiry"), table.expires_by or pgettext("of a table", "off")),
        (_("stream"), table.stream or pgettext("of a table", "off")),
        (
            _("deletion"),
            _("refused by the store")
            if table.deletion_protection
            else pgettext("of a table", "possible"),
        ),
        (pgettext("of a table", "created"), created),
    ]


def _index(index: IndexReport) -> str:
    keys = " + ".join(_key(key) for key in (index.hash_key, index.range_key) if key)
    items = ngettext("%(number)s item", "%(number)s items", index.items or 0)
    counts = [items % {"number": _number(index.items)}] if index.items is not None else []
    parts = [
        *([index.status] if index.status else []),
        keys,
        _projection(index.projection),
        *([_billing(index.throughput)] if index.throughput else []),
        *counts,
        *([_size(index.size_bytes)] if index.size_bytes is not None else []),
    ]
    return "; ".join(parts)


def _key(key: Key | None) -> str:
    return f"{key.name} ({key.type})" if key else NOT_KNOWN


def _projection(projection: str | tuple[str, ...]) -> str:
    if isinstance(projection, str):
        return _("all attributes") if projection == ALL else _("keys only")
    return _("keys and %(names)s") % {"names": ", ".join(projection)}


def _billing(throughput: Throughput | None) -> str:
    if throughput is None:
        return _("on demand")
    units = {"read": throughput.read, "write": throughput.write}
    return _("%(read)d read and %(write)d write units a second") % units


def _items(table: TableReport) -> str:
    number = _number(table.items)
    return _("%(number)s, counted now") % {"number": number} if table.items_exact else number


def _short_billing(throughput: Throughput | None) -> str:
    if throughput is None:
        return _("on demand")
    return _("%(read)d r, %(write)d w") % {"read": throughput.read, "write": throughput.write}


def _number(number: int | None) -> str:
    return NOT_KNOWN if number is None else str(number_format(number, force_grouping=True))


def _size(size: int | None) -> str:
    return NOT_KNOWN if size is None else filesizeformat(size).replace("\xa0", " ")


def _hanging(label: str, text: str, indent: int, style: str = "") -> Iterator[Line]:
    """A label and its text, which goes on below itself where it is too long for a line."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=label,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
    yield from (Line(line, style) for line in lines)
