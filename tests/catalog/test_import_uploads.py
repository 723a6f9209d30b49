"""What may be uploaded and by whom, and what leads in and out."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from django.test import Client

from accounts.entities import User
from catalog import selectors
from catalog.imports.writer import Counts
from storage.ephemeral import EphemeralItem
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.fixtures import add_user
from tests.catalog.import_files import record
from tests.catalog.import_pages import (
    UPLOAD,
    browser_of,
    confirm,
    csv_text,
    job_of,
    upload,
    uploaded,
)

pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "p.csv", "The file is empty."),
        (b"\x89PNG\0\0", "p.png", "not a text file"),
        (b"sku,name\n", "p.csv", "no rows"),
        (gzip.compress(b"sku,name\n" + b"A,B\n" * 20_001), "p.csv.gz", "import_products"),
        (gzip.compress(b"\0" * 70_000_000), "p.csv.gz", "import_products"),
        (b"x" * (10 * 1024 * 1024 + 1), "p.csv", "import_products"),
    ],
)
def test_files_that_cannot_be_taken_are_told_beside_the_field(
    content: bytes, name: str, said: str, browser: Client
) -> None:
    response = upload(browser, content, name)
    assert response.status_code == 422
    assert said in response.content.decode()


def test_nothing_chosen_is_told_beside_the_field(browser: Client) -> None:
    response = browser.post(UPLOAD)
    assert response.status_code == 422
    assert "Choose a file." in response.content.decode()


def test_json_and_strange_values_survive_the_way_through_the_store(
    browser: Client, alice: User
) -> None:
    content = r"""[{"sku": "A", "name": "Caf\u00e9", "price": 1.10, "currency": "EUR",
        "category": ["Toys", "Cars"]}, {"sku": "B", "name": "\ud800"}, {"sku": {}}, 5]"""
    response = upload(browser, content, "p.json")
    address = response["Location"]
    assert browser.get(address).status_code == 200
    confirm(browser, address)
    browser.post(address + "step/")
    assert job_of(alice, address).counts == Counts(created=1, refused=3)
    (product,) = selectors.all_own_products(alice.actor)
    assert (product.data.name, str(product.data.price)) == ("Café", "1.10")
    assert b"".join(browser.get(address + "errors.csv"))


def test_alice_may_bob_may_not_and_charlie_finds_nothing(
    browser: Client, bob: User, charlie: User
) -> None:
    address = uploaded(browser, [record(1)])
    for user, status in ((bob, 403), (charlie, 404)):
        other = browser_of(user)
        assert other.get(address).status_code == status
        for step in ("mapping/", "confirm/", "step/"):
            assert other.post(address + step).status_code == status
        assert other.get(address + "errors.csv").status_code == status
    assert browser_of(bob).get(UPLOAD).status_code == 403
    assert upload(browser_of(bob), csv_text([record(1)])).status_code == 403
    assert browser_of(bob).get("/staff/products/export.csv").status_code == 200
    assert Client().get(UPLOAD).status_code == 302
    assert Client().get("/staff/products/export.csv").status_code == 302


def test_exports_are_downloads_that_import_again(browser: Client, alice: User) -> None:
    address = uploaded(browser, [record(1), record(2)])
    confirm(browser, address)
    browser.post(address + "step/")
    for name in ("export.csv", "export.ndjson"):
        response = browser.get(f"/staff/products/{name}")
        assert f'filename="products.{name.split(".")[1]}"' in response["Content-Disposition"]
        again = upload(browser, b"".join(response), name)
        assert job_of(alice, again["Location"]).preview == Counts(unchanged=2)


def test_the_list_of_products_leads_to_import_and_export(browser: Client) -> None:
    page = browser.get("/staff/products/").content.decode()
    assert f'href="{UPLOAD}"' in page
    assert 'href="/staff/products/export.csv"' in page


def test_rows_that_expired_are_not_taken_for_an_empty_step(browser: Client, alice: User) -> None:
    address = uploaded(browser, [record(number) for number in range(201)])
    confirm(browser, address)
    job = job_of(alice, address)
    key = f"upload#{job.org_id}#{job.id}#rows#1"
    transaction = Transaction()
    transaction.delete(EphemeralItem(key))
    transaction.commit()
    assert browser.post(address + "step/").status_code == 404
    assert job_of(alice, address).counts == Counts(created=200)


def test_a_row_that_no_item_can_hold_is_refused_alone(browser: Client, alice: User) -> None:
    chance = random.Random(1)
    name = "".join(chr(chance.randrange(0x20000, 0x2FFFF)) for _ in range(120_000))
    lines = [json.dumps(record(1, name=name), ensure_ascii=False), json.dumps(record(2))]
    address = upload(browser, "\n".join(lines), "p.ndjson")["Location"]
    job = job_of(alice, address)
    assert job.preview == Counts(created=1, refused=1)
    assert "import_products" in job.refusals[0].reason


def test_numbers_of_json_stay_numbers_on_their_way_through_the_store(
    browser: Client, alice: User
) -> None:
    content = '[{"sku": "A", "name": "Mug", "price": 10.000, "currency": "EUR"}]'
    address = upload(browser, content, "p.json")["Location"]
    assert job_of(alice, address).preview == Counts(created=1)


@pytest.mark.parametrize("job_id", ["a" * 3000, "A" * 32, "x"])
def test_addresses_that_no_import_can_have_cost_no_read(browser: Client, job_id: str) -> None:
    with measure() as meter:
        assert browser.get(f"{UPLOAD}{job_id}/").status_code == 404
    assert not any("upload" in call.table or "ephemeral" in call.table for call in meter.calls)


def test_an_export_is_refused_before_anything_is_sent(alice: User) -> None:
    nobody = add_user(email="dave@example.com", name="Dave", beside=alice, roles=())
    for name in ("export.csv", "export.ndjson"):
        assert browser_of(nobody).get(f"/staff/products/{name}").status_code == 403


def test_programs_may_ask_for_the_head_alone(browser: Client, alice: User) -> None:
    address = uploaded(browser, [record(1)])
    export = "/staff/products/export.csv"
    for path in (UPLOAD, address, UPLOAD + "template.csv", export, "/staff/products/"):
        assert browser.head(path).status_code == 200
    with measure() as meter:
        assert b"".join(browser.head(export)) == b""
    assert "Query" not in {call.operation for call in meter.calls}
