"""What staff do with the products of their organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import login_required
from accounts.entities import Actor
from accounts.selectors import actor_of
from catalog import selectors, services
from catalog.addresses import product_path
from catalog.entities import Link, Product, Status
from catalog.errors import ProductChanged, ProductNotFound, SkuTaken
from catalog.forms import (
    CURRENCY_OF_NEW_PRODUCTS,
    STATUS_NAMES,
    ProductForm,
    compare,
    form_values,
)
from catalog.views.listing_address import address_with, shortened, sort_choices, sort_of
from catalog.views.product_changes import change_of
from storage.domain import Invalid

ADD, CHANGE, DELETE, VIEW = (
    f"catalog.{verb}_product" for verb in ("add", "change", "delete", "view")
)
COMMON_CURRENCIES = ("EUR", "USD", "GBP", "CHF", "MXN", "COP", "ARS", "CLP")


@login_required
@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    chosen = _status(request.GET.get("status", ""))
    text = shortened(request.GET.get("q", ""))
    listing = selectors.list_own_products(
        actor,
        text=text,
        statuses=(chosen,) if chosen else tuple(Status),
        sort=sort_of(request),
        cursor=request.GET.get("cursor") or None,
    )
    cursor = listing.next_cursor
    tabs = [(_("All"), address_with(request, status=None, cursor=None), chosen is None)]
    tabs += [
        (str(name), address_with(request, status=status, cursor=None), status is chosen)
        for status, name in STATUS_NAMES.items()
    ]
    context = {
        "listing": listing,
        "text": text,
        "status": chosen or "",
        "tabs": tabs,
        **sort_choices(request),
        "first_url": (address_with(request, cursor=None) if request.GET.get("cursor") else None),
        "next_url": address_with(request, cursor=cursor) if cursor else None,
        **_offered(actor),
    }
    return render(request, "catalog/staff/product_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def product_create(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    actor.require(ADD, actor.org_id)
    if request.method != "POST":
        initial = {"currency": CURRENCY_OF_NEW_PRODUCTS}
        return _form_page(request, ProductForm(initial=initial))
    form = ProductForm(request.POST)
    if form.is_valid():
        try:
            product = services.create_product(actor=actor, raw=form.raw()).product
        except (Invalid, SkuTaken) as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” was created.") % {"name": product.data.name})
            return redirect("catalog:product-edit", product.id)
    return _form_page(request, form, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: HttpRequest, product_id: str) -> HttpResponse:
    actor = actor_of(request)
    form = ProductForm(_with_status(request.POST)) if request.method == "POST" else None
    try:
        product = selectors.find_own_product(actor, product_id, CHANGE)
    except ProductNotFound:
        if form is None:
            raise
        return _gone(request, actor, form)
    if form is None:
        form = ProductForm(initial={**form_values(product.data), "version": product.version})
        return _form_page(request, form, product)
    if form.is_valid() and "review" not in request.POST:
        try:
            saved = services.replace_product(
                actor=actor, product_id=product_id, raw=form.raw(), version=form.version_shown
            )
        except ProductChanged as race:
            return _conflict(request, actor, form, race.current)
        except (Invalid, SkuTaken) as refusal:
            form.add_refusal(refusal)
        else:
            is_moved = saved.data.status is not product.data.status
            text = _("“%(name)s” was saved.") % {"name": saved.data.name}
            messages.success(request, _status_message(saved) if is_moved else text)
            return redirect("catalog:product-edit", product_id)
    return _form_page(request, form, product, status=422 if form.errors else 200)


def _with_status(posted: QueryDict) -> QueryDict:
    """The buttons that publish, archive or take back save the form in that state."""
    status = _status(posted.get("save_as", ""))
    if status is None:
        return posted
    form = posted.copy()
    form["status"] = status
    return form


@login_required
@require_POST
def product_status(request: HttpRequest, product_id: str) -> HttpResponse:
    actor = actor_of(request)
    status = _status(request.POST.get("status", ""))
    if status is None:
        raise Invalid(_("Choose one of: %(choices)s.") % {"choices": ", ".join(Status)})
    try:
        product = services.set_product_status(
            actor=actor, product_id=product_id, status=status, version=_version(request)
        )
    except ProductChanged as race:
        _tell_race(request, race)
        if race.current is None:
            return redirect("catalog:staff-products")
    else:
        messages.success(request, _status_message(product))
    return redirect("catalog:product-edit", product_id)


@login_required
@require_POST
def products_status(request: HttpRequest) -> HttpResponse:
    """Several at once, as ticked in the list, whatever their versions."""
    actor = actor_of(request)
    status = _status(request.POST.get("status", ""))
    chosen = request.POST.getlist("product")[: selectors.LARGEST_PAGE]
    if status is None or not chosen:
        messages.warning(request, _("Tick the products first."))
        return redirect("catalog:staff-products")
    outcome = services.set_status_of_products(actor=actor, product_ids=chosen, status=status)
    if outcome.changed:
        text = ngettext("%(num)d product was changed.", "%(num)d products were changed.",
                        outcome.changed)  # fmt: skip
        messages.success(request, text % {"num": outcome.changed})
    if outcome.unchanged:
        text = ngettext("%(num)d product was like that already.",
                        "%(num)d products were like that already.", outcome.unchanged)  # fmt: skip
        messages.info(request, text % {"num": outcome.unchanged})
    if outcome.failed:
        text = ngettext("%(num)d product was changed or deleted by somebody else meanwhile.",
                        "%(num)d products were changed or deleted by somebody else meanwhile.",
                        outcome.failed)  # fmt: skip
        messages.error(request, text % {"num": outcome.failed})
    return redirect("catalog:staff-products")


@login_required
@require_POST
def product_duplicate(request: HttpRequest, product_id: str) -> HttpResponse:
    copy = services.duplicate_product(actor=actor_of(request), product_id=product_id)
    messages.success(request, _("This is the copy. It is a draft with a number of its own."))
    return redirect("catalog:product-edit", copy.id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def product_delete(request: HttpRequest, product_id: str) -> HttpResponse:
    actor = actor_of(request)
    if request.method != "POST":
        product = selectors.find_own_product(actor, product_id, DELETE)
        return render(request, "catalog/staff/product_delete.html", {"product": product})
    try:
        services.delete_product(actor=actor, product_id=product_id, version=_version(request))
    except ProductChanged as race:
        _tell_race(request, race)
        if race.current is not None:
            return redirect("catalog:product-delete", product_id)
    else:
        messages.success(request, _("The product was deleted."))
    return redirect("catalog:staff-products")


@login_required
@require_safe
def product_history(request: HttpRequest, product_id: str) -> HttpResponse:
    actor = actor_of(request)
    product = selectors.find_own_product(actor, product_id, VIEW)
    page = selectors.product_history(actor, product, request.GET.get("cursor") or None)
    cursor = page.next_cursor
    context = {
        "product": product,
        "changes": [change_of(entry) for entry in page.items],
        "first_url": request.path if request.GET.get("cursor") else None,
        "next_url": address_with(request, cursor=cursor) if cursor else None,
        **_offered(actor),
    }
    return render(request, "catalog/staff/product_history.html", context)


def _form_page(
    request: HttpRequest,
    form: ProductForm,
    product: Product | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    common = {
        "form": form,
        "product": product,
        "categories": _categories(),
        "currencies": COMMON_CURRENCIES,
        **_offered(actor_of(request)),
    }
    return render(request, "catalog/staff/product_form.html", {**common, **context}, status=status)


def _categories() -> Sequence[Link]:
    heading = selectors.list_public_products(limit=1).heading
    return heading.children if heading else ()


def _conflict(
    request: HttpRequest, actor: Actor, form: ProductForm, stored: Product | None
) -> HttpResponse:
    if stored is None:
        return _gone(request, actor, form)
    differing, agreed = compare(form, stored.data)
    context = {
        "product": stored,
        "differing": differing,
        "agreed": agreed,
        "stored_values": form_values(stored.data),
    }
    return render(request, "catalog/staff/product_conflict.html", context, status=409)


def _gone(request: HttpRequest, actor: Actor, form: ProductForm) -> HttpResponse:
    """Keeps what was typed. Says the same whether the product was deleted or never theirs."""
    actor.require(ADD, actor.org_id)
    return _form_page(request, form, status=404, is_gone=True)


def _offered(actor: Actor) -> dict[str, Any]:
    return {
        "may_add": actor.may(ADD, actor.org_id),
        "may_change": actor.may(CHANGE, actor.org_id),
        "may_delete": actor.may(DELETE, actor.org_id),
        "product_path": product_path,
    }


def _status(text: str) -> Status | None:
    return Status(text) if text in set(Status) else None


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _status_message(product: Product) -> str:
    texts = {
        Status.PUBLIC: _("“%(name)s” is public now."),
        Status.ARCHIVED: _("“%(name)s” was archived."),
        Status.DRAFT: _("“%(name)s” is a draft again."),
    }
    return texts[product.data.status] % {"name": product.data.name}


def _tell_race(request: HttpRequest, race: ProductChanged) -> None:
    if race.current is None:
        messages.warning(request, _("Somebody else has deleted this product meanwhile."))
    else:
        messages.warning(
            request,
            _(
                "Somebody, perhaps you in another window, changed this product meanwhile. "
                "Look at it and try again."
            ),
        )
