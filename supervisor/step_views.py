"""The buttons of a request: each does one step and leads back to the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import login_required
from accounts.entities import Actor
from accounts.forms import DomainForm
from accounts.selectors import actor_of
from storage.domain import DomainError, Invalid
from supervisor import assigning, canned_answers, selectors, services
from supervisor.entities import Request, Step
from supervisor.errors import CannedAnswerNotFound, RequestChanged, StepRefused
from supervisor.forms import (
    AdditionForm,
    AnswerForm,
    AssignForm,
    CorrectionForm,
    NoteForm,
    PriorityForm,
)
from supervisor.request_views import request_page

INVALID = 422
CHANGED = 409

# The page itself says who is on it.
_PLAIN: Mapping[str, tuple[Callable[..., Request], object]] = {
    Step.CLAIM.value: (services.claim, ""),
    Step.RELEASE.value: (services.release, gettext_lazy("Anybody can take it on now.")),
    Step.CANCEL.value: (services.cancel, gettext_lazy("The question is closed.")),
    Step.REOPEN.value: (services.reopen, gettext_lazy("The request waits for an answer again.")),
    Step.FORGET_CALLER.value: (services.forget_caller, gettext_lazy("The caller is forgotten.")),
}


@login_required
@require_POST
def step(request: HttpRequest, store_id: str, request_id: str, step: str) -> HttpResponse:
    """claim, release, cancel or reopen."""
    if step not in _PLAIN:
        raise Http404
    act, done = _PLAIN[step]
    actor = actor_of(request)
    try:
        act(actor=actor, store_id=store_id, request_id=request_id)
    except StepRefused as refusal:
        return _refused(request, actor, refusal)
    if done:
        messages.success(request, str(done))
    return redirect("supervisor:request", store_id, request_id)


@login_required
@require_POST
def answer(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    """The first answer, or with `correct` another one than was given. With `fill` nothing is sent:
    a canned answer comes after what was typed."""
    if "fill" in request.POST:
        return _filled(request, store_id, request_id)
    corrects = "correct" in request.POST

    def act(actor: Actor, form: DomainForm) -> None:
        keys = {"store_id": store_id, "request_id": request_id}
        text = form.cleaned_data["answer"]
        if corrects:
            seen = form.cleaned_data["version"]
            services.correct(actor=actor, **keys, text=text, version=seen)
        else:
            services.answer(actor=actor, **keys, text=text)

    form = CorrectionForm(request.POST) if corrects else AnswerForm(request.POST)
    done = _("The answer is corrected.") if corrects else _("Answered.")
    return _with_form(request, (store_id, request_id), "answer_form", form, act, done)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    """A page of its own: who may answer is a query that others need not wait for."""
    actor = actor_of(request)
    shown = selectors.find_request(actor, store_id=store_id, request_id=request_id)
    actor.require(services.ASSIGN, shown.org_id, store_id)
    if request.method != "POST" and not shown.allows(Step.ASSIGN):
        messages.error(request, _("This request does not wait any more."))
        return redirect("supervisor:request", store_id, request_id)
    people = assigning.people_who_may_answer(actor, store_id=store_id)
    status = 200
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        people=assigning.by_duty(actor, people, store_id=store_id),
        own_id=actor.user_id,
        now=shown.handling.by.user_id if shown.handling else "",
    )
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                after = services.assign(
                    actor=actor,
                    store_id=store_id,
                    request_id=request_id,
                    user_id=form.cleaned_data["user_id"],
                )
            except StepRefused as refusal:
                return _refused(request, actor, refusal)
            except Invalid as refusal:
                form.refuse(refusal)
            else:
                name = after.handling.by.name if after.handling else ""
                messages.success(request, _("%(name)s is on it.") % {"name": name})
                return redirect("supervisor:request", store_id, request_id)
    context = {"form": form, "shown": shown, "has_people": bool(people)}
    return render(request, "supervisor/assign.html", context, status=status)


@login_required
@require_POST
def note(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    def act(actor: Actor, form: DomainForm) -> None:
        text = form.cleaned_data["note"]
        services.note(actor=actor, store_id=store_id, request_id=request_id, text=text)

    form = NoteForm(request.POST)
    return _with_form(request, (store_id, request_id), "note_form", form, act, _("Noted."))


@login_required
@require_POST
def add(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    """To one's own question."""

    def act(actor: Actor, form: DomainForm) -> None:
        text = form.cleaned_data["addition"]
        services.add(actor=actor, store_id=store_id, request_id=request_id, text=text)

    form = AdditionForm(request.POST)
    done = _("It is added to your question.")
    return _with_form(request, (store_id, request_id), "addition_form", form, act, done)


