"""People and invitations for programs: `/api/v1/organisation/people/…` and `…/invitations`."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from accounts.api_auth import BearerAuth
from accounts.client_address import client_address
from accounts.conditional import ApiRequest, IfMatch, lost_race_is_412, with_etag
from accounts.entities import Actor, User
from accounts.etags import tag, version_in
from accounts.organisation_schemas import PeopleQuery
from accounts.people import invitations, managing, selectors
from accounts.people.errors import PersonChanged
from accounts.people.requests import link_to
from accounts.people.schemas import (
    AcceptIn,
    AccessChange,
    DestroyIn,
    InvitationIn,
    InvitationPage,
    PersonDetail,
    SentInvitation,
    StalePerson,
)
from accounts.schemas import SignedUpOut

people_router = Router(tags=["Organisation"], auth=BearerAuth())
invitations_router = Router(tags=["Organisation"], auth=BearerAuth())
accepting_router = Router(tags=["People"])

_WITH_ETAG = with_etag("person")


@people_router.get(
    "/{person_id}",
    operation_id="get_person",
    summary="Read one person of your organisation",
    response={200: PersonDetail, (401, 403, 404, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG}},
)
def get_person(request: ApiRequest, response: HttpResponse, person_id: str) -> PersonDetail:
    """Deleted people are there for those who may delete people."""
    actor = request.auth
    return _shown(response, selectors.find_person(actor, user_id=person_id).user, actor)


@people_router.patch(
    "/{person_id}",
    operation_id="change_person_access",
    summary="Change roles and stores, deactivate or reactivate",
    response={
        200: PersonDetail,
        412: StalePerson,
        (400, 401, 403, 404, 409, 413, 422, 428, 503): None,
    },
    openapi_extra={"responses": {200: _WITH_ETAG, 412: _WITH_ETAG}},
)
def change_person_access(
    request: ApiRequest,
    response: HttpResponse,
    person_id: str,
    payload: AccessChange,
    if_match: IfMatch = None,
) -> PersonDetail:
    """Nobody gives more than they have, or changes people who have more. Who is deactivated is
    logged out everywhere. Where an owner comes or goes, within 15 minutes of your login."""
    actor = request.auth
    version = version_in(if_match, person_id)
    with lost_race_is_412(PersonChanged, _etag, partial(PersonDetail.of, actor=actor)):
        user = managing.change_access(
            actor=actor, user_id=person_id, version=version, **payload.said()
        )
    return _shown(response, user, actor)


@people_router.delete(
    "/{person_id}",
    operation_id="delete_person",
    summary="Delete somebody, until restored",
    response={204: None, (401, 403, 404, 409, 503): None},
)
def delete_person(request: ApiRequest, person_id: str) -> Status[None]:
    """Ends all their sessions and tokens at once, and for good. Owners within 15 minutes of your
    login."""
    managing.delete_person(actor=request.auth, user_id=person_id)
    return Status(204, None)


@people_router.post(
    "/{person_id}/restore",
    operation_id="restore_person",
    summary="Restore somebody who was deleted",
    response={200: PersonDetail, (401, 403, 404, 409, 503): None},
    openapi_extra={"responses": {200: _WITH_ETAG}},
)
def restore_person(request: ApiRequest, response: HttpResponse, person_id: str) -> PersonDetail:
    """With the roles they had. Who is not deleted stays as they are. Owners within 15 minutes of
    your login."""
    actor = request.auth
    return _shown(response, managing.restore_person(actor=actor, user_id=person_id), actor)


@people_router.post(
    "/{person_id}/destroy",
    operation_id="destroy_person",
    summary="Remove somebody who was deleted, for good",
    response={204: None, (400, 401, 403, 404, 409, 413, 422, 503): None},
)
def destroy_person(request: ApiRequest, person_id: str, payload: DestroyIn) -> Status[None]:
    """The address is free afterwards. It is sent in the body, for addresses of requests are written
    to logs. Within 15 minutes of your login."""
    managing.destroy_person(actor=request.auth, user_id=person_id, typed=payload.email)
    return Status(204, None)


@invitations_router.get(
    "",
    operation_id="list_invitations",
    summary="List the open invitations",
    response={200: InvitationPage, (400, 401, 403, 404, 422, 503): None},
)
def list_invitations(request: ApiRequest, query: Query[PeopleQuery]) -> InvitationPage:
    """By address; those that have expired are among them, until somebody withdraws them."""
    return InvitationPage.of(
        selectors.list_invitations(request.auth, limit=query.limit, cursor=query.cursor)
    )


@invitations_router.post(
    "",
    operation_id="invite_person",
    summary="Invite somebody by e-mail",
    response={201: SentInvitation, (400, 401, 403, 404, 409, 413, 422, 429, 503): None},
)
def invite_person(request: ApiRequest, payload: InvitationIn) -> Status[SentInvitation]:
    """One for each address. Nobody gives more than they have. Owners within 15 minutes of your
    login."""
    sent = invitations.invite_person(
        actor=request.auth,
        email=payload.email,
        roles=payload.roles,
        stores=None if payload.stores is None else frozenset(payload.stores),
        link_to=link_to(request),
    )
    return Status(201, SentInvitation.of(sent))


@invitations_router.delete(
    "/{invitation_id}",
    operation_id="withdraw_invitation",
    summary="Withdraw an invitation",
    response={204: None, (401, 403, 404, 503): None},
)
def withdraw_invitation(request: ApiRequest, invitation_id: str) -> Status[None]:
    """Its link stops working. For whoever sent it, or could have sent it."""
    invitations.withdraw_invitation(actor=request.auth, invitation_id=invitation_id)
    return Status(204, None)


@invitations_router.post(
    "/{invitation_id}/resend",
    operation_id="resend_invitation",
    summary="Send an invitation again",
    response={200: SentInvitation, (401, 403, 404, 409, 429, 503): None},
)
def resend_invitation(request: ApiRequest, invitation_id: str) -> SentInvitation:
    """With a new link and from now on; the link before stops working."""
    sent = invitations.resend_invitation(
        actor=request.auth, invitation_id=invitation_id, link_to=link_to(request)
    )
    return SentInvitation.of(sent)


@accepting_router.post(
    "/accept",
    operation_id="accept_invitation",
    summary="Accept an invitation",
    response={201: SignedUpOut, (400, 404, 409, 413, 422, 429, 503): None},
)
def accept_invitation(request: HttpRequest, payload: AcceptIn) -> Status[SignedUpOut]:
    """The account of whoever has the link. Log in with it afterwards."""
    user = invitations.accept_invitation(
        token=payload.token,
        name=payload.name,
        password=payload.password,
        client_address=client_address(request),
    )
    return Status(201, SignedUpOut.of(user))


def _shown(response: HttpResponse, user: User, actor: Actor) -> PersonDetail:
    response.headers["ETag"] = _etag(user)
    return PersonDetail.of(user, actor)


def _etag(user: User) -> str:
    return tag(user.user_id, user.version)
