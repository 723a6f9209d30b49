"""The staff pages: upload, look, correct, confirm, and step until it is done."""

from __future__ import annotations

import csv
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.entities import User
from catalog import selectors
from catalog.imports import job_store, jobs
from catalog.imports.writer import Counts
from storage.meter import measure
from tests.catalog.import_files import record
from tests.catalog.import_pages import (
    HTMX,
    UPLOAD,
    confirm,
    job_of,
    skus,
    uploaded,
)

pytestmark = pytest.mark.usefixtures("store")


def test_the_preview_tells_what_would_happen_and_writes_nothing(
    browser: Client, alice: User
) -> None:
    address = uploaded(browser, [record(1), record(2, price="?"), record(1)])
    page = browser.get(address).content.decode()
    assert "Enter an amount such as 12.50." in page
    assert "Line 2 of the file has this SKU already." in page
    assert job_of(alice, address).preview == Counts(created=1, refused=2)
    assert skus(alice) == set()


def test_columns_can_be_corrected_and_are_tried_again(browser: Client, alice: User) -> None:
    rows = [{"No": "A-1", "Title": "Mug", "Cost": "3.20"}]
    address = uploaded(browser, rows)
    problem = "No column gives what every product needs: Article number (SKU), Price, Currency."
    page = browser.get(address).content.decode()
    assert f"{problem} The columns of the file are No, Title, Cost." in page
    confirm(browser, address)
    assert problem in browser.get(address).content.decode()
    corrected = {
        "column_sku": "No",
        "column_name": "Title",
        "column_price": "Cost",
        "constant_currency": "EUR",
        "publish": "on",
    }
    assert browser.post(address + "mapping/", corrected).status_code == 302
    assert job_of(alice, address).preview == Counts(created=1)
    page = browser.get(address).content.decode()
    assert 'value="Title"' in page
    confirm(browser, address)
    browser.post(address + "step/")
    assert [card.sku for card in selectors.list_public_products().cards] == ["A-1"]


def test_import_now_uses_what_stands_in_the_form(browser: Client, alice: User) -> None:
    rows = [{"sku": "A-1", "Label": "Mug", "price": "3.20"}]
    address = uploaded(browser, rows)
    assert "Every row would be refused" in browser.get(address).content.decode()
    changes = {"column_name": "Label", "constant_currency": "EUR", "publish": "on"}
    assert confirm(browser, address, **changes)["Location"] == address
    (card,) = selectors.list_public_products().cards
    assert (card.sku, card.name) == ("A-1", "Mug")


def test_both_buttons_belong_to_the_form_and_enter_only_looks(browser: Client) -> None:
    page = browser.get(uploaded(browser, [record(1)])).content.decode()
    (form,) = [one for one in re.findall(r"(?s)<form .*?</form>", page) if "column_sku" in one]
    look, confirm_ = re.findall(r"<button [^>]*>", form)
    assert "formaction" not in look
    assert "confirm/" in confirm_
    assert 'name="publish"' in form


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"column_sku": "nonsense"}, "no column “nonsense”"),
        ({"column_price": "", "publish": "on"}, "Every row would be refused"),
    ],
)
def test_import_now_shows_the_preview_again_when_nothing_can_be_imported(
    changes: dict[str, str], said: str, browser: Client, alice: User
) -> None:
    address = uploaded(browser, [record(1)])
    assert confirm(browser, address, **changes).status_code == 302
    assert said in browser.get(address).content.decode()
    assert job_of(alice, address).state == job_store.PREVIEW
    assert skus(alice) == set()


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("1.234,50 €", "Leave out the currency sign."),
        ("1,234", "This could be 1234 or 1.234: write it without a thousands separator."),
        ("cheap", "Enter an amount such as 12.50."),
    ],
)
def test_refused_amounts_say_why_and_what_stands_in_the_file(
    price: str, reason: str, browser: Client, alice: User
) -> None:
    rows = [record(1, price=f'"{price}"'), record(2)]
    address = uploaded(browser, rows)
    page = browser.get(address).content.decode()
    assert reason in page
    assert price in page
    confirm(browser, address)
    report = b"".join(browser.get(address + "errors.csv")).decode("utf-8-sig")
    (refusal,) = csv.DictReader(report.splitlines())
    assert (refusal["field"], refusal["reason"], refusal["value"]) == ("price", reason, price)


def test_drafts_are_announced_and_told_afterwards(browser: Client) -> None:
    records = [record(1, status=""), record(2, status=""), record(3, status="public")]
    address = uploaded(browser, records)
    assert "2 new products will be drafts" in browser.get(address).content.decode()
    confirm(browser, address)
    assert "2 new products are drafts" in browser.get(address).content.decode()
    address = uploaded(browser, [record(4)])
    confirm(browser, address, publish="on")
    assert "draft" not in browser.get(address).content.decode()


