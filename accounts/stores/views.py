"""The pages of an organisation's stores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import login_required
from accounts.entities import Actor
from accounts.models import AuthUser
from accounts.paging import page_links
from accounts.profile import time_zones
from accounts.selectors import actor_of
from accounts.stores import selectors, services
from accounts.stores.entities import State, Store
from accounts.stores.errors import NumberTaken, StoreChanged, StoreDeleted
from accounts.stores.forms import StoreForm, facts_of
from accounts.stores.opening_state import opening_state
from accounts.stores.store_history import event_of
from accounts.stores.time_zones import time_zone_of
from storage.domain import Invalid

INVALID = 422
CHANGED = 409


@login_required
@never_cache
@require_safe
def store_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    asked = request.GET.get("state", "")
    state = State(asked) if asked in [*State] else State.ACTIVE
    cursor = request.GET.get("cursor") or None
    page = selectors.list_stores(actor, state=state, cursor=cursor)
    now = datetime.now(UTC)
    context = {
        "rows": [(store, opening_state(store, now)) for store in page.items],
        "state": state.value,
        "tabs": [(name, _list_address(each), each is state) for name, each in _states(actor)],
        "may_add": services.may_add(actor),
        "first_url": _list_address(state) if cursor else None,
        "next_url": _list_address(state, page.next_cursor) if page.next_cursor else None,
    }
    return render(request, "accounts/stores.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def store_new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    services.require_may_add(actor)
    if request.method != "POST":
        account = cast(AuthUser, request.user).account
        place = {"time_zone": account.time_zone} if account.time_zone else _place_of_another(actor)
        return _form_page(request, StoreForm(initial={"version": 0, "active": True, **place}))
    form = StoreForm(request.POST)
    if form.is_valid():
        try:
            created = services.create_store(actor=actor, said=form.said())
        except (Invalid, NumberTaken) as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": created.store.name})
            return redirect("organisation:store", store_id=created.store.store_id)
    return _form_page(request, form, status=INVALID)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def store_edit(request: HttpRequest, store_id: str) -> HttpResponse:
    actor = actor_of(request)
    store = selectors.find_store(actor, store_id=store_id)
    if request.method != "POST":
        return _store_page(request, store, StoreForm.of(store))
    actor.require(services.CHANGE_STORE, store.org_id, store_id)
    form = StoreForm(request.POST)
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            changed = services.change_store(
                actor=actor, store_id=store_id, said=form.said(), version=version
            )
        except StoreChanged as race:
            if race.current.deleted_at is not None:
                raise StoreDeleted from race
            return _both(request, form, race.current)
        except (Invalid, NumberTaken) as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": changed.name})
            return redirect("organisation:store", store_id=store_id)
    if store.deleted_at is not None:
        raise StoreDeleted
    return _store_page(request, store, form, status=INVALID)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def store_delete(request: HttpRequest, store_id: str) -> HttpResponse:
    """The question, and its answer."""
    actor = actor_of(request)
    if request.method != "POST":
        found = selectors.find_store(actor, store_id=store_id)
        actor.require(services.DELETE_STORE, found.org_id, store_id)
        if found.deleted_at is not None:
            raise StoreDeleted
        return render(request, "accounts/store_delete.html", {"store": found})
    store = services.delete_store(actor=actor, store_id=store_id, version=_version(request))
    messages.success(
        request, _("“%(name)s” is deleted. It can be restored.") % {"name": store.name}
    )
    return redirect("organisation:store", store_id=store_id)


@login_required
@require_POST
def store_restore(request: HttpRequest, store_id: str) -> HttpResponse:
    store = services.restore_store(
        actor=actor_of(request), store_id=store_id, version=_version(request)
    )
    messages.success(request, _("“%(name)s” is restored.") % {"name": store.name})
    return redirect("organisation:store", store_id=store_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def store_destroy(request: HttpRequest, store_id: str) -> HttpResponse:
    """The last question, and its answer."""
    actor = actor_of(request)
    store = selectors.find_store(actor, store_id=store_id)
    actor.require(services.DELETE_STORE, store.org_id, store_id)
    actor.require_confirmation()
    if request.method != "POST":
        context = {"store": store, "under_way": services.under_way(store)}
        return render(request, "accounts/store_destroy.html", context)
    services.destroy_store(actor=actor, store_id=store_id, version=_version(request))
    messages.success(request, _("“%(name)s” is removed for good.") % {"name": store.name})
    return redirect("organisation:stores")


def _states(actor: Actor) -> list[tuple[str, State]]:
    states = [(_("In use"), State.ACTIVE), (_("Not in use"), State.INACTIVE)]
    if actor.may(services.DELETE_STORE, actor.org_id):
        states.append((pgettext("list", "Deleted"), State.DELETED))
    return states


def _place_of_another(actor: Actor) -> dict[str, str]:
    """Where a new store probably is: in the country of one that is there."""
    may_see = actor.may(selectors.VIEW_STORE, actor.org_id)
    store = next(iter(selectors.all_stores(actor, most=1)), None) if may_see else None
    if store is None:
        return {}
    country = store.address.country
    told = time_zone_of(country, "")
    return {"country": country, "time_zone": "" if told else store.time_zone}


def _list_address(state: State, cursor: str | None = None) -> str:
    said = {"state": "" if state is State.ACTIVE else state.value, "cursor": cursor}
    query = urlencode({name: value for name, value in said.items() if value})
    return reverse("organisation:stores") + (f"?{query}" if query else "")


def _version(request: HttpRequest) -> int:
    """That of the page where the button was pressed; none is current without one."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else -1


def _both(request: HttpRequest, form: StoreForm, stored: Store) -> HttpResponse:
    """What was typed, to be saved over the version that is stored now, and what that one says."""
    again = StoreForm(initial={**_typed(form), "version": stored.version})
    return _store_page(
        request, stored, again, status=CHANGED, changed=True, elsewhere=form.differing(stored)
    )


def _typed(form: StoreForm) -> dict[str, Any]:
    return {name: form[name].value() for name in form.fields}


def _store_page(
    request: HttpRequest, store: Store, form: StoreForm, status: int = 200, **more: Any
) -> HttpResponse:
    actor = actor_of(request)
    cursor = request.GET.get("cursor") or None
    history = selectors.store_history(actor, store, cursor)
    deleted = store.deleted_at is not None
    may_change = not deleted and actor.may(services.CHANGE_STORE, store.org_id, store.store_id)
    may_delete = actor.may(services.DELETE_STORE, store.org_id, store.store_id)
    context = {
        "store": store,
        "opening": opening_state(store, datetime.now(UTC)),
        "facts": facts_of(store),
        "may_change": may_change,
        "may_delete": may_delete,
        "under_way": services.under_way(store) if may_change or may_delete else [],
        "events": [event_of(entry) for entry in history.items],
        **page_links(request, history.next_cursor),
        **more,
    }
    return _form_page(request, form, status=status, **context)


def _form_page(
    request: HttpRequest, form: StoreForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "store": None,
        "changed": False,
        "elsewhere": [],
        "may_change": True,
        **more,
        "form": form,
        "time_zones": time_zones(),
    }
    return render(request, "accounts/store.html", context, status=status)
