"""Faults between the client and the store, below botocore's retries."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from storage.client import shared_client

Answer = Callable[[AWSPreparedRequest], AWSResponse | None]


class _Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.content


def refusal(code: str, *, status: int = 400, **members: Any) -> Answer:
    """DynamoDB's own refusal with this code."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **members}).encode()
    return raw_answer(status, body)


def raw_answer(status: int, body: bytes) -> Answer:
    headers = {"content-type": "application/x-amz-json-1.0"}
    return lambda request: AWSResponse(request.url, status, headers, _Body(body))


def cancellation(*codes: str) -> Answer:
    return refusal(
        "TransactionCanceledException",
        Message="Transaction cancelled",
        CancellationReasons=[{"Code": code} for code in codes],
    )


def reply_lost(request: AWSPreparedRequest) -> None:
    """The store does what it was asked for; only its answer gets lost."""
    URLLib3Session().send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


@contextmanager
def injected(
    operation: str, *answers: Answer, always: Answer | None = None
) -> Iterator[list[dict[str, Any]]]:
    """The first attempts of this operation get these answers, the rest `always` or the store's.

    Yields the bodies of all attempts, which grow as they are made.
    """
    remaining = list(answers)
    bodies: list[dict[str, Any]] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        bodies.append(json.loads(request.body))
        chosen = remaining.pop(0) if remaining else always
        return chosen(request) if chosen else None

    with _registered(f"before-send.dynamodb.{operation}", answer):
        yield bodies


@contextmanager
def attempts(operation: str) -> Iterator[list[dict[str, Any]]]:
    """The bodies of all attempts of this operation inside the block."""
    with injected(operation) as bodies:
        yield bodies


@contextmanager
def _registered(event: str, handler: Callable[..., Any]) -> Iterator[None]:
    events = shared_client().meta.events
    events.register_first(event, handler)
    try:
        yield
    finally:
        events.unregister(event, handler)


class FaultyServer:
    """Stands on a loopback port and treats its connections, in turn, as `manners` say.

    `hang` never answers, `reset` breaks the connection, `garbage` is no HTTP, `truncate` and
    `drop` let the store at `upstream` do its work and give half of the answer, or nothing;
    `pass` is a plain proxy and what comes after the last one.
    """

    def __init__(self, manners: Iterable[str], upstream: tuple[str, int] | None = None) -> None:
        self._manners = iter(manners)
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.connections = 0
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FaultyServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        # Ends when the listener is closed.
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._treat(connection, next(self._manners, "pass"))

    def _treat(self, connection: socket.socket, manner: str) -> None:
        if manner == "hang":
            self._open.append(connection)
            return
        with connection:
            request = _message(connection)
            if manner == "reset":
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            elif manner == "garbage":
                connection.sendall(b"this is not HTTP\r\n\r\n")
            else:
                reply = self._forward(request)
                shown = {"drop": 0, "truncate": len(reply) - 5}.get(manner, len(reply))
                connection.sendall(reply[:shown])

    def _forward(self, request: bytes) -> bytes:
        assert self._upstream is not None
        with socket.create_connection(self._upstream) as upstream:
            upstream.sendall(request)
            return _message(upstream)


def _message(connection: socket.socket) -> bytes:
    """One HTTP request or response with a Content-Length, or what came before the end."""
    received = b""
    while not _is_whole(received) and (chunk := connection.recv(65536)):
        received += chunk
    return received


def _is_whole(message: bytes) -> bool:
    head, found, body = message.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    return bool(found) and len(body) >= sum(lengths)
