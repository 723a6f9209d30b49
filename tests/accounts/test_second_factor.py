"""Codes and recovery codes: which are right, how often, and what is stored of them."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from accounts import attempts
from accounts.entities import Actor, User
from accounts.errors import ConfirmationNeeded, InvalidCredentials, TooManyAttempts
from accounts.second_factor import sealing, services
from accounts.second_factor.entities import plain_recovery_code, step_of
from accounts.second_factor.errors import (
    OwnSecondFactorFirst,
    SecondFactorDemanded,
    SecondFactorOn,
    SecondFactorRequired,
    SetUpExpired,
    WrongCode,
    WrongRecoveryCode,
)
from accounts.second_factor.requirement import change_second_factor_requirement
from accounts.tables import AccountItem
from storage.audit import history
from storage.domain import DomainError
from tests.accounts.actions import stored
from tests.accounts.second_factors import code_of, confirmed, prove, secret_of, switch_on
from tests.storage.faults import injected

PARALLEL = 64


def actions_of(user: User) -> list[str]:
    return [entry.action for entry in history(user.audit_subject).items]


def outcomes(works: list[Any]) -> list[str]:
    def outcome(work: Any) -> str:
        try:
            work()
        except DomainError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(outcome, works))


# RFC 6238, appendix B: SHA-1, the last six of eight digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_of_the_standard_are_right(seconds: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    now = datetime.fromtimestamp(seconds, UTC)
    assert step_of(code, secret, now) == seconds // 30
    assert step_of(f"{code[:3]} {code[3:]}", secret, now) == seconds // 30
    # Clocks may differ by one step in either direction, and no more.
    for off, counts in ((-30, True), (30, True), (-60, False), (60, False)):
        found = step_of(code, secret, now + timedelta(seconds=off))
        assert found == (seconds // 30 if counts else None)


@pytest.mark.parametrize("typed", ["", "000000000000", "abcdef", "28708", "²87o82", "1" * 5000])
def test_other_texts_are_no_codes(typed: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert step_of(typed, secret, datetime.fromtimestamp(59, UTC)) is None


def test_it_is_on_after_a_right_code_only_and_says_so_by_mail(alice: User) -> None:
    begun = services.begin_set_up(actor=confirmed(alice))
    assert begun.address.startswith("otpauth://totp/Backroom:alice%40example.com?secret=")
    assert begun.groups.replace(" ", "") == begun.secret
    with pytest.raises(WrongCode):
        services.switch_on(actor=confirmed(alice), token=begun.token, code="000000")
    assert stored(alice).second_factor_since is None
    code = code_of(begun.secret)
    codes = services.switch_on(actor=confirmed(alice), token=begun.token, code=code)
    assert len(set(codes)) == 10
    assert stored(alice).second_factor_since is not None
    assert actions_of(alice)[0] == "accounts.enable_second_factor"
    assert [message.subject for message in mail.outbox] == ["Your second factor is on"]
    with pytest.raises(SecondFactorOn):
        services.begin_set_up(actor=confirmed(alice))
    with pytest.raises(SecondFactorOn):
        services.switch_on(actor=confirmed(alice), token=begun.token, code=code)
    # The code that switched it on has been used.
    with pytest.raises(WrongCode):
        prove(alice, code)


def test_a_set_up_is_for_one_person_and_an_hour(alice: User, charlie: User) -> None:
    begun = services.begin_set_up(actor=confirmed(alice))
    code = code_of(begun.secret)
    with pytest.raises(SetUpExpired):
        services.switch_on(actor=confirmed(charlie), token=begun.token, code=code)
    with pytest.raises(SetUpExpired):
        services.switch_on(actor=confirmed(alice), token=begun.token[:-4] + "AAAA", code=code)
    with pytest.MonkeyPatch.context() as patch:
        later = time.time() + sealing.SET_UP_SECONDS + 1
        patch.setattr(time, "time", lambda: later)
        assert services.resume_set_up(user=stored(alice), token=begun.token) is None
    assert services.resume_set_up(user=stored(alice), token=begun.token) == begun


def test_everything_that_opens_doors_asks_to_confirm_first(alice: User) -> None:
    begun = services.begin_set_up(actor=confirmed(alice))
    late = replace(confirmed(alice), confirmed_at=datetime.now(UTC) - timedelta(minutes=16))
    for actor in (late, replace(late, confirmed_at=None)):
        for act in (
            lambda actor: services.begin_set_up(actor=actor),
            lambda actor: services.switch_on(actor=actor, token=begun.token, code="000000"),
            lambda actor: services.renew_recovery_codes(actor=actor),
            lambda actor: services.switch_off(actor=actor),
            lambda actor: change_second_factor_requirement(actor=actor, required=True),
        ):
            with pytest.raises(ConfirmationNeeded):
                act(actor)


def test_secrets_are_stored_encrypted_and_codes_as_digests(alice: User, settings: Settings) -> None:
    secret, codes = switch_on(alice)
    item = AccountItem.find(alice.org_id, alice.user_id, consistent=True)
    assert item is not None
    text = str(item.to_dynamodb_dict())
    assert secret not in text
    assert not any(code in text or plain_recovery_code(code) in text for code in codes)
    # What is of Alice opens nothing in the place of somebody else's.
    other = replace(stored(alice), user_id=User.new_id())
    assert sealing.open_secret(item.totp_secret, other) is None
    assert sealing.digest_of(codes[0], other) not in item.recovery_codes
    # After a change of the secret, the one before still opens; without it nothing does.
    before = settings.SECOND_FACTOR_SECRET
    settings.SECOND_FACTOR_SECRET = "another secret that is long enough to be one of this kind"
    assert sealing.open_secret(item.totp_secret, alice) is None
    settings.SECOND_FACTOR_SECRET_FALLBACKS = [before]
    assert prove(alice, code_of(secret)).how == "code"
    assert prove(alice, recovery_code=codes[0]).left == 9


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_counts_a_step_early_or_late_and_once(alice: User, steps: int) -> None:
    secret, _codes = switch_on(alice)
    code = code_of(secret, steps)
    assert prove(alice, code).how == "code"
    with pytest.raises(WrongCode):
        prove(alice, code)


def test_of_many_uses_of_one_code_at_once_one_succeeds(alice: User, settings: Settings) -> None:
    settings.SECOND_FACTOR_ATTEMPTS = settings.LOGIN_ATTEMPTS_PER_CLIENT = 2 * PARALLEL
    secret, codes = switch_on(alice)
    code = code_of(secret)
    uses = [lambda: prove(alice, code)] * PARALLEL
    assert sorted(outcomes(uses)) == ["done"] + ["wrong_code"] * (PARALLEL - 1)
    uses = [lambda: prove(alice, recovery_code=codes[3])] * PARALLEL
    assert outcomes(uses).count("done") == 1
    assert actions_of(alice).count("accounts.use_recovery_code") == 1


def test_a_recovery_code_works_once_however_it_is_typed(alice: User) -> None:
    _secret, codes = switch_on(alice)
    mail.outbox.clear()
    typed = codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "I")
    proof = prove(alice, recovery_code=f" {typed} ")
    assert (proof.how, proof.left) == ("recovery_code", 9)
    with pytest.raises(WrongRecoveryCode):
        prove(alice, recovery_code=codes[0])
    assert prove(alice, recovery_code=codes[1]).left == 8
    assert [message.subject for message in mail.outbox] == ["A recovery code was used"] * 2
    assert "You have 9 recovery codes left." in str(mail.outbox[0].body)
    entry = history(alice.audit_subject).items[0]
    assert entry.changes == {"recovery_codes_left": (None, 8)}


def test_new_recovery_codes_end_the_old_ones(alice: User) -> None:
    _secret, old = switch_on(alice)
    new = services.renew_recovery_codes(actor=confirmed(alice))
    assert not set(old) & set(new)
    with pytest.raises(WrongRecoveryCode):
        prove(alice, recovery_code=old[0])
    assert prove(alice, recovery_code=new[0]).left == 9
    assert mail.outbox[1].subject == "You have new recovery codes"


def test_wrong_codes_lock_it_and_that_is_noted_once(alice: User, settings: Settings) -> None:
    settings.SECOND_FACTOR_ATTEMPTS = 2
    secret, codes = switch_on(alice)
    for _attempt in range(2):
        with pytest.raises(WrongCode):
            prove(alice, "000000")
    for _attempt in range(3):
        with pytest.raises(TooManyAttempts) as refused:
            prove(alice, code_of(secret))
        assert 0 < refused.value.retry_after <= settings.LOGIN_WINDOW_SECONDS
    with pytest.raises(TooManyAttempts):
        prove(alice, recovery_code=codes[0], client="198.51.100.7")
    assert actions_of(alice).count("accounts.lock_second_factor") == 1
    assert mail.outbox[-1].subject == "Somebody tried codes of your second factor"
    attempts.forget_person(alice.email_key)
    assert prove(alice, code_of(secret)).how == "code"


def test_wrong_codes_are_slowed_per_client_too_and_right_ones_do_not_count(
    alice: User, charlie: User, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS_PER_CLIENT = 2
    _secret, codes = switch_on(alice)
    switch_on(charlie)
    for code in codes[:4]:
        prove(alice, recovery_code=code)
    for user in (alice, charlie):
        with pytest.raises(WrongCode):
            prove(user, "000000")
    with pytest.raises(TooManyAttempts):
        prove(alice, recovery_code=codes[5])
    assert prove(alice, recovery_code=codes[5], client="198.51.100.7").left == 5


def test_switched_off_the_password_is_enough_and_nothing_is_left(alice: User) -> None:
    secret, _codes = switch_on(alice)
    services.switch_off(actor=confirmed(alice))
    assert stored(alice).second_factor_since is None
    item = AccountItem.find(alice.org_id, alice.user_id, consistent=True)
    assert item is not None
    assert not {"totpSecret", "totpStep", "recoveryCodes"} & item.to_dynamodb_dict().keys()
    assert actions_of(alice)[0] == "accounts.disable_second_factor"
    assert mail.outbox[-1].subject == "Your second factor is off"
    with pytest.raises(DomainError):
        prove(alice, code_of(secret))
    assert sign_in(alice) is None


def test_it_stays_on_when_the_organisation_begins_to_ask_for_it_at_the_same_moment(
    alice: User,
) -> None:
    switch_on(alice)

    def meanwhile(_request: object) -> None:
        change_second_factor_requirement(actor=confirmed(alice), required=True)

    with injected("TransactWriteItems", meanwhile), pytest.raises(SecondFactorDemanded):
        services.switch_off(actor=confirmed(alice))
    assert stored(alice).second_factor_since is not None


def sign_in(user: User, code: str = "", recovery_code: str = "") -> Any:
    return services.prove_at_login(
        user=stored(user), client_address="192.0.2.1", code=code, recovery_code=recovery_code
    )


def test_a_wrong_code_of_a_program_is_answered_like_a_wrong_password(alice: User) -> None:
    secret, _codes = switch_on(alice)
    with pytest.raises(SecondFactorRequired):
        sign_in(alice)
    with pytest.raises(InvalidCredentials):
        sign_in(alice, "000000")
    assert sign_in(alice, code_of(secret)).how == "code"


def test_who_asks_everybody_for_one_has_one(alice: User, bob: User) -> None:
    with pytest.raises(OwnSecondFactorFirst):
        change_second_factor_requirement(actor=confirmed(alice), required=True)
    switch_on(alice)
    changed = change_second_factor_requirement(actor=confirmed(alice), required=True)
    assert changed.second_factor_required
    assert confirmed(bob).without_second_factor
    with pytest.raises(SecondFactorDemanded):
        services.switch_off(actor=confirmed(alice))
    (entry, *_earlier) = history(changed.audit_subject).items
    assert entry.changes == {"second_factor_required": (False, True)}
    # Bob may set one up, and is back.
    switch_on(bob)
    assert not confirmed(bob).without_second_factor
    assert secret_of(bob) != secret_of(alice)


def test_only_those_who_may_change_the_organisation_ask_for_it(alice: User, bob: User) -> None:
    switch_on(bob)
    with pytest.raises(DomainError) as refused:
        change_second_factor_requirement(actor=confirmed(bob), required=True)
    assert refused.value.code == "permission_denied"
    with pytest.raises(DomainError) as refused:
        services.remove_second_factor(actor=confirmed(bob), user=stored(alice))
    assert refused.value.code == "permission_denied"
    services.remove_second_factor(actor=Actor.system(org_id=bob.org_id), user=stored(bob))
    assert stored(bob).second_factor_since is None
