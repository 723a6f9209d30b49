"""Why the store did not do what it was asked, in one sentence for the person at the terminal."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from storage.client import THROTTLED
from storage.configuration import configuration
from storage.errors import StoreUnavailable

# What `explain` knows how to explain; `storage.client.call` raises nothing else about the store.
STORE_FAILURES = (StoreUnavailable, ClientError, BotoCoreError)
DENIED = frozenset({"AccessDeniedException", "AccessDenied"})
INVALID = frozenset({"ValidationException"})
BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
# What the store throttles by; other temporary codes are its own failures.
_SLOW_DOWN = THROTTLED - {"InternalServerError", "ServiceUnavailable"}


def place() -> str:
    """Where the store is: its address without credentials, or AWS with the region."""
    settings = configuration()
    if settings.endpoint:
        return f"the store at {address(settings.endpoint)}"
    return f"DynamoDB in {settings.region}"


def address(endpoint: str) -> str:
    """The URL with neither a user nor a password, path or query; for any text at all."""
    scheme, separator, rest = endpoint.rpartition("://")
    return scheme + separator + rest.split("/")[0].rpartition("@")[2]


def is_denied(error: BaseException) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in DENIED


def is_invalid(error: BaseException) -> bool:
    """Whether the store has something against what the request says, such as an item too large."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in INVALID


def explain(error: BaseException) -> str:
    """For one of STORE_FAILURES."""
    cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
    if isinstance(cause, ClientError):
        return _refusal(cause)
    if isinstance(cause, (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)):
        return f"There are no usable AWS credentials ({type(cause).__name__})."
    if isinstance(cause, (ReadTimeoutError, ConnectTimeoutError)):
        return _sentence(f"{place()} did not answer in time ({type(cause).__name__}).")
    if isinstance(cause, ResponseParserError):
        return not_dynamodb()
    if isinstance(error, StoreUnavailable):
        return _sentence(f"{place()} cannot be reached ({error}).")
    reason = str(error).rstrip(".")
    if endpoint := configuration().endpoint:
        # botocore repeats an address that it does not like as it is.
        reason = reason.replace(endpoint, address(endpoint))
    return _sentence(f"{place()} cannot be asked: {reason}.")


def not_dynamodb() -> str:
    return _sentence(f"{place()} is not DynamoDB: something else answers there.")


def _refusal(error: ClientError) -> str:
    operation, refusal = error.operation_name, error.response["Error"]
    code = refusal.get("Code", "")
    if code in _SLOW_DOWN:
        return _sentence(f"{place()} throttles {operation} ({code}); try again later.")
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return _sentence(f"{place()} failed at {operation} ({code}); try again later.")
    if code.isdigit():
        # DynamoDB names its errors; botocore puts the HTTP status where there is no name.
        return not_dynamodb()
    if code in DENIED:
        return _denied(operation, refusal)
    if code in BAD_CREDENTIALS:
        region = configuration().region
        return _sentence(f"{place()} does not accept the credentials for {region} ({code}).")
    text = str(refusal.get("Message") or "").rstrip(".")
    reason = f"{code}: {text}" if text else code
    return _sentence(f"{place()} refuses {operation} ({reason}).")


def _denied(operation: str, refusal: dict[str, Any]) -> str:
    """AWS names the resource at the end of its own sentence."""
    _, _, resource = str(refusal.get("Message") or "").partition(" on resource: ")
    on = f" on {resource.split()[0]}" if resource else ""
    return f"The permission dynamodb:{operation} is missing{on}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