def test_without_javascript_the_first_page_shows_rows_and_what_to_press(browser: Client) -> None:
    address = uploaded(browser, [record(number) for number in range(201)])
    confirm(browser, address)
    page = browser.get(address).content.decode()
    assert "200 of 201 rows" in page
    assert "<noscript><p>Press Continue for the next rows.</p></noscript>" in page


def test_the_upload_page_leads_to_both_exports(browser: Client) -> None:
    page = browser.get(UPLOAD).content.decode()
    for name in ("export.csv", "export.ndjson"):
        assert f'href="/staff/products/{name}"' in page


def test_a_column_that_is_not_there_is_said_beside_the_columns(browser: Client) -> None:
    address = uploaded(browser, [record(1)])
    browser.post(address + "mapping/", {"column_sku": "nonsense"})
    assert "no column “nonsense”" in browser.get(address).content.decode()
    too_long = {"column_sku": "x" * 501}
    assert browser.post(address + "mapping/", too_long).status_code == 422


def test_without_javascript_a_button_leads_through_to_the_end(browser: Client, alice: User) -> None:
    address = uploaded(browser, [record(n, price="?" if n == 7 else "5") for n in range(450)])
    assert confirm(browser, address)["Location"] == address
    clicks = 0
    while 'action="' + address + "step/" in (page := browser.get(address).content.decode()):
        assert browser.post(address + "step/")["Location"] == address
        clicks += 1
    assert clicks == 2
    assert "The import is done." in page
    assert job_of(alice, address).counts == Counts(created=449, refused=1)
    assert len(skus(alice)) == 449
    report = b"".join(browser.get(address + "errors.csv")).decode("utf-8-sig")
    assert [row["line"] for row in csv.DictReader(report.splitlines())] == ["9"]


def test_htmx_gets_the_progress_alone_and_it_asks_for_more_by_itself(browser: Client) -> None:
    address = uploaded(browser, [record(number) for number in range(450)])
    confirm(browser, address)
    first = browser.post(address + "step/", headers=HTMX).content.decode()
    assert "<html" not in first
    assert re.search(r'hx-trigger="load, submit"', first)
    assert 'value="2" max="3"' in first
    last = browser.post(address + "step/", headers=HTMX).content.decode()
    assert "The import is done." in last
    assert "hx-post" not in last


def test_a_second_import_of_the_same_file_says_that_nothing_changed(browser: Client) -> None:
    for _ in range(2):
        address = uploaded(browser, [record(1)])
        confirm(browser, address)
        browser.post(address + "step/")
    assert "Nothing changed" in browser.get(address).content.decode()


def test_repeated_numbers_in_later_chunks_are_refused_as_foretold(
    browser: Client, alice: User
) -> None:
    address = uploaded(browser, [record(number % 300) for number in range(310)])
    assert job_of(alice, address).preview == Counts(created=300, refused=10)
    confirm(browser, address)
    for _ in range(2):
        browser.post(address + "step/")
    assert job_of(alice, address).counts == Counts(created=300, refused=10)


def test_two_windows_at_once_do_no_harm(browser: Client, alice: User) -> None:
    address = uploaded(browser, [record(number) for number in range(450)])
    confirm(browser, address)
    job = job_of(alice, address)
    job_store.save_job(replace(job, leased_until=time.time() + 30))
    page = browser.post(address + "step/", headers=HTMX).content.decode()
    assert "Another window" in page
    assert "delay:2s" in page
    assert job_of(alice, address).step == 1
    job_store.save_job(replace(job_of(alice, address), leased_until=time.time() - 1))
    for _ in range(4):
        browser.post(address + "step/")
    assert job_of(alice, address).counts == Counts(created=450)


def test_a_step_that_lost_its_lease_does_not_count_twice(
    browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = uploaded(browser, [record(number) for number in range(201)])
    confirm(browser, address)
    rows_of = job_store.rows_of

    def slowly(job: job_store.Job, number: int) -> Any:
        monkeypatch.undo()
        current = job_of(alice, address)
        job_store.save_job(replace(current, leased_until=0))
        jobs.run_step(actor=alice.actor, job_id=job.id)
        return rows_of(job, number)

    monkeypatch.setattr(job_store, "rows_of", slowly)
    page = browser.post(address + "step/", headers=HTMX).content.decode()
    assert "The import is done." in page
    assert job_of(alice, address).counts == Counts(created=201)
    assert len(skus(alice)) == 201


def test_looking_at_pages_writes_nothing(browser: Client) -> None:
    address = uploaded(browser, [record(1)])
    with measure() as meter:
        for path in (UPLOAD, address, UPLOAD + "template.csv", "/staff/products/export.csv"):
            response = browser.get(path)
            assert response.status_code == 200
            b"".join(response)
    assert {call.operation for call in meter.calls} <= {"GetItem", "BatchGetItem", "Query"}
