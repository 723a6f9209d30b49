from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid, Unauthenticated


class SecondFactorRequired(Unauthenticated):
    """The password was right; a code is missing."""

    code = "second_factor_required"
    message = _("Log in with a code of your authenticator app, or a recovery code, as well.")


class WrongCode(Invalid):
    """Also for a code that was right and has been used."""

    code = "wrong_code"
    message = _("This code is not right, or not any more. Wait for the next one.")

    def __init__(self, field: str = "code") -> None:
        super().__init__(fields={field: [self.message]})


class WrongRecoveryCode(WrongCode):
    message = _("This is none of your recovery codes that are left.")


class NotConfirmed(Invalid):
    code = "not_confirmed"
    message = _("This is not your password.")

    def __init__(self) -> None:
        super().__init__(fields={"password": [self.message]})


class SetUpExpired(Conflict):
    code = "set_up_expired"
    message = _("This took too long, or was begun somewhere else. Begin again.")


class SecondFactorOn(Conflict):
    code = "second_factor_on"
    message = _("You have a second factor already. Switch it off to set up another one.")


class SecondFactorOff(Conflict):
    code = "second_factor_off"
    message = _("You have no second factor.")


class NoSecondFactor(Conflict):
    """Of somebody else."""

    code = "no_second_factor"
    message = _("This person has no second factor.")


class SecondFactorDemanded(Conflict):
    code = "second_factor_demanded"
    message = _("Your organisation asks for a second factor, so it cannot be switched off.")


class OwnSecondFactorFirst(Conflict):
    code = "own_second_factor_first"
    message = _("Set up a second factor for yourself first.")
