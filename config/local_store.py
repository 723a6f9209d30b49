"""Which DynamoDB this installation uses, decided before Django starts.

`DYNAMODB_ENDPOINT` wins, then AWS credentials with a region; without either the embedded engine
is started on the data in `DATA_DIR` (default: `var/` beside the code).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from storage.engine import Engine
from storage.engine_lock import holder_of
from storage.errors import EngineError, EngineLocked

ROOT = Path(__file__).resolve().parent.parent

# Set for child processes whose store is the embedded engine, so that they may mend its tables.
EMBEDDED_VARIABLE = "BACKROOM_EMBEDDED_ENGINE"
# Set for the child processes of a server: its address.
SERVED_AT_VARIABLE = "BACKROOM_SERVED_AT"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

_AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
# An engine that is not AWS takes any credentials, but wants some.
_PLACEHOLDERS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


_COMMANDS_WITHOUT_STORE = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "help",
        "makemessages",
        "makemigrations",
        "openapi_snapshot",
        "version",
    }
)


class StoreSetupError(Exception):
    """One sentence for the person who started us."""


@dataclass(frozen=True, slots=True)
class LocalStore:
    """`environment` holds what child processes need besides our own environment."""

    description: str
    environment: Mapping[str, str]
    engine: Engine | None = None
    is_on_this_machine: bool = True


def data_path(environ: Mapping[str, str]) -> Path:
    return _folder(environ) / "dynamodb" / "backroom.db"


def remember_server(environ: Mapping[str, str], address: str) -> None:
    """For commands beside the server: links that they print or mail lead to it."""
    path = _server_path(environ)
    # Where nothing can be written, the default has to do.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(address, encoding="utf-8")


def place_of_server(environ: Mapping[str, str]) -> str:
    """Where the server on this machine runs, or ran last, such as `http://127.0.0.1:8000`."""
    said = environ.get(SERVED_AT_VARIABLE)
    with suppress(OSError, UnicodeDecodeError):
        said = said or _server_path(environ).read_text(encoding="utf-8").strip()
    return said or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"


def place_of_data(environ: Mapping[str, str]) -> str:
    """The data of the embedded engine, whose port is another one each time; empty without it."""
    return str(data_path(environ).resolve()) if EMBEDDED_VARIABLE in environ else ""


@contextmanager
def open_store(environ: Mapping[str, str], *, share: bool = False) -> Iterator[LocalStore]:
    """Starts the embedded engine where no other DynamoDB is named, and stops it at the end.

    With `share`, an engine that a running server already has on the same data is used instead
    of refused. Raises StoreSetupError and storage's EngineError family.
    """
    elsewhere = _elsewhere(environ)
    if elsewhere is not None:
        yield elsewhere
        return
    path = data_path(environ)
    engine = _engine(path, share=share)
    if isinstance(engine, Engine):
        with engine:
            yield _embedded(environ, path, engine.endpoint, engine)
    else:
        yield _embedded(environ, path, engine, None)


def _engine(path: Path, *, share: bool) -> Engine | str:
    """An engine of our own, or with `share` the address of the one that runs on this data."""
    try:
        return Engine.start(path)
    except EngineLocked:
        holder = holder_of(path) if share else None
        if holder is None:
            raise
        return holder.endpoint


@contextmanager
def store_for_command(arguments: Sequence[str]) -> Iterator[None]:
    """For manage.py: our own environment names a DynamoDB before Django reads its settings.

    It is the one of the running server, if there is one, else an engine for this command only.
    """
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in _COMMANDS_WITHOUT_STORE or command.startswith("-"):
        yield
        return
    with ExitStack() as stack:
        try:
            store = stack.enter_context(open_store(os.environ, share=True))
        except (StoreSetupError, EngineError) as error:
            sys.exit(str(error))
        os.environ.update(store.environment)
        yield


def _folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DATA_DIR") or ROOT / "var")


def _server_path(environ: Mapping[str, str]) -> Path:
    return _folder(environ) / "server-address"


def _elsewhere(environ: Mapping[str, str]) -> LocalStore | None:
    endpoint = environ.get("DYNAMODB_ENDPOINT")
    if endpoint:
        # On AWS itself credentials may come from the machine's role, which no variable shows.
        host = urlsplit(endpoint).hostname or ""
        is_aws = host.endswith(".amazonaws.com")
        missing = {name: value for name, value in _PLACEHOLDERS.items() if name not in environ}
        placeholders = {} if is_aws or _has_credentials(environ) else missing
        here = _is_loopback(host)
        return LocalStore(f"DynamoDB at {endpoint}", placeholders, is_on_this_machine=here)
    if not _has_credentials(environ):
        return None
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise StoreSetupError(
            "AWS credentials are set but no region: set AWS_REGION to use DynamoDB on AWS,"
            " or unset the credentials to use the local engine."
        )
    return LocalStore(
        f"DynamoDB on AWS in {region}",
        {"AWS_REGION": region, "AWS_DEFAULT_REGION": region},
        is_on_this_machine=False,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has_credentials(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in _AWS_CREDENTIALS)


def _embedded(
    environ: Mapping[str, str], path: Path, endpoint: str, engine: Engine | None
) -> LocalStore:
    environment = {
        **_PLACEHOLDERS,
        "DYNAMODB_ENDPOINT": endpoint,
        EMBEDDED_VARIABLE: "1",
        # Otherwise a proxy for the internet would be asked for our own loopback address.
        "NO_PROXY": _with_loopback(environ.get("NO_PROXY") or environ.get("no_proxy")),
    }
    environment["no_proxy"] = environment["NO_PROXY"]
    return LocalStore(f"local engine on {path}", environment, engine)


def _with_loopback(no_proxy: str | None) -> str:
    hosts = [host.strip() for host in (no_proxy or "").split(",") if host.strip()]
    return ",".join([*hosts, "127.0.0.1"])
