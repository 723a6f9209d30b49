"""The pages of invitations: those of an organisation, and the one that somebody accepts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login as start_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.access import login_required
from accounts.backends import BACKEND
from accounts.client_address import client_address
from accounts.entities import Actor
from accounts.errors import TooManyAttempts
from accounts.models import AuthUser
from accounts.paging import page_links
from accounts.people import invitations, selectors
from accounts.people.errors import AlreadyInvited, AlreadyMember, InvalidInvitation
from accounts.people.forms import AcceptForm, InvitationForm
from accounts.people.invitations import ADD_USER, Sent
from accounts.people.managing import DELETE_USER
from accounts.people.requests import link_to
from accounts.refused_forms import as_refused, page_again
from accounts.roles.selectors import names_of, role_names
from accounts.selectors import actor_of
from storage.domain import Conflict, DomainError, Invalid

NOT_FOUND = 404


@login_required
@never_cache
@require_safe
def invitation_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    page = selectors.list_invitations(actor, cursor=cursor)
    own = any(role.startswith("ROLE-") for each in page.items for role in each.roles)
    context = {
        "invitations": page.items,
        "role_names": role_names(actor.org_id) if own else names_of(),
        **page_links(request, page.next_cursor),
    }
    return render(request, "accounts/invitations.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    actor.require(ADD_USER, actor.org_id)
    if request.method != "POST":
        initial = {"where": "all", "roles": ["viewer"]}
        return _invite_page(request, _form(actor, initial=initial))
    form = _form(actor, request.POST)
    if not form.is_valid():
        return as_refused(_invite_page(request, form), None)
    try:
        sent = invitations.invite_person(
            actor=actor,
            email=form.cleaned_data["email"],
            roles=form.cleaned_data["roles"],
            stores=form.chosen_stores,
            link_to=link_to(request),
        )
    except (Invalid, AlreadyInvited, AlreadyMember, TooManyAttempts) as refusal:
        form.refuse(refusal)
        earlier = refusal.invitation_id if isinstance(refusal, AlreadyInvited) else ""
        deleted = refusal.deleted_id if isinstance(refusal, AlreadyMember) else ""
        if not actor.may(DELETE_USER, actor.org_id):
            deleted = ""
        return as_refused(_invite_page(request, form, earlier, deleted), refusal)
    _say(request, sent)
    return redirect("organisation:invitations")


@login_required
@require_POST
def resend(request: HttpRequest, invitation_id: str) -> HttpResponse:
    sent = invitations.resend_invitation(
        actor=actor_of(request), invitation_id=invitation_id, link_to=link_to(request)
    )
    _say(request, sent)
    return redirect("organisation:invitations")


@login_required
@require_POST
def withdraw(request: HttpRequest, invitation_id: str) -> HttpResponse:
    invitation = invitations.withdraw_invitation(
        actor=actor_of(request), invitation_id=invitation_id
    )
    text = _("The invitation of %(email)s is withdrawn. Its link does not work any more.")
    messages.success(request, text % {"email": invitation.email})
    return redirect("organisation:invitations")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever may be logged in here: the new person is, afterwards."""
    try:
        opened = invitations.open_invitation(token)
        invitation = opened.invitation
        whose = {"email": invitation.email}
        form = AcceptForm(request.POST if request.method == "POST" else None, initial=whose)
        error: DomainError | None = None
        if form.is_valid():
            try:
                user = invitations.accept_invitation(
                    token=token,
                    name=form.cleaned_data["name"],
                    password=form.cleaned_data["password"],
                    client_address=client_address(request),
                )
            except (Invalid, Conflict, TooManyAttempts) as refusal:
                error = refusal
            else:
                services.log_in(user=user, via="session")
                start_session(request, AuthUser.of(user), backend=BACKEND)
                messages.success(request, _("Welcome, %(name)s!") % {"name": user.name})
                return redirect("staff")
    except InvalidInvitation:
        return render(request, "accounts/invitation_invalid.html", status=NOT_FOUND)
    context = {"invitation": invitation, "organisation": opened.organisation}
    if request.method != "POST":
        return render(request, "accounts/invitation.html", {"form": form, **context})
    return page_again(request, "accounts/invitation.html", form, error, **context)


def _form(actor: Actor, data: object = None, **more: object) -> InvitationForm:
    return InvitationForm(
        data,
        roles=selectors.roles_to_give(actor),
        stores=selectors.stores_to_give(actor),
        everywhere=actor.stores is None,
        **more,
    )


def _invite_page(
    request: HttpRequest, form: InvitationForm, invitation_id: str = "", deleted_id: str = ""
) -> HttpResponse:
    context = {"form": form, "invitation_id": invitation_id, "deleted_id": deleted_id}
    return render(request, "accounts/invite.html", context)


def _say(request: HttpRequest, sent: Sent) -> None:
    whom = {"email": sent.invitation.email}
    if sent.by_mail:
        messages.success(request, _("The invitation is on its way to %(email)s.") % whom)
    else:
        text = _(
            "The invitation of %(email)s holds, but the e-mail could not be sent. Send it again."
        )
        messages.warning(request, text % whom)
