"""The pages of one's own organisation: its settings and its people."""

from __future__ import annotations

import unicodedata

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import directory, organisations
from accounts.access import login_required
from accounts.entities import Actor, Organisation, User
from accounts.errors import InvalidEmail, OrganisationChanged, UserNotFound
from accounts.organisation_forms import OrganisationForm
from accounts.organisation_history import event_of
from accounts.paging import page_links
from accounts.removal.services import DELETE_ORGANISATION
from accounts.roles.selectors import role_names
from accounts.selectors import actor_of
from storage.domain import Invalid

INVALID = 422
CHANGED = 409


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if request.method != "POST":
        organisation = _own(actor)
        initial = {"name": organisation.name, "version": organisation.version}
        return _settings_page(request, organisation, OrganisationForm(initial=initial))
    actor.require(organisations.CHANGE_ORGANISATION, actor.org_id)
    form = OrganisationForm(request.POST)
    if form.is_valid():
        try:
            changed = organisations.rename_organisation(
                actor=actor, name=form.cleaned_data["name"], version=form.cleaned_data["version"]
            )
        except OrganisationChanged as race:
            return _conflict(request, form.cleaned_data["name"], race.current)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": changed.name})
            return redirect("organisation:settings")
    return _settings_page(request, _own(actor), form, status=INVALID)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """A form looks for an address, which then is in no address of a page."""
    actor = actor_of(request)
    if request.method == "POST" and (address := request.POST.get("email", "").strip()):
        return _with_address(request, actor, address)
    cursor = request.GET.get("cursor") or None
    page = directory.list_users(actor, org_id=actor.org_id, cursor=cursor)
    context = {
        # The store has them by id. In order as far as one can see: whoever fits on a page.
        "people": sorted(page.items, key=_name_key),
        "role_names": role_names(actor.org_id, page.items),
        "own_id": actor.user_id,
        "shows_last_login": directory.sees_last_login(actor),
        "address": "",
        "is_part": bool(cursor or page.next_cursor),
        **page_links(request, page.next_cursor),
    }
    return render(request, "accounts/people.html", context)


def _with_address(request: HttpRequest, actor: Actor, address: str) -> HttpResponse:
    try:
        user = directory.find_user_by_email(actor, email=address)
    except (UserNotFound, InvalidEmail):
        context = {"people": (), "address": address}
        return render(request, "accounts/people.html", context, status=INVALID)
    return redirect("organisation:person", user_id=user.user_id)


def _name_key(user: User) -> tuple[str, str]:
    """Decomposed, so that É comes after E and not after Z."""
    return unicodedata.normalize("NFKD", user.name).casefold(), user.email_key


def _own(actor: Actor) -> Organisation:
    return directory.find_organisation(actor, org_id=actor.org_id, consistent=True)


def _settings_page(
    request: HttpRequest, organisation: Organisation, form: OrganisationForm, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    history = directory.organisation_history(actor, organisation, cursor)
    context = {
        "organisation": organisation,
        "form": form,
        "may_change": actor.may(organisations.CHANGE_ORGANISATION, organisation.org_id),
        "may_delete": actor.may(DELETE_ORGANISATION, organisation.org_id),
        "events": [event_of(entry) for entry in history.items],
        **page_links(request, history.next_cursor),
    }
    return render(request, "accounts/organisation.html", context, status=status)


def _conflict(request: HttpRequest, mine: str, stored: Organisation) -> HttpResponse:
    context = {"mine": mine, "organisation": stored}
    return render(request, "accounts/organisation_conflict.html", context, status=CHANGED)
