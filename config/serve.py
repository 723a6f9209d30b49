"""`python -m config.serve`: the store, the tables, the demonstration data, the web server.

Everything that `make run` does after set-up. `--dev` runs Django's own server with autoreload.
"""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.errors import EngineError

from .children import Children
from .local_store import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    ROOT,
    SERVED_AT_VARIABLE,
    LocalStore,
    StoreSetupError,
    open_store,
    remember_server,
)

_MANAGE = (sys.executable, str(ROOT / "manage.py"))


class ServeError(Exception):
    """One sentence for the person who started us."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Address:
        """Reads HOST and PORT. Raises ServeError."""
        text = environ.get("PORT") or str(DEFAULT_PORT)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise ServeError(f"PORT must be a number from 1 to 65535, not {text!r}.")
        return cls(host=environ.get("HOST") or DEFAULT_HOST, port=int(text))

    @property
    def bind(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        if self.host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            return f"http://localhost:{self.port}"
        return f"http://{self.bind}"

    def check_free(self) -> None:
        """Raises ServeError when something else listens there or the address is not ours."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServeError(
                    f"Port {self.port} on {self.host} is in use by another program:"
                    " stop it, or choose another port, for example PORT=8080 make run."
                ) from error
            raise ServeError(f"Cannot listen on {self.bind}: {error.strerror}.") from error

    def answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        try:
            socket.create_connection((host, self.port), timeout=0.2).close()
        except OSError:
            return False
        return True


class Banner:
    """Says where we are, once, as soon as the address answers."""

    def __init__(self, address: Address, store: LocalStore, mail: str) -> None:
        self._address = address
        self._store = store
        self._mail = mail
        self._shown = False

    def __call__(self) -> None:
        if self._shown or not self._address.answers():
            return
        self._shown = True
        say(
            f"\n  Backroom is open at {self._address.url}/"
            f"\n  Data: {self._store.description}"
            f"\n  E-mail: {self._mail}"
            "\n  Ctrl-C stops it.\n"
        )


def place_of_mail(environ: Mapping[str, str]) -> str:
    """In words; the settings say which values there are."""
    way = environ.get("EMAIL") or "console"
    if way == "console":
        return "printed here; EMAIL=file keeps it as files instead"
    if way == "file":
        return environ.get("EMAIL_FOLDER") or str(ROOT / "var" / "mail")
    return f"sent ({way})"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def server_command(address: Address, environ: Mapping[str, str], *, dev: bool) -> list[str]:
    if dev:
        return [*_MANAGE, "runserver", address.bind]
    return [
        *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
        *("--chdir", str(ROOT)),
        *("--bind", address.bind),
        *("--workers", environ.get("WEB_CONCURRENCY") or "2"),
        # Browsers open connections ahead of need; each would block a worker without threads.
        *("--worker-class", "gthread", "--threads", "8"),
        *("--graceful-timeout", "3"),
        *("--limit-request-line", "8190"),  # a search that somebody pasted a page into
        *("--log-level", "warning"),  # requests are logged by the application itself
        "--no-control-socket",
    ]


def serve(environ: Mapping[str, str], *, dev: bool) -> None:
    """Returns after a clean stop. Raises ServeError, StoreSetupError or EngineError."""
    address = Address.from_environment(environ)
    address.check_free()
    with Children(environ) as children, open_store(environ) as store:
        children.add_environment({**store.environment, SERVED_AT_VARIABLE: address.url})
        # Longer than a lease that a killed run left.
        _manage(children, "migrate", "--noinput", "--wait", "90")
        local = environ.get("STAGE", "local") == "local"
        if local:
            remember_server(environ, address.url)
        # Its owner has a password that everybody can read: not for a store that others reach.
        if local and store.is_on_this_machine:
            _manage(children, "load_demo", "--if-empty")
        # What an earlier stop interrupted. What it cannot finish now is no reason not to serve.
        children.run([*_MANAGE, "finish_removals"])
        banner = Banner(address, store, place_of_mail(environ))
        with children.beside([*_MANAGE, "background"]):
            _run_server(children, store, banner, server_command(address, environ, dev=dev))


def _manage(children: Children, *command: str) -> None:
    code = children.run([*_MANAGE, *command])
    if code != 0 and not children.stopping:
        raise ServeError(f"`manage.py {' '.join(command)}` failed (exit code {code}), see above.")


def _run_server(children: Children, store: LocalStore, banner: Banner, command: list[str]) -> None:
    engine = store.engine
    code = children.run(
        command,
        healthy=lambda: engine is None or engine.running,
        pulse=banner,
    )
    if children.stopping:
        return
    if engine is not None and not engine.running:
        raise ServeError(f"The local engine ended unexpectedly ({engine.last_words()}).")
    raise ServeError(f"The web server ended by itself (exit code {code}), see above.")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="Django's server with autoreload")
    options = parser.parse_args(arguments)
    try:
        serve(os.environ, dev=options.dev)
    except (ServeError, StoreSetupError, EngineError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
