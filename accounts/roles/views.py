"""The pages of an organisation's roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import login_required
from accounts.entities import Actor
from accounts.permissions import CustomRole, Permission, Role, declared
from accounts.refused_forms import INVALID, as_refused
from accounts.roles import selectors, services
from accounts.roles.errors import MoreThanOwn, RoleChanged, RoleNameTaken, TooManyRoles
from accounts.roles.forms import RoleForm
from accounts.selectors import actor_of
from storage.domain import Conflict, Forbidden, Invalid

CHANGED = 409


@login_required
@never_cache
@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    found = selectors.all_roles(actor)
    context = {
        "own_roles": found.present,
        "deleted_roles": found.deleted,
        "role_names": selectors.names_of(found.present),
        "groups": [
            (name, [(one.label, _holders(one, found.present)) for one in permissions])
            for name, permissions in selectors.permission_groups()
        ],
    }
    return render(request, "accounts/roles.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def role_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    actor.require(services.ADD_ROLE, actor.org_id)
    offered = selectors.may_give(actor)
    if request.method != "POST":
        return _form_page(request, RoleForm(offered=offered))
    form = RoleForm(request.POST, offered=offered)
    if form.is_valid():
        try:
            role = services.add_role(
                actor=actor,
                name=form.cleaned_data["name"],
                description=form.cleaned_data["description"],
                permissions=form.chosen,
            )
        except (Invalid, RoleNameTaken, TooManyRoles, MoreThanOwn) as refusal:
            return _refused(request, form, refusal)
        messages.success(request, _("The role “%(name)s” was made.") % {"name": role.name})
        return redirect("organisation:roles")
    return _form_page(request, form, status=INVALID)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def role_change(request: HttpRequest, role_id: str) -> HttpResponse:
    actor = actor_of(request)
    role = selectors.find_role(actor, role_id)
    actor.require(services.CHANGE_ROLE, actor.org_id)
    offered = selectors.may_give(actor)
    if request.method != "POST":
        return _form_page(request, RoleForm.of(role, offered), role)
    form = RoleForm(request.POST, offered=offered, stored=role)
    if not form.is_valid():
        return _form_page(request, form, role, status=INVALID)
    try:
        changed = services.change_role(
            actor=actor,
            role_id=role_id,
            version=form.cleaned_data["version"] or 0,
            name=form.cleaned_data["name"],
            description=form.cleaned_data["description"],
            permissions=form.chosen,
        )
    except RoleChanged as race:
        return _conflict(request, actor, form, race.current)
    except (Invalid, RoleNameTaken, MoreThanOwn) as refusal:
        return _refused(request, form, refusal, role)
    messages.success(request, _("The role “%(name)s” was saved.") % {"name": changed.name})
    return redirect("organisation:roles")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def role_delete(request: HttpRequest, role_id: str) -> HttpResponse:
    actor = actor_of(request)
    role = selectors.find_role(actor, role_id)
    actor.require(selectors.DELETE_ROLE, actor.org_id)
    if request.method != "POST":
        context = {"role": role, "holders": selectors.holders_of(actor, role)}
        return render(request, "accounts/role_delete.html", context)
    try:
        services.delete_role(actor=actor, role_id=role_id, version=_version(request))
    except RoleChanged as race:
        messages.warning(request, str(race))
        return redirect("organisation:role-delete", role_id)
    messages.success(request, _("The role “%(name)s” was deleted.") % {"name": role.name})
    return redirect("organisation:roles")


@login_required
@require_POST
def role_restore(request: HttpRequest, role_id: str) -> HttpResponse:
    try:
        role = services.restore_role(actor=actor_of(request), role_id=role_id)
    except (RoleNameTaken, TooManyRoles, RoleChanged) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The role “%(name)s” is back.") % {"name": role.name})
    return redirect("organisation:roles")


def _holders(permission: Permission, own: tuple[CustomRole, ...]) -> set[str]:
    return {
        *(role.value for role in Role if role.grants(permission.code)),
        *(role.role_id for role in own if permission.code in role.permissions),
    }


def _conflict(
    request: HttpRequest, actor: Actor, form: RoleForm, current: CustomRole
) -> HttpResponse:
    """What was ticked and typed, to be saved over the version that is stored now, and what that
    one says."""
    mine = {**form.cleaned_data, "version": current.version, "permissions": sorted(form.chosen)}
    again = RoleForm(initial=mine, offered=selectors.may_give(actor), stored=current)
    elsewhere = [
        (again[name].label, getattr(current, name))
        for name in ("name", "description")
        if getattr(current, name) != mine[name]
    ]
    differing = current.permissions ^ form.chosen
    ticked = [one.label for one in declared() if one.code in differing & current.permissions]
    empty = [one.label for one in declared() if one.code in differing - current.permissions]
    more = {"changed": True, "elsewhere": elsewhere, "ticked": ticked, "empty": empty}
    return _form_page(request, again, current, status=CHANGED, **more)


def _refused(
    request: HttpRequest,
    form: RoleForm,
    refusal: Invalid | Conflict | Forbidden,
    role: CustomRole | None = None,
) -> HttpResponse:
    form.refuse(refusal)
    return as_refused(_form_page(request, form, role), refusal)


def _form_page(
    request: HttpRequest,
    form: RoleForm,
    role: CustomRole | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"changed": False, "elsewhere": [], "ticked": [], "empty": []}
    context |= {**more, "form": form, "role": role}
    return render(request, "accounts/role_form.html", context, status=status)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
