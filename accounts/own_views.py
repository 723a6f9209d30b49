"""What people see and change of their own account: profile and sessions."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import own_sessions
from accounts.access import login_required
from accounts.entities import User
from accounts.errors import ProfileChanged
from accounts.forms import ProfileForm, shown_choice
from accounts.models import AuthUser
from accounts.profile import Profile, change_profile, time_zones
from accounts.sessions import SessionStore
from storage.domain import Invalid

INVALID = 422
CHANGED = 409


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = _own_account(request)
    if request.method != "POST":
        return _profile_page(request, ProfileForm.of(user))
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, form, status=INVALID)
    said = dict(form.cleaned_data)
    try:
        changed = change_profile(user=user, version=said.pop("version"), said=said)
    except Invalid as error:
        form.refuse(error)
        return _profile_page(request, form, status=INVALID)
    except ProfileChanged as lost:
        return _both(request, said, lost.current)
    with translation.override(changed.language or translation.get_language()):
        messages.success(request, _("Your profile is saved."))
    return redirect("accounts:account")


@login_required
@never_cache
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    context = {
        "sessions": own_sessions.list_own_sessions(user=_own_account(request)),
        "current_id": _current_id(request),
    }
    return render(request, "accounts/sessions.html", context)


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Somebody else's, and one that has ended already, are not found."""
    own_sessions.end_session(user=_own_account(request), session_id=session_id)
    if session_id == _current_id(request):
        return redirect("accounts:login")
    messages.success(request, _("That session is ended. Whoever used it has to log in again."))
    return redirect("accounts:sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    current = _current_id(request)
    count = own_sessions.end_other_sessions(user=_own_account(request), current_id=current)
    messages.success(
        request,
        ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", count)
        % {"count": count},
    )
    return redirect("accounts:sessions")


def _both(request: HttpRequest, mine: dict[str, str], current: User) -> HttpResponse:
    """What was typed, to be saved over the version that is stored now, and what that one says."""
    form = ProfileForm(initial={**mine, "version": current.version})
    stored = Profile.of(current)
    elsewhere = [
        (form[name].label, shown_choice(name, getattr(stored, name)))
        for name in mine
        if getattr(stored, name) != mine[name]
    ]
    return _profile_page(request, form, status=CHANGED, changed=True, elsewhere=elsewhere)


def _profile_page(
    request: HttpRequest, form: ProfileForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"changed": False, "elsewhere": [], **more, "form": form, "time_zones": time_zones()}
    return render(request, "accounts/profile.html", context, status=status)


def _current_id(request: HttpRequest) -> str:
    """Empty for a session from before sessions had ids."""
    login = cast(SessionStore, request.session).login
    return "" if login is None else login.id


def _own_account(request: HttpRequest) -> User:
    return cast(AuthUser, request.user).account
