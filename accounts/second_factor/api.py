"""One's own second factor for programs, and whether the organisation asks for one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router, Status

from accounts import directory, selectors
from accounts.api_auth import BearerAuth
from accounts.conditional import ApiRequest
from accounts.second_factor import services
from accounts.second_factor.requirement import change_second_factor_requirement
from accounts.second_factor.schemas import (
    EnableIn,
    RecoveryCodesOut,
    RequirementIn,
    RequirementOut,
    SecondFactorOut,
    SetUpOut,
)

router = Router(tags=["People"], auth=BearerAuth(before_second_factor=True))
organisation_router = Router(tags=["Organisation"], auth=BearerAuth())


@router.get(
    "",
    operation_id="get_own_second_factor",
    summary="Whether you have a second factor",
    response={200: SecondFactorOut, (401, 403, 404, 503): None},
)
def get_own_second_factor(request: ApiRequest) -> Any:
    """Works also while your organisation asks for one that you have not set up."""
    organisation = selectors.get_own_organisation(actor=request.auth)
    factor = services.get_own_second_factor(actor=request.auth)
    return SecondFactorOut.of(factor, required=organisation.second_factor_required)


@router.post(
    "/begin",
    operation_id="begin_second_factor",
    summary="Begin to set up a second factor",
    response={200: SetUpOut, (401, 403, 404, 409, 503): None},
)
def begin_second_factor(request: ApiRequest, response: HttpResponse) -> Any:
    """Nothing is stored: it is on once `/enable` has got a code. For 15 minutes after a login;
    then 403 `confirmation_needed`."""
    response.headers["Cache-Control"] = "no-store"
    return SetUpOut.of(services.begin_set_up(actor=request.auth))


@router.post(
    "/enable",
    operation_id="enable_second_factor",
    summary="Switch the second factor on with a first code",
    response={200: RecoveryCodesOut, (400, 401, 403, 404, 409, 413, 422, 429, 503): None},
)
def enable_second_factor(request: ApiRequest, response: HttpResponse, body: EnableIn) -> Any:
    """From then on a login takes `code` or `recovery_code` as well."""
    response.headers["Cache-Control"] = "no-store"
    codes = services.switch_on(actor=request.auth, token=body.set_up, code=body.code)
    return RecoveryCodesOut(recovery_codes=list(codes))


@router.post(
    "/recovery-codes",
    operation_id="renew_recovery_codes",
    summary="Make new recovery codes",
    response={200: RecoveryCodesOut, (401, 403, 404, 409, 503): None},
)
def renew_recovery_codes(request: ApiRequest, response: HttpResponse) -> Any:
    """The earlier ones stop working."""
    response.headers["Cache-Control"] = "no-store"
    return RecoveryCodesOut(recovery_codes=list(services.renew_recovery_codes(actor=request.auth)))


@router.delete(
    "",
    operation_id="disable_second_factor",
    summary="Switch the second factor off",
    response={204: None, (401, 403, 404, 409, 503): None},
)
def disable_second_factor(request: ApiRequest) -> Any:
    """Not while the organisation asks for one: 409 `second_factor_demanded`."""
    services.switch_off(actor=request.auth)
    return Status(204, None)


@organisation_router.get(
    "",
    operation_id="get_second_factor_requirement",
    summary="Whether everybody in your organisation needs a second factor",
    response={200: RequirementOut, (401, 403, 404, 503): None},
)
def get_second_factor_requirement(request: ApiRequest) -> Any:
    actor = request.auth
    organisation = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
    return RequirementOut(required=organisation.second_factor_required)


@organisation_router.put(
    "",
    operation_id="change_second_factor_requirement",
    summary="Ask everybody in your organisation for a second factor, or not any more",
    response={200: RequirementOut, (400, 401, 403, 404, 409, 413, 422, 503): None},
)
def change_requirement(request: ApiRequest, body: RequirementIn) -> Any:
    """For those who may change organisations and have a second factor themselves. The last one
    holds. Whoever has none can then do nothing but set one up."""
    changed = change_second_factor_requirement(actor=request.auth, required=body.required)
    return RequirementOut(required=changed.second_factor_required)
