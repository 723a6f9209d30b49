"""A botocore client without retries: one call is one request, as the durability tests need it."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.config import Config


def raw_client(endpoint: str) -> Any:
    return botocore.session.Session().create_client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=3, proxies={}
        ),
    )


def create_table(client: Any, name: str) -> None:
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def put(client: Any, table: str, key: str, value: str) -> None:
    client.put_item(TableName=table, Item={"id": {"S": key}, "value": {"S": value}})


def get(client: Any, table: str, key: str) -> str | None:
    item = client.get_item(TableName=table, Key={"id": {"S": key}}).get("Item")
    return item["value"]["S"] if item else None
