"""What a line of the tables says, and whether an answer is like that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Nobody is logged in; the owner of another organisation; and of Alice's: one whose only role
# permits nothing, one who is staff, the owner. `elsewhere` is a manager bound to another store.
ACTORS = ("anonymous", "outsider", "limited", "member", "owner", "elsewhere")
GET, POST = "GET", "POST"

# A cell is a status code or one of these.
LOGIN = "login"  # sent to the login
MOVED = "moved"  # sent somewhere else, as after a form that was taken
OUT = "out"  # taken, and sent to the login
OWN = "own"  # a page, or a form that was taken, of one's own: with nothing of Alice's
UNASKED = "-"  # says nothing about the actor


@dataclass(frozen=True, slots=True)
class Line:
    """`route` is the name of a page's address (its pattern where it has no name) or the
    `operation_id` of an operation of the API, which has no `method` here; `query` goes with it,
    or tells apart the lines of one page."""

    route: str
    method: str
    query: str
    cells: Mapping[str, str]

    @property
    def key(self) -> str:
        """Of its Ask."""
        route = f"{self.route}?{self.query}" if self.query else self.route
        return f"{route} {self.method}".rstrip()


def lines(table: str, *, methods: bool) -> Iterator[Line]:
    """`route [METHOD] anonymous outsider limited member owner [elsewhere]`, one a line. A line
    with one cell says it of everybody but `elsewhere`; `#` begins a heading."""
    for text in table.strip().splitlines():
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        route, *rest = text.split()
        method = rest.pop(0) if methods else ""
        cells = rest * 5 if len(rest) == 1 else rest
        assert 5 <= len(cells) <= len(ACTORS), text
        name, _, query = route.partition("?")
        yield Line(name, method, query, dict(zip(ACTORS, cells, strict=False)))


def is_as_declared(cell: str, answer: Any, secrets: tuple[str, ...]) -> bool:
    if cell in (LOGIN, OUT):
        return _leads_to_login(answer)
    if cell == MOVED:
        return _moves(answer)
    if cell == OWN:
        is_taken = answer.status_code in (200, 201, 204) or _moves(answer)
        return is_taken and not tells(answer, secrets)
    return bool(str(answer.status_code) == cell)


def is_refusal(cell: str) -> bool:
    return cell in (LOGIN, UNASKED) or cell.startswith("4")


def told(answer: Any) -> str:
    """For the message of a failure."""
    leads = answer.headers.get("Location")
    return f"{answer.status_code}" + (f" to {leads}" if leads else "")


def _leads_to_login(answer: Any) -> bool:
    leads = answer.headers.get("Location", "")
    return bool(answer.status_code == 302 and leads.startswith("/accounts/login/"))


def _moves(answer: Any) -> bool:
    return answer.status_code in (301, 302, 303, 307, 308) and not _leads_to_login(answer)


def tells(answer: Any, secrets: tuple[str, ...]) -> bool:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = bytes(content).decode("utf-8", "replace")
    return any(secret in text for secret in secrets)