@login_required
@require_POST
def prioritise(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    def act(actor: Actor, form: DomainForm) -> None:
        priority = form.cleaned_data["priority"]
        services.prioritise(
            actor=actor,
            store_id=store_id,
            request_id=request_id,
            priority=priority,
            version=form.cleaned_data["version"],
        )

    form = PriorityForm(request.POST)
    done = _("The request has its new place in the queue.")
    return _with_form(request, (store_id, request_id), "priority_form", form, act, done)


def _filled(request: HttpRequest, store_id: str, request_id: str) -> HttpResponse:
    actor = actor_of(request)
    shown = selectors.find_request(actor, store_id=store_id, request_id=request_id)
    actor.require(services.ANSWER, shown.org_id, store_id)
    sent = AnswerForm(request.POST)
    if not _has_place(sent, shown, actor):
        return _without_place(request, actor, shown, sent)
    texts = [request.POST.get("answer", "")]
    try:
        found = canned_answers.find_canned_answer(actor, answer_id=request.POST.get("canned", ""))
    except CannedAnswerNotFound as gone:
        messages.warning(request, str(gone))
    else:
        texts.append(found.text)
    form = AnswerForm(initial={"answer": "\n".join(filter(None, texts))})
    return request_page(request, actor, shown, forms={"answer_form": form})


def _with_form(
    request: HttpRequest,
    keys: tuple[str, str],
    name: str,
    form: DomainForm,
    act: Callable[[Actor, DomainForm], None],
    done: str,
) -> HttpResponse:
    actor = actor_of(request)
    refusal: DomainError | None = None
    if form.is_valid():
        try:
            act(actor, form)
        except (Invalid, StepRefused, RequestChanged) as error:
            form.refuse(error)
            refusal = error
        else:
            # The browser may forget what it has kept of this form.
            draft = f"{actor.user_id}-{name.removesuffix('_form')}-{keys[1]}"
            messages.success(request, done, extra_tags=draft)
            return redirect("supervisor:request", *keys)
    if isinstance(refusal, StepRefused | RequestChanged):
        return _too_late(request, actor, refusal, name, form)
    store_id, request_id = keys
    shown = selectors.find_request(actor, store_id=store_id, request_id=request_id)
    if not _has_place(form, shown, actor):
        return _without_place(request, actor, shown, form)
    return request_page(request, actor, shown, forms={name: form}, status=INVALID)


def _has_place(form: DomainForm, shown: Request, actor: Actor) -> bool:
    """Whether the page of the request, as it is now, has this form."""
    if isinstance(form, CorrectionForm):
        # Without a version it is of an answer that nobody has seen.
        return shown.allows(Step.CORRECT) and "version" not in form.errors
    if isinstance(form, AnswerForm):
        is_others = shown.handling is not None and shown.handling.by.user_id != actor.user_id
        return shown.allows(Step.ANSWER) and not is_others
    return not isinstance(form, AdditionForm) or shown.allows(Step.ADD)


def _without_place(
    request: HttpRequest, actor: Actor, shown: Request, form: DomainForm
) -> HttpResponse:
    messages.error(request, _("Somebody was faster. This is what happened."))
    return request_page(request, actor, shown, unsent=_written_in(form), status=CHANGED)


def _written_in(form: DomainForm) -> str:
    return "".join(form.data.get(field, "") for field in ("answer", "addition"))


def _too_late(
    request: HttpRequest,
    actor: Actor,
    refusal: StepRefused | RequestChanged,
    name: str,
    form: DomainForm,
) -> HttpResponse:
    """What was written and not taken is shown beside what happened: one press more must not put it
    over what somebody else has said."""
    unsent = _written_in(form)
    if not unsent:
        # What is chosen again is for what is shown now.
        form.data = {**form.data, "version": refusal.current.version}
        return request_page(request, actor, refusal.current, forms={name: form}, status=CHANGED)
    messages.error(request, str(refusal))
    return request_page(request, actor, refusal.current, unsent=unsent, status=CHANGED)


def _refused(request: HttpRequest, actor: Actor, refusal: StepRefused) -> HttpResponse:
    messages.error(request, str(refusal))
    return request_page(request, actor, refusal.current, status=CHANGED)
