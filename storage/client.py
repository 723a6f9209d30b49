"""The one botocore client of this process, and the PynamoDB connection that every table shares.

A client per model, PynamoDB's default, costs seconds and hundreds of megabytes at start-up.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any, cast
from urllib.parse import urlsplit

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
)
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError
from pynamodb.connection.base import Connection

from storage import meter
from storage.configuration import configuration, generation
from storage.errors import StoreUnavailable
from storage.parsing import ItemParserFactory
from storage.transport import WholeAnswers

# After botocore's own retries these mean "come back later".
THROTTLED = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)
WITHOUT_CAPACITY = frozenset(
    {
        "CreateTable",
        "DeleteTable",
        "DescribeTable",
        "DescribeTimeToLive",
        "ListTables",
        "UpdateTable",
        "UpdateTimeToLive",
    }
)

_lock = threading.Lock()
_client: tuple[int, Any] | None = None


def shared_client() -> Any:
    """The botocore DynamoDB client for the current configuration; made on first use."""
    global _client
    # Read once and replaced as one, for other threads look without the lock.
    current = _client
    if current is None or current[0] != generation():
        with _lock:
            current = _client
            if current is None or current[0] != generation():
                current = _client = generation(), _create_client()
    return current[1]


def patience() -> Config:
    """How long to wait for a service of AWS, and how often to try, as for the store."""
    settings = configuration()
    return Config(
        connect_timeout=settings.connect_timeout_seconds,
        read_timeout=settings.read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
    )


def _create_client() -> Any:
    settings = configuration()
    session = botocore.session.Session()
    session.register_component("response_parser_factory", ItemParserFactory())
    if settings.endpoint and _takes_any_credentials(settings.endpoint):
        session.set_credentials("local", "local")
    client = session.create_client(
        "dynamodb",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        config=patience().merge(
            Config(
                max_pool_connections=settings.max_pool_connections,
                parameter_validation=False,
                # Otherwise it is put together anew, twice for each request.
                user_agent=f"Botocore/{botocore.__version__} Backroom",
            )
        ),
    )
    client._endpoint.http_session = WholeAnswers(client._endpoint.http_session)
    return client


def _takes_any_credentials(endpoint: str) -> bool:
    """Other engines want some to be present; those for AWS may come from the machine's role."""
    is_aws = (urlsplit(endpoint).hostname or "").endswith(".amazonaws.com")
    return not is_aws and not {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & os.environ.keys()


def call(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """One metered request. `operation` is DynamoDB's name, e.g. `GetItem`.

    Raises StoreUnavailable when the store cannot be reached in time or throttles; every other
    refusal of the store is botocore's ClientError.
    """
    if operation not in WITHOUT_CAPACITY:
        arguments.setdefault("ReturnConsumedCapacity", "TOTAL")
    started = time.perf_counter()
    capacity = 0.0
    try:
        answer = cast("dict[str, Any]", shared_client()._make_api_call(operation, arguments))
        capacity = _capacity(answer.get("ConsumedCapacity"))
        return answer
    except (
        BotocoreConnectionError,
        HTTPClientError,
        ResponseParserError,
        NoCredentialsError,
        CredentialRetrievalError,
    ) as error:
        raise StoreUnavailable(f"{operation}: {type(error).__name__}") from error
    except ClientError as error:
        if _is_temporary(error):
            raise StoreUnavailable(f"{operation}: {error.response['Error']['Code']}") from error
        raise
    finally:
        elapsed = (time.perf_counter() - started) * 1000
        meter.record(operation, _tables(arguments), capacity, elapsed)


def _is_temporary(error: ClientError) -> bool:
    # A gateway in between answers 502 or 504 in words of its own, without a code to know it by.
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response["Error"]["Code"] in THROTTLED


def _capacity(consumed: Any) -> float:
    if not consumed:
        return 0.0
    if isinstance(consumed, dict):
        return float(consumed.get("CapacityUnits", 0.0))
    return float(sum(part.get("CapacityUnits", 0.0) for part in consumed))


def _tables(arguments: dict[str, Any]) -> str:
    if "TableName" in arguments:
        return cast(str, arguments["TableName"])
    if "RequestItems" in arguments:
        return ",".join(arguments["RequestItems"])
    if "TransactItems" in arguments:
        names = (op["TableName"] for item in arguments["TransactItems"] for op in item.values())
        return ",".join(dict.fromkeys(names))
    return ""


class SharedConnection(Connection):
    """PynamoDB's connection on the shared client, with its calls metered."""

    def __init__(self) -> None:
        super().__init__(region=configuration().region, host=configuration().endpoint)

    @property
    def client(self) -> Any:
        return shared_client()

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        return self._make_api_call(operation_name, operation_kwargs)

    def _make_api_call(
        self, operation_name: str, operation_kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        return call(operation_name, operation_kwargs)
