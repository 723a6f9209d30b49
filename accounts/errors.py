"""What accounts can answer when the answer is no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from storage.domain import (
    Conflict,
    Forbidden,
    Invalid,
    LostRace,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
)

if TYPE_CHECKING:
    from accounts.entities import Organisation, User


class InvalidEmail(Invalid):
    code = "invalid_email"
    message = _("Enter an e-mail address such as name@example.com.")

    def __init__(self) -> None:
        super().__init__(fields={"email": [self.message]})


class InvalidName(Invalid):
    code = "invalid_name"
    message = _("This name is too long: 150 characters at most.")

    def __init__(self, field: str) -> None:
        super().__init__(fields={field: [self.message]})


class NameMissing(InvalidName):
    message = _("Enter a name.")


class WeakPassword(Invalid):
    """`fields` says under the given field name what is wrong with the password."""

    code = "weak_password"
    message = _("Choose a different password.")


class WrongPassword(Invalid):
    """Somebody who is logged in mistyped the password that they have now."""

    code = "wrong_password"
    message = _("This is not your current password.")


class EmailTaken(Conflict):
    code = "email_taken"
    message = _("There is an account with this e-mail address already.")

    def __init__(self) -> None:
        super().__init__(fields={"email": [self.message]})


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    message = _("Somebody changed this at the same moment. Reload it, and make your change again.")


class SignUpClosed(Forbidden):
    code = "sign_up_closed"
    message = _("New accounts are not open to everybody here. Ask your administrator for one.")


class InvalidCredentials(Unauthenticated):
    """The same answer whether the address is unknown, the password wrong, or the account gone."""

    code = "invalid_credentials"
    message = _("The e-mail address or the password is not right.")


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    message = _("The access token is not valid or has expired. Log in again.")


class InvalidRefreshToken(Unauthenticated):
    """The same for every reason, also when the login that it belongs to has just been ended."""

    code = "invalid_refresh_token"
    message = _("The refresh token is not valid or has ended. Log in again.")


class LoginNeeded(Forbidden):
    """An API token was sent for what only the person does."""

    code = "login_needed"
    message = _("API tokens cannot do this. Log in with e-mail address and password.")


class InvalidResetLink(NotFound):
    """One answer for every link that does not work, so that it tells nothing about anybody."""

    code = "invalid_reset_link"
    message = _("This link does not work, or not any more.")


class TooManyAttempts(TooMany):
    code = "too_many_attempts"
    message = _("Too many attempts.")


class PermissionDenied(Forbidden):
    code = "permission_denied"
    message = _("You are not allowed to do this.")


class SecondFactorMissing(Forbidden):
    """The organisation asks for a second factor, and this person has set up none yet."""

    code = "second_factor_missing"
    message = _("Your organisation asks for a second factor. Set it up first.")


class ConfirmationNeeded(Forbidden):
    """Pages ask for the password and go on; programs log in again."""

    code = "confirmation_needed"
    message = _("Confirm first that it is you: log in again, or enter your password.")


class MailNotSent(Unavailable):
    """What the mail was about is done all the same, unless a page says otherwise."""

    code = "mail_not_sent"
    message = _("The e-mail could not be sent. Try again in a moment.")


class NotTheOwner(Conflict):
    """The address belongs to somebody who does not own the organisation that was named."""

    code = "not_the_owner"
    message = _("This address has an account that is not the owner of that organisation.")


class UnknownChoice(Invalid):
    """`field` is language, time_zone or theme."""

    def __init__(self, field: str, message: object) -> None:
        super().__init__(fields={field: [message]})


class ProfileChanged(LostRace):
    code = "profile_changed"
    message = _("Your profile was changed somewhere else in the meantime.")
    current: User


class SessionNotFound(NotFound):
    """Also for the sessions of other people."""

    code = "session_not_found"
    message = _("There is no such session. It may have ended already.")


class UserNotFound(NotFound):
    code = "user_not_found"
    message = _("There is no such person.")


class OrganisationNotFound(NotFound):
    code = "organisation_not_found"
    message = _("There is no such organisation.")


class OrganisationChanged(LostRace):
    code = "organisation_changed"
    message = _(
        "Somebody, perhaps you in another window, changed this organisation in the meantime."
    )
    current: Organisation
