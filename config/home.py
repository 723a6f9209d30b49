"""Where staff begin."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import login_required


@login_required
@never_cache
@require_safe
def staff_home(request: HttpRequest) -> HttpResponse:
    """The queue for who answers and leaves the catalogue to others; else the first page that
    whoever asks may see."""
    may = request.user.has_perm
    if may("supervisor.answer_request") and not may("catalog.change_product"):
        return redirect("supervisor:queue")
    if may("catalog.view_product"):
        return redirect("catalog:staff-products")
    return redirect("accounts:account")
