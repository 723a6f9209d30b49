"""The pages of what an organisation knows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import login_required
from accounts.conditional import sent_once
from accounts.entities import Actor
from accounts.selectors import actor_of
from accounts.stores.entities import Store
from accounts.stores.naming import all_stores, find_stores
from accounts.stores.selectors import told_apart
from storage.domain import Invalid
from storage.pages import Page
from supervisor.entities import Request
from supervisor.knowledge import selectors, services
from supervisor.knowledge.article_history import event_of, stores_in
from supervisor.knowledge.entities import Article, Origin
from supervisor.knowledge.errors import AlreadyKept, ArticleChanged, ArticleDeleted
from supervisor.knowledge.forms import (
    REMOVED_STORE,
    WHOLE_ORGANISATION,
    ArticleForm,
    NewArticleForm,
    initial_of,
    said_place,
)
from supervisor.knowledge.rules import LONGEST_TITLE
from supervisor.selectors import VIEW as VIEW_REQUEST
from supervisor.selectors import find_request

INVALID = 422
CHANGED = 409


@login_required
@never_cache
@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    """Newest first; with `?q=` those that match best. `?state=deleted` for who may restore."""
    actor = actor_of(request)
    text, store_id = request.GET.get("q", "").strip(), request.GET.get("store", "")
    deleted = request.GET.get("state") == "deleted"
    cursor = request.GET.get("cursor") or None
    if text and not deleted:
        page = Page(selectors.search_articles(actor, text, store_id=store_id))
    else:
        page = selectors.list_articles(actor, store_id=store_id, deleted=deleted, cursor=cursor)
    said = {"state": "deleted" if deleted else "", "store": store_id}
    following = page.next_cursor
    stores = all_stores(actor)
    context = {
        "articles": page.items,
        "places": _places(actor, page.items, stores),
        "query": text,
        "longest_query": LONGEST_TITLE,
        "deleted": deleted,
        "stores": stores,
        "store_id": store_id,
        "may_add": actor.may(selectors.CHANGE, actor.org_id),
        "may_restore": actor.may(selectors.DELETE, actor.org_id),
        "first_url": _address(said) if cursor else None,
        "next_url": _address({**said, "cursor": following}) if following else None,
    }
    return render(request, "supervisor/articles.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def article_new(request: HttpRequest) -> HttpResponse:
    """Empty, or filled from the answer to `?request=` in `?store=`."""
    actor = actor_of(request)
    actor.require(selectors.CHANGE, actor.org_id)
    stores = _choices(actor, all_stores(actor))
    if request.method == "POST":
        form = NewArticleForm(request.POST, stores=stores)
        answered = _answered(actor, form.kept_from)
        return _written(request, actor, form, answered)
    origin = Origin(request.GET.get("store", ""), request.GET.get("request", ""))
    answered = _answered(actor, origin)
    kept = selectors.kept_article(actor, answered.id) if answered else None
    if kept is not None:
        messages.info(request, str(AlreadyKept.message))
        return redirect("supervisor:article", kept.article_id)
    form = NewArticleForm(stores=stores, initial=_initial(answered))
    return _new_page(request, form, answered)


def _written(
    request: HttpRequest, actor: Actor, form: NewArticleForm, answered: Request | None
) -> HttpResponse:
    """On to the article, or the form with what is wrong."""
    if not form.is_valid():
        return _new_page(request, form, answered, status=INVALID)
    raw, origin = form.raw(), form.kept_from
    once = sent_once(actor, form.cleaned_data["token"], raw, operation="article_new")
    try:
        made = services.create_article(actor=actor, raw=raw, kept_from=origin, idempotency=once)
    except AlreadyKept as refusal:
        return _new_page(request, form, answered, status=CHANGED, kept=refusal.current)
    except Invalid as refusal:
        form.refuse(refusal)
        return _new_page(request, form, answered, status=INVALID)
    title = made.article.content.title
    messages.success(request, _("“%(name)s” was saved.") % {"name": title})
    return redirect("supervisor:article", made.article.id)


def _new_page(
    request: HttpRequest,
    form: NewArticleForm,
    answered: Request | None,
    *,
    status: int = 200,
    kept: Article | None = None,
) -> HttpResponse:
    context = {"form": form, "answered": answered, "kept": kept}
    return render(request, "supervisor/articles_new.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def article(request: HttpRequest, article_id: str) -> HttpResponse:
    """To read, and to correct."""
    actor = actor_of(request)
    stored = selectors.find_article(actor, article_id=article_id)
    if request.method != "POST":
        return _article_page(request, actor, stored, None)
    services.require_may_change(actor, stored)
    form = ArticleForm(request.POST, stores=_choices(actor, all_stores(actor), stored))
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            changed = services.change_article(
                actor=actor, article_id=article_id, raw=form.raw(), version=version
            )
        except ArticleChanged as race:
            if race.current.deleted_at is not None:
                raise ArticleDeleted(race.current) from race
            return _both(request, actor, form, race.current)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": changed.content.title})
            return redirect("supervisor:article", article_id)
    if stored.deleted_at is not None:
        raise ArticleDeleted(stored)
    return _article_page(request, actor, stored, form, status=INVALID)


@login_required
@require_POST
def article_delete(request: HttpRequest, article_id: str) -> HttpResponse:
    deleted = services.delete_article(
        actor=actor_of(request), article_id=article_id, version=_version(request)
    )
    name = deleted.content.title
    messages.success(request, _("“%(name)s” is deleted. It can be restored.") % {"name": name})
    return redirect("supervisor:article", article_id)


@login_required
@require_POST
def article_restore(request: HttpRequest, article_id: str) -> HttpResponse:
    restored = services.restore_article(
        actor=actor_of(request), article_id=article_id, version=_version(request)
    )
    messages.success(request, _("“%(name)s” is restored.") % {"name": restored.content.title})
    return redirect("supervisor:article", article_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def article_destroy(request: HttpRequest, article_id: str) -> HttpResponse:
    """The last question, and its answer."""
    actor = actor_of(request)
    stored = services.to_destroy(actor, article_id)
    if request.method != "POST":
        return render(request, "supervisor/articles_destroy.html", {"article": stored})
    services.destroy_article(actor=actor, article_id=article_id, version=_version(request))
    name = stored.content.title
    messages.success(request, _("“%(name)s” is removed for good.") % {"name": name})
    return redirect("supervisor:articles")


def _both(request: HttpRequest, actor: Actor, form: ArticleForm, stored: Article) -> HttpResponse:
    """What was typed, to be saved over the version that is stored now, and what that one says."""
    typed = {name: form[name].value() for name in form.fields}
    stores = _choices(actor, all_stores(actor), stored)
    again = ArticleForm(initial={**typed, "version": stored.version}, stores=stores)
    elsewhere = form.differing(stored.content)
    return _article_page(
        request, actor, stored, again, status=CHANGED, changed=True, elsewhere=elsewhere
    )


def _article_page(
    request: HttpRequest,
    actor: Actor,
    stored: Article,
    form: ArticleForm | None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """`form` is one that comes back; without one, who may change the article gets a fresh one."""
    store_id = stored.content.store_id
    deleted = stored.deleted_at is not None
    may_change = not deleted and services.may_write(actor, selectors.CHANGE, store_id)
    stores = all_stores(actor) if may_change else ()
    if form is None and may_change:
        form = ArticleForm(initial=initial_of(stored), stores=_choices(actor, stores, stored))
        more["is_open"] = False
    cursor = request.GET.get("cursor") or None
    history = selectors.article_history(actor, stored, cursor)
    following = history.next_cursor
    origin = stored.kept_from
    asked_in = {origin.store_id} if origin else set()
    names = _names(actor, {store_id, *asked_in, *stores_in(history.items)}, stores)
    context = {
        "article": stored,
        "store_name": said_place(store_id, names),
        "asked": origin
        if origin and origin.store_id in names and actor.may(VIEW_REQUEST, actor.org_id)
        else None,
        "form": form,
        "is_open": form is not None,
        "may_delete": services.may_write(actor, selectors.DELETE, store_id),
        "events": [event_of(entry, names) for entry in history.items],
        "first_url": request.path if cursor else None,
        "next_url": f"{request.path}?{urlencode({'cursor': following})}" if following else None,
        "changed": False,
        "elsewhere": [],
        **more,
    }
    return render(request, "supervisor/articles_one.html", context, status=status)


def _answered(actor: Actor, origin: Origin | None) -> Request | None:
    """Raises RequestNotFound."""
    if origin is None or not (origin.store_id and origin.request_id):
        return None
    return find_request(actor, store_id=origin.store_id, request_id=origin.request_id)


def _initial(answered: Request | None) -> dict[str, Any]:
    """Title, text, tags and store as the request has them."""
    empty = {"version": 0, "token": secrets.token_urlsafe(16)}
    if answered is None:
        return empty
    return {
        **empty,
        "title": answered.question.header,
        "text": answered.answer.text if answered.answer else "",
        "tags": ", ".join(sorted(answered.question.tags)),
        "store_id": answered.store_id,
        "kept_store": answered.store_id,
        "kept_request": answered.id,
    }


def _choices(
    actor: Actor, stores: Sequence[Store], stored: Article | None = None
) -> list[tuple[str, Any]]:
    """Who is bound to some stores writes for those. An article stays where it is, whether or not
    its store is still in use."""
    names = told_apart(stores)
    if stored is not None and stored.content.store_id not in ("", *names):
        there = stored.content.store_id
        names |= {there: str(REMOVED_STORE)} | _names(actor, {there}, stores)
    choices: list[tuple[str, Any]] = list(names.items())
    return choices if actor.stores is not None else [("", WHOLE_ORGANISATION), *choices]


def _places(actor: Actor, articles: Iterable[Article], known: Sequence[Store]) -> dict[str, object]:
    """Whom these articles are for, by the id of the store."""
    store_ids = {one.content.store_id for one in articles}
    names = _names(actor, store_ids, known)
    return {store_id: said_place(store_id, names) for store_id in store_ids}


def _names(actor: Actor, store_ids: set[str], known: Sequence[Store]) -> dict[str, str]:
    """Of these stores; those that are not `known`, as deleted ones, are read."""
    missing = store_ids - {store.store_id for store in known} - {""}
    found = find_stores(actor, store_ids=sorted(missing)) if missing else {}
    return told_apart([*known, *found.values()])


def _address(said: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in said.items() if value})
    return reverse("supervisor:articles") + (f"?{query}" if query else "")


def _version(request: HttpRequest) -> int:
    """That of the page where the button was pressed; none is current without one."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else -1
