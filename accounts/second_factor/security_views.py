"""What keeps one's account safe, and what became of it."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import login_required
from accounts.models import AuthUser
from accounts.paging import page_links
from accounts.second_factor.requirement import is_required
from accounts.second_factor.security_events import list_own_security_events
from accounts.second_factor.services import get_own_second_factor
from accounts.selectors import actor_of


@login_required
@never_cache
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    page = list_own_security_events(actor=actor, cursor=cursor)
    context = {
        "factor": get_own_second_factor(actor=actor),
        "required": is_required(cast(AuthUser, request.user)),
        "events": page.items,
        **page_links(request, page.next_cursor),
    }
    return render(request, "accounts/security/security.html", context)
