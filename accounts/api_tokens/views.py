"""The pages of API tokens: one's own, and everybody's of the organisation."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import login_required
from accounts.api_tokens import selectors, services
from accounts.api_tokens.errors import TokenMade, TooManyTokens
from accounts.api_tokens.forms import ApiTokenForm
from accounts.models import AuthUser
from accounts.paging import page_links
from accounts.refused_forms import as_refused
from accounts.selectors import actor_of
from storage.domain import DomainError, Invalid


@login_required
@never_cache
@require_safe
def own_tokens(request: HttpRequest) -> HttpResponse:
    actor, account = actor_of(request), cast(AuthUser, request.user).account
    tokens = selectors.list_own_tokens(actor=actor)
    context = {
        "tokens": tokens,
        "labels": selectors.scope_labels(tokens),
        "held": actor.permissions,
        "ended": {token.token_id for token in tokens if token.has_ended_with(account)},
        "may_add": actor.may(services.ADD_TOKEN, actor.org_id),
    }
    return render(request, "accounts/tokens.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request: HttpRequest) -> HttpResponse:
    """What was made is in the answer to the form, and nowhere else: a redirect would have to carry
    or store it. Sending the form again, as reloading does, makes no second token."""
    actor = actor_of(request)
    actor.require(services.ADD_TOKEN, actor.org_id)
    groups = selectors.scope_groups(actor)
    if request.method != "POST":
        return _form_page(request, ApiTokenForm(groups), groups)
    form = ApiTokenForm(groups, request.POST)
    error: DomainError | None = None
    if form.is_valid():
        try:
            token, text = services.make_token(
                actor=actor,
                owner=cast(AuthUser, request.user).account,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(),
                token_id=form.cleaned_data["token_id"],
            )
        except (Invalid, TooManyTokens) as refusal:
            form.refuse(refusal)
            error = refusal
        except TokenMade as refusal:
            messages.warning(request, str(refusal))
            return redirect("accounts:tokens")
        else:
            context = {"token": token, "text": text}
            return render(request, "accounts/token_made.html", context)
    return as_refused(_form_page(request, form, groups), error)


@login_required
@require_POST
def revoke_own_token(request: HttpRequest, token_id: str) -> HttpResponse:
    """Somebody else's, and one that was revoked already, are not found."""
    token = services.revoke_own_token(actor=actor_of(request), token_id=token_id)
    messages.success(request, _revoked(token.name))
    return redirect("accounts:tokens")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_own_tokens(request: HttpRequest) -> HttpResponse:
    """The question, and its answer."""
    actor = actor_of(request)
    if request.method != "POST":
        there = len(selectors.list_own_tokens(actor=actor))
        if not there:
            return redirect("accounts:tokens")
        return render(request, "accounts/tokens_revoke.html", {"count": there})
    count = services.revoke_own_tokens(actor=actor)
    messages.success(
        request,
        ngettext("%(count)d API token is revoked.", "%(count)d API tokens are revoked.", count)
        % {"count": count},
    )
    return redirect("accounts:tokens")


@login_required
@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    page = selectors.list_tokens(actor, cursor=cursor)
    context = {
        # The store has them by id; the latest ones of a page first.
        "rows": sorted(page.items, key=lambda row: row.token.created_at, reverse=True),
        "labels": selectors.scope_labels(row.token for row in page.items),
        "may_revoke": actor.may(services.DELETE_TOKEN, actor.org_id),
        **page_links(request, page.next_cursor),
    }
    return render(request, "accounts/token_list.html", context)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: str) -> HttpResponse:
    token = services.revoke_token(actor=actor_of(request), token_id=token_id)
    messages.success(request, _revoked(token.name))
    return redirect("organisation:tokens")


def _revoked(name: str) -> str:
    return _("“%(name)s” is revoked. What used it is refused from now on.") % {"name": name}


def _form_page(
    request: HttpRequest,
    form: ApiTokenForm,
    groups: list[selectors.ScopeGroup],
) -> HttpResponse:
    context = {
        "form": form,
        "groups": groups,
        "chosen": set(form["scopes"].value() or ()),
    }
    return render(request, "accounts/token_new.html", context)
