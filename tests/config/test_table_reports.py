from __future__ import annotations

import pytest

from config.table_reports import connection_line, details, overview, shortened, verdict
from storage.evolution.drift import Difference
from storage.evolution.state import Key, Throughput
from storage.inspection import AWS, ConnectionReport, Inspection, TableReport

LONG = "a-name-that-somebody-thought-about-for-a-long-time-and-then-made-longer"
AT_AWS = ConnectionReport(
    "https://dynamodb.ap-southeast-1.amazonaws.com",
    "ap-southeast-1",
    reachable=True,
    milliseconds=12.34,
    engine=AWS,
    account="123456789012",
)


def report(name: str = "products", **more: object) -> TableReport:
    facts: dict[str, object] = {
        "exists": True,
        "status": "ACTIVE",
        "items": 1_234_567,
        "size_bytes": 987_654_321_098,
        "hash_key": Key("id"),
    }
    return TableReport(name, f"shop-{name}", **(facts | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("products", 8, "products"),
        ("products", 7, "pro…cts"),
        ("products", 6, "pro…ts"),
        ("products", 1, "…"),
    ],
)
def test_a_long_text_keeps_both_ends(text: str, width: int, short: str) -> None:
    assert shortened(text, width) == short
    assert len(short) == width


@pytest.mark.parametrize(
    ("connection", "line"),
    [
        pytest.param(
            AT_AWS, "Amazon DynamoDB, ap-southeast-1, account 123456789012, 12.3 ms", id="AWS"
        ),
        pytest.param(
            ConnectionReport("http://127.0.0.1:8000", "eu-west-1", reachable=True),
            "DynamoDB, http://127.0.0.1:8000, eu-west-1",
            id="an engine that does not say what it is",
        ),
        pytest.param(
            ConnectionReport(f"http://{LONG}:8000", "eu-west-1", reachable=True, engine="Jetty"),
            "Jetty, http://a-name-that-somebody-tho…time-and-then-made-longer:8000, eu-west-1",
            id="a long address",
        ),
    ],
)
def test_the_connection_fits_on_a_line(connection: ConnectionReport, line: str) -> None:
    assert connection_line(connection) == line
    assert len(line) <= 80


def test_a_table_can_be_read_at_a_glance() -> None:
    keys = {"hash_key": Key("facet"), "range_key": Key("name_key")}
    rows = [line.text for line in overview([report(), report("product-listing", **keys)])]
    assert rows == [
        "  Table            Status      Items      Size  Billing    Keys",
        "  products         ACTIVE  1,234,567  919.8 GB  on demand  id",
        "  product-listing  ACTIVE  1,234,567  919.8 GB  on demand  facet, name_key",
    ]


def test_what_is_wrong_stands_out_without_colours() -> None:
    missing = Difference.missing("audit")
    absent = TableReport("audit", "shop-audit", exists=False, differences=(missing,))
    _head, good, bad = overview([report(), absent])
    assert (good.text[:2], good.style) == ("  ", "")
    assert (bad.text, bad.style) == ("! audit     missing", "ERROR")


@pytest.mark.parametrize("name", ["products", LONG])
@pytest.mark.parametrize("key", ["id", LONG])
def test_a_row_is_cut_where_it_is_longest(name: str, key: str) -> None:
    throughput = Throughput(12_000, 3_000)
    rows = overview([report(name, hash_key=Key(key), throughput=throughput), report("audit")])
    texts = [line.text for line in rows]
    assert max(map(len, texts)) <= 80
    assert ("products" in texts[1]) == (name == "products")
    assert (" id" in texts[1]) == (key == "id")
    assert "1,234,567  919.8 GB  12000 r, 3000 w" in texts[1]


def test_sizes_and_counts_that_nobody_knows_are_a_dash() -> None:
    shown = [line.text for line in details(report(items=None, size_bytes=None))]
    assert "  items      –" in shown
    assert "  size       –" in shown


def test_a_single_table_is_spoken_of_as_one() -> None:
    (line,) = verdict(Inspection(AT_AWS, (report(),)))
    assert (line.text, line.style) == ("The table is as its model says.", "SUCCESS")


def test_a_store_without_any_of_the_tables_may_be_the_wrong_one() -> None:
    missing = Difference.missing("audit")
    absent = TableReport("audit", "shop-audit", exists=False, differences=(missing,))
    none_there = verdict(Inspection(AT_AWS, (absent,)))
    assert "region ap-southeast-1" in " ".join(line.text for line in none_there)
    one_there = verdict(Inspection(AT_AWS, (absent, report())))
    assert "region" not in " ".join(line.text for line in one_there)
