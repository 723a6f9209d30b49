from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import repository, reset_links, services
from accounts.entities import Actor, User
from accounts.errors import (
    InvalidCredentials,
    InvalidResetLink,
    PermissionDenied,
    TooManyAttempts,
    UserNotFound,
    WeakPassword,
)
from accounts.models import AuthUser
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import CLIENT, change, log_in, stored
from tests.accounts.fixtures import PASSWORD
from tests.accounts.imports import (
    change_organisation,
)
from tests.accounts.links import NEW_PASSWORD, altered, token_for, use
from tests.storage.faults import injected

pytestmark = pytest.mark.usefixtures("store")


def test_who_was_imported_sets_a_password_and_can_log_in(dora: User) -> None:
    token = token_for(dora)
    assert reset_links.open_reset_link(token).user_id == dora.user_id
    changed = use(token)
    assert changed == replace(stored(dora), updated_at=changed.updated_at)
    assert log_in("dora@example.com", NEW_PASSWORD).user_id == dora.user_id
    actions = [entry.action for entry in history(f"user#{dora.user_id}").items]
    assert actions == [
        "accounts.reset_password",
        "accounts.issue_reset_link",
        "accounts.import_user",
    ]


def test_a_link_works_once(dora: User) -> None:
    token, other = token_for(dora), token_for(dora)
    use(token)
    for used in (token, other):
        with pytest.raises(InvalidResetLink):
            use(used, "yet another password")
    log_in("dora@example.com", NEW_PASSWORD)


def test_of_32_simultaneous_uses_exactly_one_sets_its_password(
    dora: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 100
    token = token_for(dora)

    def attempt(number: int) -> int | None:
        try:
            use(token, f"password of attempt {number}")
        except InvalidResetLink:
            return None
        return number

    with ThreadPoolExecutor(32) as pool:
        winners = [number for number in pool.map(attempt, range(32)) if number is not None]
    assert len(winners) == 1
    log_in("dora@example.com", f"password of attempt {winners[0]}")
    actions = Counter(entry.action for entry in history(f"user#{dora.user_id}").items)
    assert actions["accounts.reset_password"] == 1


def test_another_change_at_the_same_moment_is_kept(dora: User) -> None:
    token = token_for(dora)

    def be_late(_request: object) -> None:
        change(replace(stored(dora), name="Dora Diaz"))

    with injected("TransactWriteItems", be_late):
        use(token)
    assert stored(dora).name == "Dora Diaz"
    log_in("dora@example.com", NEW_PASSWORD)


def test_a_link_ends_sessions_and_tokens_and_forgets_failed_logins(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_ADDRESS = 1
    client.force_login(AuthUser.of(alice))
    with pytest.raises(InvalidCredentials):
        log_in(password="wrong horse battery")
    use(token_for(alice))
    assert client.get("/accounts/").status_code == 302
    log_in(password=NEW_PASSWORD)


def test_a_changed_password_ends_the_link_and_renewed_hashing_does_not(
    alice: User, settings: Settings
) -> None:
    token = token_for(alice)
    settings.PASSWORD_HASHERS = [
        "tests.accounts.test_login.SecondHasher",
        *settings.PASSWORD_HASHERS,
    ]
    log_in()
    assert stored(alice).password != alice.password
    reset_links.open_reset_link(token)
    services.change_password(
        user=alice,
        client_address=CLIENT,
        current_password=PASSWORD,
        new_password="chosen while logged in",
    )
    with pytest.raises(InvalidResetLink):
        reset_links.open_reset_link(token)


def test_a_link_has_the_time_it_was_given(
    dora: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RESET_LINK_SECONDS = 3600
    link = reset_links.issue_reset_link(actor=Actor.system(org_id=dora.org_id), user=dora)
    settings.RESET_LINK_SECONDS = 60
    for seconds, works in ((-1, True), (0, False)):
        moment = (link.expires_at + timedelta(seconds=seconds)).timestamp()
        monkeypatch.setattr("accounts.reset_links.time.time", lambda moment=moment: moment)
        if works:
            reset_links.open_reset_link(link.token)
        else:
            with pytest.raises(InvalidResetLink):
                reset_links.open_reset_link(link.token)


@pytest.mark.parametrize(
    "spoil",
    [
        altered,
        lambda token: "x" + token,
        lambda token: token.partition(".")[0],
        lambda token: token + "x" * 600,
        lambda _: "nonsense",
        lambda _: "a.b",
        lambda _: "ñ.\ud800",
        lambda _: "",
    ],
    ids=["altered", "prefixed", "unsigned", "long", "word", "dotted", "no-text", "empty"],
)
def test_what_nobody_issued_is_refused_without_asking_the_store(dora: User, spoil: Any) -> None:
    spoilt = spoil(token_for(dora))
    with measure() as meter, pytest.raises(InvalidResetLink):
        reset_links.open_reset_link(spoilt)
    assert meter.calls == []


@pytest.mark.parametrize(
    "claims", [None, [], ["ORG-1.USER-1", "digest"], [1, 2, 3], ["x", "y", 9e9], {"a": 1}], ids=str
)
def test_what_another_version_signed_is_refused(store: None, claims: Any) -> None:
    with pytest.raises(InvalidResetLink):
        reset_links.open_reset_link(reset_links._signer().sign_object(claims))


def test_links_survive_a_change_of_the_secret_key(dora: User, settings: Settings) -> None:
    token = token_for(dora)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key that is long enough for everybody here"
    reset_links.open_reset_link(token)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidResetLink):
        reset_links.open_reset_link(token)


def test_deleted_people_and_those_of_deleted_organisations_have_no_links(
    dora: User, bob: User
) -> None:
    hers, his = token_for(dora), token_for(bob)
    change(replace(stored(dora), deleted_at=datetime.now(UTC)))
    with pytest.raises(UserNotFound):
        token_for(dora)
    with pytest.raises(InvalidResetLink):
        use(hers)
    shop = repository.get_organisation(bob.org_id)
    assert shop is not None
    change_organisation(replace(shop, deleted_at=datetime.now(UTC)))
    with pytest.raises(InvalidResetLink):
        use(his)


def test_an_owner_may_issue_links_a_viewer_and_an_outsider_may_not(
    alice: User, bob: User, charlie: User, dora: User
) -> None:
    assert reset_links.issue_reset_link(actor=alice.actor, user=dora).user == dora
    for actor in (bob.actor, charlie.actor):
        with pytest.raises(PermissionDenied):
            reset_links.issue_reset_link(actor=actor, user=dora)


def test_weak_passwords_do_not_use_the_link_up(dora: User) -> None:
    token = token_for(dora)
    for weak in ("short", "dora@example.com"):
        with pytest.raises(WeakPassword) as refused:
            use(token, weak)
        assert "new_password" in refused.value.fields
    use(token)


def test_attempts_are_slowed_per_client_and_successes_do_not_count(
    dora: User, bob: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    token = token_for(dora)
    use(token_for(bob), client="192.0.2.7")
    for _ in range(2):
        with pytest.raises(InvalidResetLink):
            use("nonsense", client="192.0.2.7")
    with pytest.raises(TooManyAttempts):
        use(token, client="192.0.2.7")
    use(token, client="192.0.2.8")


def test_a_link_says_nothing_by_repr_and_nothing_about_the_stamp(dora: User) -> None:
    link = reset_links.issue_reset_link(actor=Actor.system(org_id=dora.org_id), user=dora)
    assert link.token not in repr(link)
    assert dora.credential_stamp not in link.token
    assert re.fullmatch(r"[\w.-]{100,250}", link.token)
