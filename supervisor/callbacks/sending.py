"""One call to an asker's address.

It connects to the IP address that was checked, with the name only in the TLS greeting, the check of
the certificate and the header Host; follows no redirect, uses no proxy, and reads a few bytes.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from threading import Event, Timer

from supervisor.callbacks.addresses import (
    AddressRefused,
    Resolve,
    Target,
    address_to_call,
    look_up,
    target_of,
)
from supervisor.callbacks.entities import CallProblem, Outcome

CONNECT_SECONDS = 5
READ_SECONDS = 10
# Of everything together, for somebody who answers a byte at a time.
LONGEST_SECONDS = 20
_ANSWER_BYTES = 1024


def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    resolve: Resolve = look_up,
    longest_seconds: float = LONGEST_SECONDS,
) -> Outcome:
    try:
        target = target_of(url)
        address = address_to_call(target, resolve)
    except AddressRefused:
        return Outcome(problem=CallProblem.ADDRESS_REFUSED)
    except (OSError, UnicodeError):
        return Outcome(problem=CallProblem.NAME_NOT_FOUND)
    try:
        plain = socket.create_connection((address, target.port), timeout=CONNECT_SECONDS)
    except TimeoutError:
        return Outcome(problem=CallProblem.TIME_OUT)
    except OSError:
        return Outcome(problem=CallProblem.NO_CONNECTION)
    with plain, _hung_up_after(plain, longest_seconds) as is_over:
        try:
            plain.settimeout(READ_SECONDS)
            status = _status_of_answer(plain, target, body, headers)
        except ssl.SSLCertVerificationError:
            return Outcome(problem=CallProblem.CERTIFICATE)
        except TimeoutError:
            return Outcome(problem=CallProblem.TIME_OUT)
        except (OSError, HTTPException, ValueError):
            late = is_over.is_set()
            return Outcome(problem=CallProblem.TIME_OUT if late else CallProblem.BROKEN_ANSWER)
        # What was cut off may look like the end of an answer.
        return Outcome(problem=CallProblem.TIME_OUT) if is_over.is_set() else Outcome(status)


def _status_of_answer(
    plain: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]
) -> int:
    connection = HTTPConnection(target.host, target.port)
    # With a socket of its own it neither looks the name up nor connects.
    connection.sock = _with_tls(plain, target) if target.scheme == "https" else plain
    try:
        connection.request("POST", target.path, body, {**headers, "Host": target.authority})
        answer = connection.getresponse()
        answer.read(_ANSWER_BYTES)
    finally:
        connection.close()
    return answer.status


def _with_tls(plain: socket.socket, target: Target) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


@contextmanager
def _hung_up_after(plain: socket.socket, seconds: float) -> Iterator[Event]:
    """The event is set when the connection was ended because it took so long, TLS included."""
    is_over = Event()
    # Another handle of the same connection: TLS takes the first one over.
    with plain.dup() as handle:

        def end() -> None:
            is_over.set()
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

        timer = Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield is_over
        finally:
            timer.cancel()
