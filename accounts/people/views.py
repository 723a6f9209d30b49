"""The pages about one person, about those who were deleted, and about handing over."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory
from accounts.access import login_required
from accounts.entities import Actor, Membership, User
from accounts.errors import UserNotFound
from accounts.paging import page_links
from accounts.people import managing, selectors
from accounts.people.authority import (
    may_manage,
    may_manage_elsewhere,
    owns,
    require_to_manage,
)
from accounts.people.errors import LastOwner, NotDeleted, NotOneself, PersonChanged
from accounts.people.forms import AccessForm, TransferForm, TypedForm
from accounts.people.lost_factors import remove_second_factor_of, require_removable_factor
from accounts.people.managing import CHANGE_USER, DELETE_USER, TRANSFER
from accounts.people.person_history import event_of
from accounts.refused_forms import INVALID, as_refused
from accounts.roles.selectors import names_of, role_names
from accounts.selectors import actor_of
from storage.domain import DomainError, Invalid

CHANGED = 409


@login_required
@never_cache
@require_safe
def person(request: HttpRequest, user_id: str) -> HttpResponse:
    actor = actor_of(request)
    found = selectors.find_person(actor, user_id=user_id)
    user = found.user
    is_self = user.user_id == actor.user_id
    deleted = user.deleted_at is not None
    reaches = may_manage(actor, found)
    changes = actor.may(CHANGE_USER, actor.org_id)
    deletes = actor.may(DELETE_USER, actor.org_id)
    context = {
        "person": user,
        "names": names_of(found.custom_roles),
        "store_names": selectors.store_names(actor, user),
        "is_self": is_self,
        "shows_last_login": directory.sees_last_login(actor),
        "may_change": changes and reaches and not deleted,
        "may_delete": deletes and reaches and not is_self,
        "may_hand_over": _may_hand_over(actor, user),
        "out_of_reach": (changes or deletes) and not reaches,
        "only_stores_differ": may_manage_elsewhere(actor, found),
        "may_remove_factor": changes
        and reaches
        and not (deleted or is_self)
        and user.second_factor_since is not None,
        **(_history(request, actor, user) if changes else {}),
    }
    return render(request, "accounts/person.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: HttpRequest, user_id: str) -> HttpResponse:
    """Roles and stores."""
    actor = actor_of(request)
    actor.require(CHANGE_USER, actor.org_id)
    found = selectors.find_person(actor, user_id=user_id)
    if found.user.deleted_at is not None:
        raise UserNotFound
    require_to_manage(actor, found)
    if request.method != "POST":
        return _access_page(request, found, _access_form(actor, found))
    form = _access_form(actor, found, request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            managing.change_access(
                actor=actor,
                user_id=user_id,
                version=form.cleaned_data["version"],
                roles=tuple(form.cleaned_data["roles"]),
                stores=form.chosen_stores,
            )
        except PersonChanged as lost:
            return _both(request, form, lost.current)
        except (Invalid, LastOwner) as refusal:
            form.refuse(refusal)
            error = refusal
        else:
            _say(request, _("What %(name)s may do is saved."), found.user)
            return redirect("organisation:person", user_id=user_id)
    return as_refused(_access_page(request, found, form), error)


@login_required
@require_POST
def deactivate(request: HttpRequest, user_id: str) -> HttpResponse:
    user = managing.deactivate_person(actor=actor_of(request), user_id=user_id)
    _say(request, _("%(name)s is deactivated, and logged out everywhere."), user)
    return redirect("organisation:person", user_id=user_id)


@login_required
@require_POST
def reactivate(request: HttpRequest, user_id: str) -> HttpResponse:
    user = managing.reactivate_person(actor=actor_of(request), user_id=user_id)
    _say(request, _("%(name)s can log in again."), user)
    return redirect("organisation:person", user_id=user_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, user_id: str) -> HttpResponse:
    """The question, and its answer."""
    actor = actor_of(request)
    if request.method != "POST":
        found = _deletable(actor, user_id)
        return render(request, "accounts/person_delete.html", {"person": found.user})
    user = managing.delete_person(actor=actor, user_id=user_id)
    _say(request, _("%(name)s is deleted, and can be restored."), user)
    return redirect("organisation:deleted-people")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove_factor(request: HttpRequest, user_id: str) -> HttpResponse:
    """The question, and its answer."""
    actor = actor_of(request)
    actor.require(CHANGE_USER, actor.org_id)
    actor.require_confirmation()
    if request.method != "POST":
        found = require_removable_factor(actor, user_id)
        return render(request, "accounts/person_second_factor.html", {"person": found})
    user = remove_second_factor_of(actor=actor, user_id=user_id)
    _say(request, _("The second factor of %(name)s is removed."), user)
    return redirect("organisation:person", user_id=user_id)


@login_required
@require_POST
def restore(request: HttpRequest, user_id: str) -> HttpResponse:
    user = managing.restore_person(actor=actor_of(request), user_id=user_id)
    _say(request, _("%(name)s is back."), user)
    return redirect("organisation:person", user_id=user_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def destroy(request: HttpRequest, user_id: str) -> HttpResponse:
    """The last question, and its answer."""
    actor = actor_of(request)
    found = _deletable(actor, user_id)
    actor.require_confirmation()
    if found.user.deleted_at is None:
        raise NotDeleted
    form = TypedForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            managing.destroy_person(actor=actor, user_id=user_id, typed=form.cleaned_data["typed"])
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            _say(request, _("%(name)s is removed for good."), found.user)
            return redirect("organisation:deleted-people")
    status = INVALID if request.method == "POST" else 200
    context = {"person": found.user, "form": form}
    return render(request, "accounts/person_destroy.html", context, status=status)


@login_required
@never_cache
@require_safe
def deleted_people(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    page = directory.list_deleted_users(actor, org_id=actor.org_id, cursor=cursor)
    context = {
        "people": page.items,
        **page_links(request, page.next_cursor),
    }
    return render(request, "accounts/people_deleted.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: HttpRequest) -> HttpResponse:
    """Whom to, then the last question, and its answer. `to` is the id of a person."""
    actor = actor_of(request)
    actor.require(TRANSFER, actor.org_id)
    actor.require_confirmation()
    user_id = request.GET.get("to", "")
    if not user_id:
        return _whom_to(request, actor)
    found = selectors.find_person(actor, user_id=user_id)
    if user_id == actor.user_id:
        raise NotOneself
    form = TransferForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = managing.transfer_ownership(actor=actor, user_id=user_id, **form.cleaned_data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            if form.cleaned_data["step_down"]:
                _say(request, _("%(name)s is an owner now. You are a manager now."), user)
            else:
                _say(request, _("%(name)s is an owner now. You stay an owner."), user)
            return redirect("organisation:person", user_id=user_id)
    status = INVALID if request.method == "POST" else 200
    context = {"person": found.user, "form": form}
    return render(request, "accounts/transfer.html", context, status=status)


def _whom_to(request: HttpRequest, actor: Actor) -> HttpResponse:
    cursor = request.GET.get("cursor") or None
    page = directory.list_users(actor, org_id=actor.org_id, cursor=cursor)
    context = {
        "people": [user for user in page.items if _may_hand_over(actor, user)],
        **page_links(request, page.next_cursor),
    }
    return render(request, "accounts/transfer_choice.html", context)


def _may_hand_over(actor: Actor, user: User) -> bool:
    return (
        actor.may(TRANSFER, user.org_id)
        and owns(actor)
        and user.may_log_in
        and not user.is_owner
        and user.user_id != actor.user_id
    )


def _deletable(actor: Actor, user_id: str) -> Membership:
    actor.require(DELETE_USER, actor.org_id)
    found = selectors.find_person(actor, user_id=user_id)
    require_to_manage(actor, found)
    if user_id == actor.user_id:
        raise NotOneself
    return found


def _access_form(actor: Actor, found: Membership, data: object = None) -> AccessForm:
    user = found.user
    return AccessForm(
        data,
        roles=selectors.roles_to_give(actor),
        stores=selectors.stores_to_give(actor, user.stores),
        everywhere=actor.stores is None,
        initial=AccessForm.shown(user.roles, user.stores, user.version or 0),
    )


def _both(request: HttpRequest, form: AccessForm, current: User) -> HttpResponse:
    """What was ticked, to be saved over the version that is stored now, and what that one says."""
    actor = actor_of(request)
    found = selectors.find_person(actor, user_id=current.user_id)
    user = found.user
    again = _access_form(actor, found)
    ticked = (form.cleaned_data["roles"], form.chosen_stores)
    again.initial = AccessForm.shown(*ticked, user.version or 0)
    names = names_of(found.custom_roles)
    stored = {
        "roles": [names[role] for role in user.roles if role in names],
        "stores": selectors.store_names(actor, user),
        "everywhere": user.stores is None,
    }
    return _access_page(request, found, again, CHANGED, stored)


def _access_page(
    request: HttpRequest,
    found: Membership,
    form: AccessForm,
    status: int = 200,
    stored: dict[str, object] | None = None,
) -> HttpResponse:
    is_self = found.user.user_id == actor_of(request).user_id
    context = {"person": found.user, "form": form, "stored": stored, "is_self": is_self}
    return render(request, "accounts/person_access.html", context, status=status)


def _history(request: HttpRequest, actor: Actor, user: User) -> dict[str, object]:
    cursor = request.GET.get("cursor") or None
    page = selectors.person_history(actor, user, cursor)
    own = any("ROLE-" in str(entry.changes.get("roles", "")) for entry in page.items)
    names = role_names(actor.org_id) if own else names_of()
    return {
        "events": [event_of(entry, names) for entry in page.items],
        **page_links(request, page.next_cursor),
    }


def _say(request: HttpRequest, text: str, user: User) -> None:
    messages.success(request, text % {"name": user.name})
