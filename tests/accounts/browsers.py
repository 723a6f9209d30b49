"""People with several devices."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.test import Client

from accounts import own_sessions
from accounts.entities import OwnSession, User
from accounts.sessions import SessionStore
from accounts.tables import SessionItem, stored_session_key
from tests.accounts.actions import stored
from tests.accounts.fixtures import PASSWORD

ACCOUNT = "/accounts/"
SESSIONS = "/accounts/sessions/"
END_OTHERS = "/accounts/sessions/end-others/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.6 Mobile/15E148 Safari/604.1"
)


def logged_in(user: User, user_agent: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": user_agent})
    answer = client.post("/accounts/login/", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def key_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def id_of(client: Client) -> str:
    login = SessionStore(key_of(client)).login
    assert login is not None
    return login.id


def is_logged_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def sessions_of(user: User) -> list[OwnSession]:
    return own_sessions.list_own_sessions(user=stored(user))


def end_address(session_id: str) -> str:
    return f"{SESSIONS}{session_id}/end/"


def age(client: Client, by: timedelta) -> None:
    """As if the session had been used last so long ago."""
    item = SessionItem.find(stored_session_key(key_of(client)))
    assert item is not None
    seconds = int(item.last_seen - by.total_seconds())
    assert SessionItem.amend(item.session_key, actions=[SessionItem.last_seen.set(seconds)])
