"""What the management of people can answer when the answer is no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Forbidden, Invalid, LostRace, NotFound

if TYPE_CHECKING:
    from accounts.entities import User


class BeyondOwnPermissions(Forbidden):
    """Nobody gives, or decides about, more than they have; and only owners decide about owners."""

    code = "beyond_own_permissions"
    message = _("You cannot give more than you may do yourself, nor manage people who may do more.")


class NotOneself(Forbidden):
    code = "not_oneself"
    message = _("You cannot do this to yourself.")


class LastOwner(Conflict):
    code = "last_owner"
    message = _("This is the only active owner. Make somebody else an owner first.")


class PersonChanged(LostRace):
    code = "person_changed"
    message = _("Somebody, perhaps you in another window, changed this person in the meantime.")
    current: User


class NotDeleted(Conflict):
    code = "person_not_deleted"
    message = _("Only people who are deleted already can be removed for good.")


class NotActive(Conflict):
    code = "person_not_active"
    message = _("This person cannot log in. Reactivate the account first.")


class AlreadyMember(Conflict):
    code = "already_member"
    message = _("Somebody with this e-mail address is already a member.")
    deleted = _("Somebody with this e-mail address was a member and is deleted. Restore them.")

    def __init__(self, *, deleted_id: str = "") -> None:
        """`deleted_id` is the id of the member who is deleted; empty for one who is there."""
        text = self.deleted if deleted_id else self.message
        super().__init__(text, fields={"email": [text]})
        self.deleted_id = deleted_id


class AlreadyInvited(Conflict):
    """`invitation_id` is the one that is open, to be sent again; empty where it has just ended."""

    code = "already_invited"
    message = _("This address has an open invitation already. You can send it again.")

    def __init__(self, invitation_id: str = "") -> None:
        super().__init__(fields={"email": [self.message]})
        self.invitation_id = invitation_id


class InvitationNotFound(NotFound):
    """Also for those of other organisations."""

    code = "invitation_not_found"
    message = _("There is no such invitation. It may have been accepted or withdrawn.")


class InvalidInvitation(NotFound):
    """One answer for every link that does not work, so that it tells nothing about anybody."""

    code = "invalid_invitation"
    message = _("This invitation does not work, or not any more.")


class UnknownRole(Invalid):
    code = "unknown_role"

    def __init__(self, text: object = _("There is no such role.")) -> None:
        super().__init__(fields={"roles": [text]})


class UnknownStore(Invalid):
    code = "unknown_store"

    def __init__(self, text: object = _("There is no such store.")) -> None:
        super().__init__(fields={"stores": [text]})


class NotTyped(Invalid):
    """What shall confirm something dangerous was typed differently."""

    code = "not_confirmed"

    def __init__(self) -> None:
        super().__init__(fields={"typed": [_("This is not what you have to type.")]})
