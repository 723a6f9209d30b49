"""One's own organisation for programs: `/api/v1/organisation`."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Header, Query, Router, Status

from accounts import directory, mail, organisations
from accounts.api_auth import BearerAuth
from accounts.api_tokens.api import organisation_router as tokens_router
from accounts.entities import Actor, Organisation
from accounts.errors import OrganisationChanged
from accounts.etags import matches, tag, version_in
from accounts.organisation_schemas import (
    OrganisationChange,
    OwnOrganisationOut,
    PeoplePage,
    PeopleQuery,
    StaleOrganisation,
)
from accounts.people import api as people_api
from accounts.removal import services as removals
from accounts.roles import api as roles_api
from accounts.second_factor.api import organisation_router as second_factor_router
from accounts.stores import api as stores_api
from storage.domain import PreconditionFailed

router = Router(tags=["Organisation"], auth=BearerAuth())
router.add_router("/roles", roles_api.router)
router.add_router("/permissions", roles_api.permissions_router)
router.add_router("/stores", stores_api.router)
router.add_router("/people", people_api.people_router)
router.add_router("/invitations", people_api.invitations_router)

_WITH_ETAG = {
    "headers": {
        "ETag": {
            "description": "This version of the organisation.",
            "schema": {"type": "string"},
        }
    }
}
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="The ETag you have; 304 while it is current."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of the version that you saw. Required; 428 without it.",
    ),
]


class ApiRequest(HttpRequest):
    auth: Actor


@router.get(
    "",
    operation_id="get_own_organisation",
    summary="Read your organisation",
    response={200: OwnOrganisationOut, 304: None, (401, 403, 404, 422, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG, 304: _WITH_ETAG}},
)
def get_own_organisation(
    request: ApiRequest, response: HttpResponse, if_none_match: IfNoneMatch = None
) -> OwnOrganisationOut | Status[None]:
    """The one that the access token belongs to."""
    actor = request.auth
    organisation = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
    etag = _etag_of(organisation)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    if matches(if_none_match, etag):
        return Status(304, None)
    return OwnOrganisationOut.of(organisation)


@router.patch(
    "",
    operation_id="change_own_organisation",
    summary="Rename your organisation",
    response={
        200: OwnOrganisationOut,
        412: StaleOrganisation,
        (400, 401, 403, 404, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_own_organisation(
    request: ApiRequest,
    response: HttpResponse,
    payload: OrganisationChange,
    if_match: IfMatch = None,
) -> OwnOrganisationOut:
    """For those who may change organisations. The same name changes nothing."""
    actor = request.auth
    version = version_in(if_match, actor.org_id)
    try:
        organisation = organisations.rename_organisation(
            actor=actor, name=payload.name, version=version
        )
    except OrganisationChanged as lost:
        raise _stale(lost) from lost
    response.headers["ETag"] = _etag_of(organisation)
    return OwnOrganisationOut.of(organisation)


@router.delete(
    "",
    operation_id="delete_own_organisation",
    summary="Delete your organisation",
    response={204: None, 412: StaleOrganisation, (400, 401, 403, 404, 409, 428, 503): None},
    openapi_extra={"responses": {412: _WITH_ETAG}},
)
def delete_own_organisation(request: ApiRequest, if_match: IfMatch = None) -> Status[None]:
    """Its people are logged out and nobody can log in any more; its products leave the catalogue.
    Owners are mailed a link that brings everything back.

    For those who may delete organisations, within 15 minutes of their login."""
    actor = request.auth
    actor.require(removals.DELETE_ORGANISATION, actor.org_id)
    version = version_in(if_match, actor.org_id)
    try:
        removals.delete_organisation(actor=actor, version=version, site=mail.absolute(request, "/"))
    except OrganisationChanged as lost:
        raise _stale(lost) from lost
    removals.work_on(actor.org_id)
    return Status(204, None)


@router.get(
    "/people",
    operation_id="list_people",
    summary="List the people of your organisation",
    response={200: PeoplePage, (400, 401, 403, 404, 422, 503): None},
)
def list_people(request: ApiRequest, query: Query[PeopleQuery]) -> PeoplePage:
    """In an order that stays the same, which is not that of their names."""
    actor = request.auth
    return PeoplePage.of(
        directory.list_users(actor, org_id=actor.org_id, limit=query.limit, cursor=query.cursor)
    )


router.add_router("/second-factor", second_factor_router)
router.add_router("/tokens", tokens_router)


def _stale(lost: OrganisationChanged) -> PreconditionFailed:
    """The client said which version it saw, so losing a race is a failed precondition."""
    return PreconditionFailed(
        lost.message,
        code=lost.code,
        etag=_etag_of(lost.current),
        current=OwnOrganisationOut.of(lost.current).model_dump(mode="json"),
    )


def _etag_of(organisation: Organisation) -> str:
    return tag(organisation.org_id, organisation.version)
