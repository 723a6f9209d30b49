"""An archive that is not exactly what was written is refused; no store is asked for that."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.archive.errors import ArchiveRefused
from storage.archive.reading import open_archive, verify
from tests.storage.archive.samples import (
    EVERYTHING,
    KEYED,
    data_files,
    rewrite_data,
    rewrite_manifest,
)

MANIFEST, CHECKSUM = "manifest.json", "manifest.sha256"
FIRST = f"{EVERYTHING}/00001.json.gz"
LINE = b'{"Item":{"id":{"S":"a"}}}\n'


def check(folder: Path) -> None:
    verify(open_archive(folder))


def refused(folder: Path) -> str:
    with pytest.raises(ArchiveRefused) as refusal:
        check(folder)
    return str(refusal.value)


def all_files(folder: Path) -> list[Path]:
    return [folder / CHECKSUM, folder / MANIFEST, *data_files(folder)]


def test_what_was_written_is_whole(pristine: Path) -> None:
    check(pristine)
    assert len(data_files(pristine)) == 5


def test_a_folder_may_be_named_through_a_link(pristine: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(pristine)
    check(tmp_path / "link")


def test_files_cut_short_anywhere_are_named(archive: Path) -> None:
    chance = random.Random(1)
    for file in all_files(archive):
        whole = file.read_bytes()
        lengths = {0, 1, len(whole) // 2, len(whole) - 8, len(whole) - 1}
        for length in sorted(lengths | {chance.randrange(len(whole)) for _ in range(30)}):
            file.write_bytes(whole[:length])
            assert file.name in refused(archive)
        file.write_bytes(whole)
    check(archive)


def test_every_flipped_bit_is_noticed_and_its_file_named(archive: Path) -> None:
    chance = random.Random(2)
    for file in all_files(archive):
        whole = file.read_bytes()
        for _ in range(60):
            altered = bytearray(whole)
            altered[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            file.write_bytes(altered)
            said = refused(archive)
            # Of the manifest and its checksum either may be the altered one.
            assert file.name in said or file.parent == archive
        file.write_bytes(whole)
    check(archive)


def test_a_file_that_goes_on_is_refused(archive: Path) -> None:
    for file in all_files(archive):
        whole = file.read_bytes()
        for more in (b"\n", b"\0" * 512, whole):
            file.write_bytes(whole + more)
            assert file.name in refused(archive)
        file.write_bytes(whole)


def test_a_missing_file_is_named(archive: Path) -> None:
    for file in all_files(archive):
        content = file.read_bytes()
        file.unlink()
        assert file.name in refused(archive)
        file.write_bytes(content)


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        ".hidden",
        f"{EVERYTHING}/00099.json.gz",
        f"{EVERYTHING}/x",
        "other/00001.json.gz",
    ],
)
def test_a_file_that_does_not_belong_there_is_named(archive: Path, name: str) -> None:
    (archive / name).parent.mkdir(exist_ok=True)
    (archive / name).write_bytes(b"")
    assert refused(archive) == f"{name} does not belong to the archive."


def test_a_folder_inside_a_table_is_named(archive: Path) -> None:
    (archive / EVERYTHING / "more").mkdir()
    assert f"{EVERYTHING}/more" in refused(archive)


def test_a_renamed_file_is_refused(archive: Path) -> None:
    (archive / FIRST).rename(archive / EVERYTHING / "00001.gz")
    assert refused(archive) == f"{FIRST} is missing."


def test_two_files_in_each_others_place_are_refused(archive: Path) -> None:
    second = f"{EVERYTHING}/00002.json.gz"
    (archive / FIRST).rename(archive / "aside")
    (archive / second).rename(archive / FIRST)
    (archive / "aside").rename(archive / second)
    assert FIRST in refused(archive)


@pytest.mark.parametrize("name", [FIRST, MANIFEST, CHECKSUM])
def test_a_link_in_place_of_a_file_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    (archive / name).rename(tmp_path / "elsewhere")
    (archive / name).symlink_to(tmp_path / "elsewhere")
    assert name in refused(archive)


def test_a_link_in_place_of_a_folder_is_refused(archive: Path, tmp_path: Path) -> None:
    shutil.move(archive / EVERYTHING, tmp_path / "elsewhere")
    (archive / EVERYTHING).symlink_to(tmp_path / "elsewhere")
    assert EVERYTHING in refused(archive)


def test_a_pipe_in_place_of_a_file_does_not_hang(archive: Path) -> None:
    (archive / FIRST).unlink()
    os.mkfifo(archive / FIRST)
    assert refused(archive) == f"{FIRST} is not a file."


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_a_manifest_is_no_archive(tmp_path: Path, name: str) -> None:
    assert "is not an archive" in refused(tmp_path / name)


def test_a_manifest_edited_without_its_checksum_is_refused(archive: Path) -> None:
    text = (archive / MANIFEST).read_text()
    (archive / MANIFEST).write_text(text.replace('"items": 100', '"items": 101'))
    assert refused(archive) == f"{MANIFEST} was cut short or altered: its checksum is another."


def table(words: dict[str, Any], name: str = EVERYTHING) -> dict[str, Any]:
    (found,) = (table for table in words["tables"] if table["name"] == name)
    assert isinstance(found, dict)
    return found


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    *way, last, value = path

    def change(words: dict[str, Any]) -> None:
        place: Any = table(words)
        for step in way:
            place = place[step]
        place[last] = value

    return change


EDITS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "newer format": (lambda words: words.update(format=2), "has the format 2"),
    "format is true": (lambda words: words.update(format=True), "is not a manifest"),
    "no format": (lambda words: words.pop("format"), "is not a manifest"),
    "another application": (lambda words: words.update(application="x"), "not written by"),
    "something more": (lambda words: words.update(more=1), "more"),
    "no tables": (lambda words: words.pop("tables"), "tables"),
    "table twice": (lambda words: words["tables"].append(table(words)), "twice"),
    "table count": (_set("items", 99), "do not hold as many items"),
    "count as text": (_set("items", "100"), "items"),
    "negative count": (_set("items", -1), "items"),
    "absolute path": (_set("files", 0, "path", "/etc/passwd"), "file 1 should be"),
    "path upwards": (_set("files", 0, "path", "../00001.json.gz"), "file 1 should be"),
    "path of another table": (_set("files", 0, "path", f"{KEYED}/00001.json.gz"), "should be"),
    "files out of order": (lambda words: table(words)["files"].reverse(), "should be"),
    "checksum too short": (_set("files", 0, "sha256", "abc"), "sha256"),
    "checksum with a line end": (_set("files", 0, "sha256", "0" * 64 + "\n"), "sha256"),
    "other checksum": (_set("files", 0, "sha256", "0" * 64), "checksum is another"),
    "size": (_set("files", 0, "bytes", 10_000), "shorter"),
    "impossible packing": (_set("files", 0, "uncompressed", 10**12), "cannot hold that much"),
    "unpacked size too large": (_set("files", 0, "uncompressed", 9_999), "unpacks to less"),
    "unpacked size too small": (_set("files", 0, "uncompressed", 10), "unpacks to more"),
    "no keys": (_set("schema", "KeySchema", []), "hash key"),
    "key undefined": (_set("schema", "AttributeDefinitions", []), "attribute definitions"),
    "key of unknown type": (
        _set("schema", "AttributeDefinitions", 0, "AttributeType", "SS"),
        "AttributeType",
    ),
    "key of another type": (
        _set("schema", "AttributeDefinitions", 0, "AttributeType", "N"),
        "line 1 has a key id that is not of type N",
    ),
    "key of another name": (
        lambda words: (
            _set("schema", "AttributeDefinitions", 0, "AttributeName", "n")(words),
            _set("schema", "KeySchema", 0, "AttributeName", "n")(words),
        ),
        "line 1 has a key n that is not of type S",
    ),
    "unknown word in the schema": (_set("schema", "Replicas", []), "Replicas"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_manifest_that_does_not_fit_is_refused_though_its_checksum_does(
    archive: Path, edit: str
) -> None:
    change, expected = EDITS[edit]
    rewrite_manifest(archive, change)
    assert expected in refused(archive)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../elsewhere", "/etc", "a/b", "A", "a b", "a\n", "ä", "-a", "a" * 300]
)
def test_a_table_cannot_be_named_like_a_way_elsewhere(archive: Path, name: str) -> None:
    rewrite_manifest(archive, _set("name", name))
    assert MANIFEST in refused(archive)


@pytest.mark.parametrize("text", [b"", b"{", b"null", b"[]", b"\xff", b'{"format": 1.0}'])
def test_a_manifest_that_is_none_is_refused_though_its_checksum_fits(
    archive: Path, text: bytes
) -> None:
    (archive / MANIFEST).write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    (archive / CHECKSUM).write_text(f"{digest}  {MANIFEST}\n")
    assert MANIFEST in refused(archive)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (b"", "unpacks"),
        (LINE + b"\n", "line 2 is not JSON"),
        (LINE + LINE[:-1], "ends within a line"),
        (LINE + b'{"Item":{}}\n', "line 2 has no key id"),
        (LINE + b'{"Item":{"id":{"S":""}}}\n', "line 2 has an empty key id"),
        (LINE + b'{"Item":{"id":{"N":"1"}}}\n', "line 2 has a key id that is not of type S"),
        (b'{"Item":{"id":{"S":"' + b"a" * 2049 + b'"}}}\n', "a key id that is too long"),
        (b'{"Item":{"id":{"S":"a"},"n":{"N":1}}}\n', "line 1 has an attribute n that is no N"),
    ],
    ids=["nothing", "empty line", "no end", "no key", "empty key", "type", "long key", "number"],
)
def test_lines_that_are_no_items_are_refused_though_checksums_fit(
    archive: Path, lines: bytes, said: str
) -> None:
    path = rewrite_data(archive, EVERYTHING, lines, uncompressed=max(1, len(lines)))
    assert path in (found := refused(archive))
    assert said in found


def test_index_keys_of_a_wrong_type_are_refused(archive: Path) -> None:
    line = b'{"Item":{"group":{"B":"YQ=="},"rank":{"N":"1"},"colour":{"N":"1"}}}\n'
    path = rewrite_data(archive, KEYED, line)
    assert refused(archive) == f"{path}, line 1 has a key colour that is not of type S."


def test_fewer_items_than_the_manifest_says_are_refused(archive: Path) -> None:
    path = rewrite_data(archive, EVERYTHING, LINE, items=2)
    assert refused(archive) == f"{path} holds 1 items, {MANIFEST} says 2."


def test_what_is_no_gzip_is_refused_though_its_checksum_fits(archive: Path) -> None:
    content = b"not gzip"
    (archive / FIRST).write_bytes(content)

    def change(words: dict[str, Any]) -> None:
        digest = hashlib.sha256(content).hexdigest()
        table(words)["files"][0].update(sha256=digest, bytes=len(content), uncompressed=100)

    rewrite_manifest(archive, change)
    assert refused(archive) == f"{FIRST} is not gzip."


@pytest.mark.parametrize("content", [b"\0", b"\n"], ids=["one line", "many lines"])
def test_a_file_that_unpacks_to_far_more_fills_no_memory(archive: Path, content: bytes) -> None:
    rewrite_data(archive, EVERYTHING, content * 64_000_000, items=1)
    tracemalloc.start()
    try:
        refused(archive)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_unpacks_to_more_than_it_says_is_not_unpacked(archive: Path) -> None:
    path = rewrite_data(archive, EVERYTHING, b"\0" * 64_000_000, items=1, uncompressed=300_000)
    tracemalloc.start()
    try:
        assert refused(archive) == f"{path} unpacks to more than {MANIFEST} says."
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
