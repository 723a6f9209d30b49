"""Roles and permissions as JSON says them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from accounts.entities import LONGEST_NAME
from accounts.permissions import CustomRole, declared
from accounts.roles.selectors import built_in_holders, names_of

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["Shelf stackers"])]
Description = Annotated[str, Field(max_length=LONGEST_NAME)]
Codes = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_NAME)]],
    Field(max_length=200, description="As `list_permissions` gives them.", examples=[[]]),
]


class RoleOut(BaseModel):
    id: str
    name: str
    description: str
    permissions: list[str]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int

    @classmethod
    def of(cls, role: CustomRole) -> Self:
        return cls(
            id=role.role_id,
            name=role.name,
            description=role.description,
            permissions=sorted(role.permissions),
            created_at=role.created_at,
            updated_at=role.updated_at,
            deleted_at=role.deleted_at,
            version=role.version or 0,
        )


class RolePage(BaseModel):
    items: list[RoleOut]
    next_cursor: str | None = Field(description="Always null: there are never more than fit.")

    @classmethod
    def of(cls, roles: Iterable[CustomRole]) -> Self:
        return cls(items=[RoleOut.of(role) for role in roles], next_cursor=None)


class RolesQuery(BaseModel):
    deleted: bool = Field(False, description="True for the deleted ones, which can be restored.")


class RoleIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name
    description: Description = ""
    permissions: Codes = []


class RoleChange(BaseModel):
    """What shall change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name | None = None
    description: Description | None = None
    permissions: Codes | None = None

    def said(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class StaleRole(BaseModel):
    current: RoleOut = Field(description="The role as it is stored now.")


class BuiltInRole(BaseModel):
    id: str
    name: str


class PermissionOut(BaseModel):
    code: str
    label: str = Field(description="In the language of the request.")
    app: str
    of_store: bool = Field(
        description="Whether it reaches only the stores of people who are bound to some."
    )
    roles: list[str] = Field(description="The built-in roles that permit it.")


class PermissionsOut(BaseModel):
    roles: list[BuiltInRole] = Field(description="The built-in roles, from most to least.")
    items: list[PermissionOut]

    @classmethod
    def declared(cls) -> Self:
        return cls(
            roles=[BuiltInRole(id=role, name=name) for role, name in names_of().items()],
            items=[
                PermissionOut(
                    code=permission.code,
                    label=str(permission.label),
                    app=permission.app,
                    of_store=permission.of_store,
                    roles=[role.value for role in built_in_holders(permission)],
                )
                for permission in declared()
            ],
        )
