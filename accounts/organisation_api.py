"""One's own organisation for programs: `/api/v1/organisation`."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from ninja import Query, Router, Status

from accounts import directory, mail, organisations
from accounts.api_auth import BearerAuth
from accounts.api_tokens.api import organisation_router as tokens_router
from accounts.conditional import (
    ApiRequest,
    IfMatch,
    IfNoneMatch,
    has_already,
    lost_race_is_412,
    with_etag,
)
from accounts.entities import Organisation
from accounts.errors import OrganisationChanged
from accounts.etags import tag, version_in
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

router = Router(tags=["Organisation"], auth=BearerAuth())
router.add_router("/roles", roles_api.router)
router.add_router("/permissions", roles_api.permissions_router)
router.add_router("/stores", stores_api.router)
router.add_router("/people", people_api.people_router)
router.add_router("/invitations", people_api.invitations_router)

_WITH_ETAG = with_etag("organisation")


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
    if has_already(response, _etag_of(organisation), if_none_match):
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
    with _lost_race_is_412():
        organisation = organisations.rename_organisation(
            actor=actor, name=payload.name, version=version
        )
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
    with _lost_race_is_412():
        removals.delete_organisation(actor=actor, version=version, site=mail.absolute(request, "/"))
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
    page = directory.list_users(actor, org_id=actor.org_id, limit=query.limit, cursor=query.cursor)
    return PeoplePage.of(page, actor)


router.add_router("/second-factor", second_factor_router)
router.add_router("/tokens", tokens_router)


def _etag_of(organisation: Organisation) -> str:
    return tag(organisation.org_id, organisation.version)


_lost_race_is_412 = partial(lost_race_is_412, OrganisationChanged, _etag_of, OwnOrganisationOut.of)
