"""An organisation's own roles for programs, and what can be permitted."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Status

from accounts.api_auth import BearerAuth
from accounts.conditional import (
    ApiRequest,
    IfMatch,
    IfNoneMatch,
    created,
    has_already,
    lost_race_is_412,
    with_etag,
)
from accounts.etags import tag, version_in
from accounts.permissions import CustomRole
from accounts.roles import selectors, services
from accounts.roles.errors import RoleChanged
from accounts.roles.schemas import (
    PermissionsOut,
    RoleChange,
    RoleIn,
    RoleOut,
    RolePage,
    RolesQuery,
    StaleRole,
)

router = Router(tags=["Roles"], auth=BearerAuth())
permissions_router = Router(tags=["Roles"], auth=BearerAuth())

_WITH_ETAG = with_etag("role")


@permissions_router.get(
    "",
    operation_id="list_permissions",
    summary="List what can be permitted",
    response={200: PermissionsOut, (401, 403, 503): None},
)
def list_permissions(request: ApiRequest) -> PermissionsOut:
    """Every permission, and which built-in roles hold it."""
    actor = request.auth
    actor.require(selectors.VIEW_ROLE, actor.org_id)
    return PermissionsOut.declared()


@router.get(
    "",
    operation_id="list_roles",
    summary="List the roles that your organisation made",
    response={200: RolePage, (401, 403, 422, 503): None},
)
def list_roles(request: ApiRequest, query: Query[RolesQuery]) -> RolePage:
    """By name. Deleted ones, latest first, are shown to those who may restore them."""
    found = selectors.all_roles(request.auth)
    return RolePage.of(found.deleted if query.deleted else found.present)


@router.post(
    "",
    operation_id="add_role",
    summary="Make a role",
    response={201: RoleOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
    openapi_extra={"responses": {201: created("role")}},
)
def add_role(request: ApiRequest, response: HttpResponse, payload: RoleIn) -> Status[RoleOut]:
    """You can give only what you are allowed to do yourself. At most 50 roles."""
    role = services.add_role(
        actor=request.auth,
        name=payload.name,
        description=payload.description,
        permissions=payload.permissions,
    )
    response.headers["Location"] = reverse("api:find_role", args=[role.role_id])
    response.headers["ETag"] = _etag(role)
    return Status(201, RoleOut.of(role))


@router.get(
    "/{role_id}",
    operation_id="find_role",
    summary="Read a role",
    response={200: RoleOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def find_role(
    request: ApiRequest, response: HttpResponse, role_id: str, if_none_match: IfNoneMatch = None
) -> RoleOut | Status[None]:
    role = selectors.find_role(request.auth, role_id)
    if has_already(response, _etag(role), if_none_match):
        return Status(304, None)
    return RoleOut.of(role)


@router.patch(
    "/{role_id}",
    operation_id="change_role",
    summary="Change a role",
    response={
        200: RoleOut,
        412: StaleRole,
        (400, 401, 403, 404, 409, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_role(
    request: ApiRequest,
    response: HttpResponse,
    role_id: str,
    payload: RoleChange,
    if_match: IfMatch = None,
) -> RoleOut:
    """Changes the fields that you send. It holds at once for everybody who has the role."""
    version = version_in(if_match, role_id)
    with _lost_race_is_412():
        role = services.change_role(
            actor=request.auth, role_id=role_id, version=version, **payload.said()
        )
    response.headers["ETag"] = _etag(role)
    return RoleOut.of(role)


@router.delete(
    "/{role_id}",
    operation_id="delete_role",
    summary="Delete a role",
    response={204: None, 412: StaleRole, (401, 403, 404, 422, 428, 503): None},
    openapi_extra={"responses": {412: _WITH_ETAG}},
)
def delete_role(request: ApiRequest, role_id: str, if_match: IfMatch = None) -> Status[None]:
    """Whoever has it loses at once what it permits. It can be restored."""
    version = version_in(if_match, role_id)
    with _lost_race_is_412():
        services.delete_role(actor=request.auth, role_id=role_id, version=version)
    return Status(204, None)


@router.post(
    "/{role_id}/restore",
    operation_id="restore_role",
    summary="Restore a deleted role",
    response={200: RoleOut, (401, 403, 404, 409, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG}},
)
def restore_role(request: ApiRequest, response: HttpResponse, role_id: str) -> RoleOut:
    """Whoever had it has it again. Does nothing to one that is not deleted."""
    role = services.restore_role(actor=request.auth, role_id=role_id)
    response.headers["ETag"] = _etag(role)
    return RoleOut.of(role)


def _etag(role: CustomRole) -> str:
    return tag(role.role_id, role.version)


_lost_race_is_412 = partial(lost_race_is_412, RoleChanged, _etag, RoleOut.of)
