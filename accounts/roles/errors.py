"""What roles can answer when the answer is no."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from accounts.permissions import CustomRole
from storage.domain import Conflict, Forbidden, Invalid, LostRace, NotFound


class RoleNotFound(NotFound):
    """Also for the roles of other organisations."""

    code = "role_not_found"
    message = _("There is no such role.")


class RoleNameTaken(Conflict):
    code = "role_name_taken"
    message = _("There is a role with this name already.")

    def __init__(self) -> None:
        super().__init__(fields={"name": [self.message]})


class RoleChanged(LostRace):
    code = "role_changed"
    message = _("Somebody, perhaps you in another window, changed this role in the meantime.")
    current: CustomRole


class TooManyRoles(Conflict):
    code = "too_many_roles"
    message = _("There are 50 roles already, which is the most. Delete one that nobody needs.")


class UnknownPermission(Invalid):
    code = "unknown_permission"
    message = _("There is no such permission: %(codes)s.")

    def __init__(self, codes: Iterable[str]) -> None:
        text = str(self.message) % {"codes": ", ".join(sorted(codes))}
        super().__init__(text, fields={"permissions": [text]})


class MoreThanOwn(Forbidden):
    code = "more_than_own"
    message = _("You can give and take away only what you are allowed to do yourself, everywhere.")
