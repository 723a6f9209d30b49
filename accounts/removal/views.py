"""The pages on which an organisation is deleted, and brought back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout as end_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import directory, mail
from accounts.access import login_required
from accounts.entities import Actor, Organisation, User
from accounts.models import AuthUser
from accounts.removal import links, selectors, services
from accounts.removal.entities import Task
from accounts.removal.errors import BeingDestroyed, InvalidRestoreLink
from accounts.removal.forms import DeletionForm
from accounts.removal.runner import Outcome
from accounts.selectors import actor_of
from storage.domain import Invalid

NOT_FOUND = 404
INVALID = 422


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Leads to the page behind the link that the owners get, so that a slip is undone at once."""
    actor = actor_of(request)
    actor.require(services.DELETE_ORGANISATION, actor.org_id)
    actor.require_confirmation()
    if request.method != "POST":
        return _delete_page(request, actor, DeletionForm())
    form = DeletionForm(request.POST)
    if form.is_valid():
        try:
            organisation = services.delete_organisation(
                actor=actor,
                name=form.cleaned_data["name"],
                site=mail.absolute(request, "/"),
            )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            services.work_on(organisation.org_id)
            response = redirect(_way_back(request, organisation))
            end_session(request)
            return response
    return _delete_page(request, actor, form, status=INVALID)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, token: str) -> HttpResponse:
    """Nobody who could log in has this link alone: it is mailed to owners of what is deleted."""
    try:
        link = links.open_restore_link(token)
        task = selectors.task_of(link.organisation.org_id)
        if task is Task.DESTROY:
            raise BeingDestroyed
        if request.method == "POST":
            services.restore_with_link(token=token)
            if services.work_on(link.organisation.org_id) is Outcome.DONE:
                text = _("“%(name)s” is back, as it was. Log in.")
                messages.success(request, text % {"name": link.organisation.name})
                return redirect("accounts:login")
            return redirect(links.path_of(token))
    except (InvalidRestoreLink, BeingDestroyed):
        return render(request, "accounts/restore_invalid.html", status=NOT_FOUND)
    context = {
        "link": link,
        "under_way": task is Task.RESTORE,
    }
    return render(request, "accounts/restore_organisation.html", context)


def _delete_page(
    request: HttpRequest, actor: Actor, form: DeletionForm, status: int = 200
) -> HttpResponse:
    organisation = directory.find_organisation(actor, org_id=actor.org_id, consistent=True)
    context = {"organisation": organisation, "form": form, "days": links.days()}
    return render(request, "accounts/delete_organisation.html", context, status=status)


def _way_back(request: HttpRequest, organisation: Organisation) -> str:
    """Only owners have one; those with a role of their own leave the undoing to them."""
    user = _own_account(request)
    if not user.is_owner:
        return reverse("accounts:login")
    return links.path_of(links.issue_restore_link(organisation, user).token)


def _own_account(request: HttpRequest) -> User:
    assert isinstance(request.user, AuthUser)
    return request.user.account
