"""Tables and items that are hard to keep as they are, and archives altered on purpose."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from storage.archive.loading import put_all
from storage.archive.reading import open_archive, verify
from storage.archive.restoring import plan_restore, restore
from storage.archive.writing import write_archive
from storage.client import call
from storage.configuration import configuration, configure, table_name
from storage.engine import Engine
from storage.scanning import scan_pages
from storage.typed import RawItem

EVERYTHING, KEYED, EMPTY = "everything", "keyed", "empty"
TABLES = (EVERYTHING, KEYED, EMPTY)

NUMBERS = (
    *("0", "-1", "1.5", "-0.000001", "100000000000000000000"),
    "12345678901234567890123456789012345678",
    "-0.12345678901234567890123456789012345678",
    "9.9999999999999999999999999999999999999E+125",
    "-9.9999999999999999999999999999999999999E+125",
    *("1E-130", "-1E-130", "1E+125"),
)
TEXTS = (
    *("", " ", "\x00", "\n\r\t", '"\\', "\x7f", "\u2028\u2029", "\ufeff", "\ufffe\uffff"),
    *("é", "e\u0301", "İ", "漢字", "👩‍👩‍👧‍👦", "\U0010ffff", "\u202e", "{}", "null"),
)
LARGEST = 390_000


def everything() -> Iterator[RawItem]:
    for number, text in enumerate(TEXTS):
        yield {"id": {"S": f"text {number}"}, text or "empty": {"S": text}, "again": {"S": text}}
    for number, digits in enumerate(NUMBERS):
        yield {"id": {"S": f"number {number}"}, "n": {"N": digits}, "ns": {"NS": [digits, "7"]}}
    yield {"id": {"S": "only the key"}}
    yield {
        "id": {"S": "types"},
        "empty binary": {"B": b""},
        "binary": {"B": bytes(range(256))},
        "true": {"BOOL": True},
        "false": {"BOOL": False},
        "null": {"NULL": True},
        "texts": {"SS": ["", "a", "é", "👍"]},
        "numbers": {"NS": list(NUMBERS)},
        "binaries": {"BS": [b"", b"\x00", b"\xff\xfe"]},
        "list": {"L": []},
        "map": {"M": {}},
        "S": {"S": "named as a type"},
        "Item": {"M": {"Item": {"S": "named as the envelope"}, "B": {"B": b"\x01"}}},
        "mixed": {"L": [{"L": [{"B": b"\x00"}]}, {"NULL": True}, {"M": {"": {"S": ""}}}]},
    }
    deep: dict[str, Any] = {"N": "1"}
    for level in range(30):
        deep = {"L": [deep]} if level % 2 else {"M": {"deeper": deep}}
    yield {"id": {"S": "deep"}, "deep": deep}
    yield {"id": {"S": "large text"}, "text": {"S": "\x01" * LARGEST}}
    yield {"id": {"S": "large binary"}, "bytes": {"B": bytes(range(256)) * (LARGEST // 256)}}
    yield {"id": {"S": "k" * 2048}}
    yield from ({"id": {"S": f"one of many {number}"}} for number in range(600))


def keyed() -> Iterator[RawItem]:
    for number, digits in enumerate(NUMBERS):
        yield {"group": {"B": b"\x00\xff"}, "rank": {"N": digits}, "colour": {"S": "red"}}
        yield {"group": {"B": bytes([number])}, "rank": {"N": "1"}, "size": {"N": digits}}


def make_tables() -> None:
    _create(EVERYTHING, {"id": "S"})
    _create(EMPTY, {"id": "S"})
    _create(
        KEYED,
        {"group": "B", "rank": "N"},
        {"colour": "S", "size": "N"},
        GlobalSecondaryIndexes=[
            _index("colour-index", ["colour", "rank"], {"ProjectionType": "KEYS_ONLY"})
        ],
        LocalSecondaryIndexes=[
            _index(
                "size-index",
                ["group", "size"],
                {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["colour"]},
            )
        ],
    )
    expiry = {"Enabled": True, "AttributeName": "expires_at"}
    name = table_name(KEYED)
    call("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": expiry})


def fill_tables() -> None:
    put(EVERYTHING, ("id",), everything())
    put(KEYED, ("group", "rank"), keyed())


def put(name: str, key_names: tuple[str, ...], items: Iterator[RawItem] | list[RawItem]) -> None:
    sized = ((item, 8 * len(str(item))) for item in items)
    assert sum(put_all(table_name(name), key_names, sized)) > 0


def _create(
    name: str, keys: dict[str, str], others: dict[str, str] | None = None, **more: Any
) -> None:
    definitions = {**keys, **(others or {})}
    call(
        "CreateTable",
        {
            "TableName": table_name(name),
            "KeySchema": _roles(list(keys)),
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in definitions.items()
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **more,
        },
    )


def _index(name: str, keys: list[str], projection: dict[str, Any]) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _roles(keys), "Projection": projection}


def _roles(keys: list[str]) -> list[dict[str, str]]:
    roles = zip(keys, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": key, "KeyType": role} for key, role in roles]


def stored(name: str) -> dict[bytes, RawItem]:
    """Everything in a table, as the store gives it, by its whole content in a fixed order."""
    options = orjson.OPT_SORT_KEYS
    items = [item for page in scan_pages(table_name(name)) for item in page.items]
    found = {orjson.dumps(item, default=bytes.hex, option=options): item for item in items}
    assert len(found) == len(items)
    return found


def put_back(folder: Path, **options: Any) -> dict[str, int]:
    """A whole restore, with the options of its plan."""
    archive = open_archive(folder)
    verify(archive)
    return restore(archive, plan_restore(archive, **options))


def table_names() -> set[str]:
    return set(call("ListTables", {})["TableNames"])


@contextmanager
def store_of_its_own(prefix: str = "original-") -> Iterator[Engine]:
    before = configuration()
    with Engine.start(None) as engine:
        configure(replace(before, endpoint=engine.endpoint, table_prefix=prefix))
        try:
            yield engine
        finally:
            configure(before)


def under(prefix: str) -> None:
    """From now on tables are named with this prefix."""
    configure(replace(configuration(), table_prefix=prefix))


def small_archive(folder: Path) -> Path:
    """Three tables, two of them with several files, of a few kilobytes altogether."""
    with store_of_its_own():
        make_tables()
        put(EVERYTHING, ("id",), [{"id": {"S": f"{n:03}"}, "n": {"N": str(n)}} for n in range(100)])
        put(KEYED, ("group", "rank"), keyed())
        write_archive(folder, TABLES, file_bytes=1500)
    return folder


def data_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.json.gz"))


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Alters the manifest as somebody would who knows about its checksum."""
    words = orjson.loads((folder / "manifest.json").read_bytes())
    change(words)
    text = orjson.dumps(words)
    (folder / "manifest.json").write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n")


def rewrite_data(folder: Path, name: str, lines: bytes, **claims: int) -> str:
    """Makes `lines` the only file of a table, with a manifest that fits but for `claims`."""
    path = f"{name}/00001.json.gz"
    for file in (folder / name).iterdir():
        file.unlink()
    packed = gzip.compress(lines, mtime=0)
    (folder / path).write_bytes(packed)

    def change(words: dict[str, Any]) -> None:
        (table,) = (table for table in words["tables"] if table["name"] == name)
        file = {
            "path": path,
            "sha256": hashlib.sha256(packed).hexdigest(),
            "bytes": len(packed),
            "uncompressed": len(lines),
            "items": lines.count(b"\n"),
            **claims,
        }
        table.update(files=[file], items=file["items"])

    rewrite_manifest(folder, change)
    return path
