"""Two real catalogues, complete; what docs/import.md says of them is asserted here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from accounts.entities import User
from catalog import selectors
from catalog.imports.writer import Counts
from tests.catalog.import_files import import_path, refusals_of, sample_data, write_ndjson
from tests.catalog.retail_demo import retail_records

BRICKS = {
    "sku": "{number}-{numberVariant}",
    "price": "USRetailPrice",
    "category": "theme/subtheme",
    "image_url": "imageURL",
    "gtin": "EAN|UPC",
}
RETAIL = {
    "sku": "id",
    "category": "category/style",
    "stock": "current_stock",
    "image_url": "https://images.example.com/{image}",
}


@pytest.mark.slow
def test_of_11902_sets_7075_can_be_imported(alice: User, tmp_path: Path) -> None:
    path = tmp_path / "sets.ndjson.gz"
    path.write_bytes(sample_data("catalog_lego_brickset/legosets.ndjson.gz").read_bytes())
    constants = {"currency": "USD", "brand": "LEGO"}
    progress = import_path(path, alice.actor, columns=BRICKS, constants=constants, dry_run=True)
    assert progress.counts == Counts(created=7075, refused=4827)
    refusals = refusals_of(path)
    found = Counter((row["field"], row["reason"].split(";")[0]) for row in refusals)
    assert found == {
        ("price", "This field is required."): 4820,
        ("price", "Prices in USD have at most 2 decimals."): 3,
        ("gtin", "The last digit does not match the others"): 6,
        ("gtin", "A GTIN has 8, 12, 13 or 14 digits."): 1,
    }


@pytest.mark.slow
def test_all_2465_products_of_the_retail_demonstration_are_imported_once(
    alice: User, tmp_path: Path
) -> None:
    records = list(retail_records(sample_data("catalog_aws_retail_demo/products.yaml.gz")))
    path = write_ndjson(tmp_path / "retail.ndjson", records)
    constants = {"currency": "USD"}
    first = import_path(path, alice.actor, columns=RETAIL, constants=constants, publish=True)
    assert first.counts == Counts(created=2465)
    again = import_path(path, alice.actor, columns=RETAIL, constants=constants, publish=True)
    assert again.counts == Counts(unchanged=2465)
    heading = selectors.list_public_products().heading
    assert heading is not None
    assert len(heading.children) == len({record["category"] for record in records})
