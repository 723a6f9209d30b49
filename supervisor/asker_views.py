"""What somebody asked themselves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import login_required
from accounts.selectors import actor_of
from accounts.stores.naming import find_stores
from supervisor import selectors
from supervisor.entities import now_in_milliseconds
from supervisor.presentation import rows_of


@login_required
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    page = selectors.list_own(actor, cursor=cursor)
    stores = find_stores(actor, store_ids=sorted({one.store_id for one in page.items}))
    here = reverse("supervisor:mine")
    goes_on = page.next_cursor
    context = {
        "rows": rows_of(page.items, stores, now_in_milliseconds()),
        "first_url": here if cursor else None,
        "next_url": reverse("supervisor:mine", query={"cursor": goes_on}) if goes_on else None,
    }
    return render(request, "supervisor/mine.html", context)
