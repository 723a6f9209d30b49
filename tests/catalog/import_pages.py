"""Uploads files and reads the pages of an import as a browser would."""

from __future__ import annotations

import html
import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.entities import User
from accounts.models import AuthUser
from catalog import selectors
from catalog.imports import job_store, jobs

UPLOAD = "/staff/products/import/"
HTMX = {"HX-Request": "true"}


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(AuthUser.of(user), "accounts.backends.AccountsBackend")
    return client


def csv_text(records: list[dict[str, Any]]) -> str:
    lines = [",".join(records[0])]
    lines += [",".join(str(value) for value in one.values()) for one in records]
    return "\n".join(lines) + "\n"


def upload(browser: Client, content: str | bytes, name: str = "p.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return browser.post(UPLOAD, {"file": SimpleUploadedFile(name, data)})


def uploaded(browser: Client, records: list[dict[str, Any]]) -> str:
    """The address of the new job."""
    response = upload(browser, csv_text(records))
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def submitted(page: str) -> dict[str, str]:
    """What a browser sends of the mapping form as it stands."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", page):
        said = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        name = said.get("name", "")
        if name.startswith(("column_", "constant_")):
            found[name] = html.unescape(said.get("value", ""))
        if name == "publish" and " checked" in tag:
            found[name] = "on"
    return found


def confirm(browser: Client, address: str, **changes: str) -> Any:
    """Presses “Import now”, after changes to the form."""
    fields = submitted(browser.get(address).content.decode())
    return browser.post(address + "confirm/", fields | changes)


def job_of(user: User, address: str) -> job_store.Job:
    return jobs.find_job(actor=user.actor, job_id=address.rstrip("/").rsplit("/", 1)[1])


def skus(user: User) -> set[str]:
    return {product.data.sku for product in selectors.all_own_products(user.actor)}
