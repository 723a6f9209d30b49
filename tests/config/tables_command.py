"""Running `manage.py tables`, and making its tables differ from the models."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.core.management import CommandError, call_command

from storage.client import call

PRODUCTS = "shop-products"


@dataclass
class Run:
    code: int
    output: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def run(*arguments: str, **options: Any) -> Run:
    output, errors = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("tables", *arguments, stdout=output, stderr=errors, no_color=True, **options)
    except SystemExit as stop:
        code = int(stop.code or 0)
    except CommandError as error:
        code = error.returncode
        errors.write(str(error))
    return Run(code, output.getvalue(), errors.getvalue())


def change(name: str = PRODUCTS, **arguments: Any) -> None:
    call("UpdateTable", {"TableName": name, **arguments})


def attribute(name: str, kind: str = "S") -> dict[str, Any]:
    return {"AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind}]}


def new_index(name: str, key: str) -> dict[str, Any]:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    index = {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
    return {"GlobalSecondaryIndexUpdates": [{"Create": index}]}


def drop_index(name: str) -> None:
    change(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])


def extra_index() -> None:
    change(**attribute("brand"), **new_index("brand-index", "brand"))
