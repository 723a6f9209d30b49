"""What requests need besides an address, by the route and method of their line.

A form or a body is good enough for the permission to decide. Where a good one would end the login
or the account that asks, an empty one does: it is refused (422) after the permission was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.permission_matrix.world import World, fixed, unused

Thing = Callable[[World], str]


@dataclass(frozen=True, slots=True)
class Ask:
    """`path` says where the values in the address come from. `data` is the form or the JSON body,
    or a function that makes it from the world and these values. `at_version` adds If-Match with
    version 1 of the last of them (or of Alice's organisation). `alone` asks with a login of its
    own, which the request may end. `query` is as `path`."""

    path: Mapping[str, Thing] = field(default_factory=dict)
    data: Any = None
    at_version: bool = False
    alone: bool = False
    query: Mapping[str, Thing] = field(default_factory=dict)

    def body(self, world: World, values: Mapping[str, str]) -> Any:
        return self.data(world, values) if callable(self.data) else self.data

    def headers(self, world: World, values: Mapping[str, str]) -> dict[str, str]:
        named = [world.alice.org_id, *values.values()][-1]
        return {"If_Match": f'"{named}-1"'} if self.at_version else {}


def _new_product(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"sku": unused("SKU"), "name": "Mug", "price": "1", "currency": "EUR"}


def _product_form(world: World, values: Mapping[str, str]) -> dict[str, Any]:
    more = {"stock": "in_stock", "status": "draft", "version": 1}
    return _new_product(world, values) | more


def _file(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    content = f"sku,name,price,currency\n{unused('F')},Mug,1,EUR\n"
    return {"file": SimpleUploadedFile("p.csv", content.encode())}


def _several(world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"product": [world.product()], "status": "archived"}


_PUBLIC = {"product_id": World.public_product}
_PRODUCT = {"product_id": World.product}
_JOB = {"job_id": World.job}
_COLUMNS = {"column_0": "sku", "column_1": "name", "column_2": "price", "column_3": "currency"}


def _person(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"roles": ["viewer"], "where": "all", "version": 1}


def _address(world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"email": world.colleague(unused("Person"), ("staff",)).email}


def _invitation(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"email": f"{unused('i')}@example.com", "roles": ["viewer"], "where": "all"}


def _invitation_body(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"email": f"{unused('i')}@example.com", "roles": ["viewer"]}


def _role(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"name": unused("Role")}


def _role_form(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"name": unused("Role"), "version": 1}


def _store(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"name": unused("Store"), "time_zone": "Europe/Madrid"}


def _store_form(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"name": unused("Store"), "time_zone": "Europe/Madrid", "version": 1}


def _article(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"title": unused("Article"), "text": "Yes."}


def _article_form(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"title": unused("Article"), "text": "Yes.", "version": 1}


_PERSON = {"user_id": World.person}
_SECURED_PERSON = {"user_id": World.secured_person}
_DELETED_PERSON = {"user_id": World.deleted_person}
_INVITATION = {"invitation_id": World.invitation}
_ROLE = {"role_id": World.role}
_DELETED_ROLE = {"role_id": World.deleted_role}
_STORE = {"store_id": World.store}
_DELETED_STORE = {"store_id": World.deleted_store}
_TOKEN = {"token_id": World.api_token}
_ARTICLE = {"article_id": World.article}
_DELETED_ARTICLE = {"article_id": World.deleted_article}

_MINUTES = {"whenever": 60, "today": 60, "soon": 60, "at_once": 9}
_TIMED_STORE = {"store_id": World.store_with_response_times}
_SHOP = {"store_id": World.shop}
_REQUEST = {**_SHOP, "request_id": World.request}
_CANNED = {"answer_id": World.canned_answer}


def _question_form(world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"store": world.shop(), "header": "Secret?", "priority": "3"}


def _alice(world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"user_id": world.alice.user_id}


def _canned_answer(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"title": unused("Answer"), "text": "Yes."}


def _canned_answer_form(_world: World, _values: Mapping[str, str]) -> dict[str, Any]:
    return {"title": unused("Answer"), "text": "Yes.", "version": 1}


ASKS = {
    "catalog:category GET": Ask({"path": World.category}),
    "catalog:brand GET": Ask({"slug": World.brand}),
    "catalog:product-short GET": Ask(_PUBLIC),
    "catalog:product-detail GET": Ask({**_PUBLIC, "slug": fixed("mug")}),
    "catalog:picture GET": Ask({"kind": fixed("mug"), "seed": fixed("1")}),
    "catalog:sitemap GET": Ask({"number": fixed("1")}),
    "catalog:product-create POST": Ask(data=_product_form),
    "catalog:product-edit GET": Ask(_PRODUCT),
    "catalog:product-edit POST": Ask(_PRODUCT, _product_form),
    "catalog:product-status POST": Ask(_PRODUCT, {"status": "archived", "version": 1}),
    "catalog:products-status POST": Ask(data=_several),
    "catalog:product-duplicate POST": Ask(_PRODUCT),
    "catalog:product-delete GET": Ask(_PRODUCT),
    "catalog:product-delete POST": Ask(_PRODUCT, {"version": 1}),
    "catalog:product-history GET": Ask(_PRODUCT),
    "catalog:import-upload POST": Ask(data=_file),
    "catalog:import-job GET": Ask(_JOB),
    "catalog:import-mapping POST": Ask(_JOB, _COLUMNS),
    "catalog:import-confirm POST": Ask(_JOB, _COLUMNS),
    "catalog:import-step POST": Ask(_JOB),
    "catalog:import-errors GET": Ask(_JOB),
    "accounts:logout POST": Ask(alone=True),
    "organisation:people POST": Ask(data=_address),
    "accounts:reset GET": Ask({"token": World.reset_link}),
    "accounts:reset POST": Ask({"token": World.reset_link}),
    "accounts:end-session POST": Ask({"session_id": World.session}),
    "accounts:signup-confirm GET": Ask({"token": World.sign_up_link}),
    "accounts:signup-confirm POST": Ask({"token": World.sign_up_link}),
    "accounts:invitation GET": Ask({"token": World.invitation_link}),
    "accounts:invitation POST": Ask({"token": World.invitation_link}),
    "accounts:restore-organisation GET": Ask({"token": World.restore_link}),
    "accounts:restore-organisation POST": Ask({"token": World.restore_link}),
    "accounts:email-confirm GET": Ask({"token": World.email_link}),
    "accounts:email-confirm POST": Ask({"token": World.email_link}),
    "accounts:revoke-token POST": Ask(_TOKEN),
    "organisation:transfer POST": Ask(query={"to": World.person}),
    "organisation:person GET": Ask(_PERSON),
    "organisation:person-access GET": Ask(_PERSON),
    "organisation:person-access POST": Ask(_PERSON, _person),
    "organisation:person-deactivate POST": Ask(_PERSON),
    "organisation:person-reactivate POST": Ask(_PERSON),
    "organisation:person-delete GET": Ask(_PERSON),
    "organisation:person-delete POST": Ask(_PERSON),
    "organisation:person-second-factor GET": Ask(_SECURED_PERSON),
    "organisation:person-second-factor POST": Ask(_SECURED_PERSON),
    "organisation:person-restore POST": Ask(_DELETED_PERSON),
    "organisation:person-destroy GET": Ask(_DELETED_PERSON),
    "organisation:person-destroy POST": Ask(_DELETED_PERSON),
    "organisation:invite POST": Ask(data=_invitation),
    "organisation:invitation-resend POST": Ask(_INVITATION),
    "organisation:invitation-withdraw POST": Ask(_INVITATION),
    "organisation:role-add POST": Ask(data=_role),
    "organisation:role-change GET": Ask(_ROLE),
    "organisation:role-change POST": Ask(_ROLE, _role_form),
    "organisation:role-delete GET": Ask(_ROLE),
    "organisation:role-delete POST": Ask(_ROLE, {"version": 1}),
    "organisation:role-restore POST": Ask(_DELETED_ROLE),
    "organisation:store-new POST": Ask(data=_store_form),
    "organisation:store GET": Ask(_STORE),
    "organisation:store POST": Ask(_STORE, _store_form),
    "organisation:store-delete GET": Ask(_STORE),
    "organisation:store-delete POST": Ask(_STORE, {"version": 1}),
    "organisation:store-restore POST": Ask(_DELETED_STORE, {"version": 2}),
    "organisation:store-destroy GET": Ask(_DELETED_STORE),
    "organisation:store-destroy POST": Ask(_DELETED_STORE, {"version": 2}),
    "organisation:revoke-token POST": Ask(_TOKEN),
    "supervisor:article-new POST": Ask(data=_article_form),
    "supervisor:article GET": Ask(_ARTICLE),
    "supervisor:article POST": Ask(_ARTICLE, _article_form),
    "supervisor:article-delete POST": Ask(_ARTICLE, {"version": 1}),
    "supervisor:article-restore POST": Ask(_DELETED_ARTICLE, {"version": 2}),
    "supervisor:article-destroy GET": Ask(_DELETED_ARTICLE),
    "supervisor:article-destroy POST": Ask(_DELETED_ARTICLE, {"version": 2}),
    "supervisor:ask POST": Ask(data=_question_form),
    "supervisor:settings GET": Ask(query={"store": World.store_with_response_times}),
    "supervisor:settings POST": Ask(
        query={"store": World.store_with_response_times}, data={**_MINUTES, "version": 1}
    ),
    "supervisor:answer-add POST": Ask(data=_canned_answer),
    "supervisor:answer-change GET": Ask(_CANNED),
    "supervisor:answer-change POST": Ask(_CANNED, _canned_answer_form),
    "supervisor:answer-delete GET": Ask(_CANNED),
    "supervisor:answer-delete POST": Ask(_CANNED, {"version": 1}),
    "supervisor:request GET": Ask(_REQUEST),
    "supervisor:forget-number POST": Ask(data={"number": "+34600123456"}),
    "supervisor:answer POST": Ask(_REQUEST, {"answer": "Yes."}),
    "supervisor:note POST": Ask(_REQUEST, {"note": "Called."}),
    "supervisor:add POST": Ask(_REQUEST, {"addition": "Order 4712."}),
    "supervisor:priority POST": Ask(_REQUEST, {"priority": "6", "version": 1}),
    "supervisor:assign GET": Ask(_REQUEST),
    "supervisor:assign POST": Ask(_REQUEST, _alice),
    "supervisor:step POST": Ask({**_REQUEST, "step": fixed("claim")}),
    **{
        f"supervisor:step?{step} POST": Ask({**_REQUEST, "step": fixed(step)})
        for step in ("release", "cancel", "reopen", "forget_caller")
    },
    "set_language POST": Ask(data={"language": "en"}),
    "set_theme POST": Ask(data={"theme": "dark"}),
    # The API
    "create_product": Ask(data=_new_product),
    "find_product_by_sku": Ask({"sku": World.sku_of_public_product}),
    "find_product": Ask(_PRODUCT),
    "replace_product": Ask(_PRODUCT, _new_product, at_version=True),
    "change_product": Ask(_PRODUCT, {"name": "Mug"}, at_version=True),
    "delete_product": Ask(_PRODUCT, at_version=True),
    "sign_up": Ask(data={}),
    "log_in": Ask(data={}),
    "change_own_profile": Ask(data={"first_name": "New"}),
    "end_own_session": Ask({"session_id": World.session}),
    "refresh_tokens": Ask(data={}),
    "log_out": Ask(data={}),
    "confirm_sign_up": Ask(data={}),
    "request_password_reset": Ask(data={}),
    "reset_password": Ask(data={}),
    "accept_invitation": Ask(data={}),
    "request_email_change": Ask(data={}),
    "confirm_email_change": Ask(data={}),
    "change_password": Ask(data={}),
    "enable_second_factor": Ask(data={}),
    "erase_own_account": Ask(data={}),
    "make_token": Ask(
        data={"name": "Robot", "scopes": ["catalog.view_product"], "expires_in_days": 1}
    ),
    "revoke_own_token": Ask(_TOKEN),
    "change_own_organisation": Ask(data={"name": "New"}, at_version=True),
    "change_second_factor_requirement": Ask(data={"required": False}),
    "get_person": Ask({"person_id": World.person}),
    "change_person_access": Ask(
        {"person_id": World.person}, {"roles": ["viewer"]}, at_version=True
    ),
    "delete_person": Ask({"person_id": World.person}),
    "restore_person": Ask({"person_id": World.deleted_person}),
    "destroy_person": Ask({"person_id": World.deleted_person}, {"email": "wrong@example.com"}),
    "invite_person": Ask(data=_invitation_body),
    "resend_invitation": Ask(_INVITATION),
    "withdraw_invitation": Ask(_INVITATION),
    "add_role": Ask(data=_role),
    "find_role": Ask(_ROLE),
    "change_role": Ask(_ROLE, {"description": "New"}, at_version=True),
    "delete_role": Ask(_ROLE, at_version=True),
    "restore_role": Ask(_DELETED_ROLE),
    "create_store": Ask(data=_store),
    "find_store": Ask(_STORE),
    "change_store": Ask(_STORE, {"name": "New"}, at_version=True),
    "delete_store": Ask(_STORE, at_version=True),
    "restore_store": Ask(_DELETED_STORE),
    "revoke_token": Ask(_TOKEN),
    "ask_supervisors": Ask(_SHOP, {"header": "Secret?"}),
    "list_pending_requests": Ask(_SHOP),
    "list_closed_requests": Ask(_SHOP),
    "find_request": Ask(_REQUEST),
    "list_request_events": Ask(_REQUEST),
    "claim_request": Ask(_REQUEST),
    "release_request": Ask(_REQUEST),
    "assign_request": Ask(_REQUEST, _alice),
    "cancel_request": Ask(_REQUEST),
    "answer_request": Ask(_REQUEST, {"answer": "Yes."}),
    "correct_answer": Ask(
        {**_SHOP, "request_id": World.answered_request}, {"answer": "No."}, at_version=True
    ),
    "prioritise_request": Ask(_REQUEST, {"priority": 6}, at_version=True),
    "reopen_request": Ask(_REQUEST, {}),
    "note_on_request": Ask(_REQUEST, {"note": "Called."}),
    "add_to_request": Ask(_REQUEST, {"addition": "Order 4712."}),
    "list_deliveries": Ask(_REQUEST),
    "forget_caller": Ask(_REQUEST),
    "forget_number": Ask(data={"number": "+34600123456"}),
    "change_retention": Ask(data={"days": 30}, at_version=True),
    "change_notices": Ask(
        data={"on_duty": True, "urgency": "soon", "near_deadline": True, "store_ids": None},
        at_version=True,
    ),
    "get_response_times": Ask(_TIMED_STORE),
    "change_response_times": Ask(
        _TIMED_STORE, {"response_minutes": _MINUTES, "only_opening_hours": True}, at_version=True
    ),
    "add_canned_answer": Ask(data=_canned_answer),
    "find_canned_answer": Ask(_CANNED),
    "change_canned_answer": Ask(_CANNED, _canned_answer, at_version=True),
    "delete_canned_answer": Ask(_CANNED, at_version=True),
    "create_article": Ask(data=_article),
    "find_article": Ask(_ARTICLE),
    "change_article": Ask(_ARTICLE, {"title": "New"}, at_version=True),
    "delete_article": Ask(_ARTICLE, at_version=True),
    "restore_article": Ask(_DELETED_ARTICLE),
    "destroy_article": Ask(_DELETED_ARTICLE, at_version=True),
}
