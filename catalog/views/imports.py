"""Products from an uploaded file: look, confirm, then a step per request until it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import login_required
from accounts.entities import Actor
from accounts.selectors import actor_of
from catalog.forms import FIELD_NAMES
from catalog.import_forms import MappingForm, UploadForm
from catalog.imports import exports, jobs
from catalog.imports.errors import JobMoved, UnusableFile
from catalog.imports.job_store import PREVIEW, Job

CSV = "text/csv; charset=utf-8"
NDJSON = "application/x-ndjson; charset=utf-8"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_upload(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    actor.require("catalog.add_product", actor.org_id)
    actor.require("catalog.change_product", actor.org_id)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = jobs.start_job(actor=actor, file=file.file, name=file.name)
        except UnusableFile as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("catalog:import-job", job.id)
    status = 422 if form.errors else 200
    return render(request, "catalog/import_upload.html", {"form": form}, status=status)


@login_required
@require_safe
def import_job(request: HttpRequest, job_id: str) -> HttpResponse:
    job = jobs.find_job(actor=actor_of(request), job_id=job_id)
    if job.state == PREVIEW:
        return _preview(request, job, MappingForm.of(job))
    return render(request, "catalog/import_run.html", {"job": job, "is_busy": False})


@login_required
@require_POST
def import_mapping(request: HttpRequest, job_id: str) -> HttpResponse:
    return _with_mapping(request, job_id, jobs.change_job)


@login_required
@require_POST
def import_confirm(request: HttpRequest, job_id: str) -> HttpResponse:
    return _with_mapping(request, job_id, _confirm_and_begin)


@login_required
@require_POST
def import_step(request: HttpRequest, job_id: str) -> HttpResponse:
    actor = actor_of(request)
    is_busy = False
    try:
        job = jobs.run_step(actor=actor, job_id=job_id)
    except JobMoved:
        job, is_busy = jobs.find_job(actor=actor, job_id=job_id), True
    if not request.headers.get("HX-Request"):
        return redirect("catalog:import-job", job_id)
    return render(request, "catalog/import_progress.html", {"job": job, "is_busy": is_busy})


@login_required
@require_safe
def import_errors(request: HttpRequest, job_id: str) -> StreamingHttpResponse:
    lines = jobs.error_report(actor=actor_of(request), job_id=job_id)
    return _download(request, lines, CSV, "import-errors.csv")


@login_required
@require_safe
def import_template(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse(exports.template_csv(), content_type=CSV)
    response["Content-Disposition"] = 'attachment; filename="products-template.csv"'
    return response


@login_required
@require_safe
def export_csv(request: HttpRequest) -> StreamingHttpResponse:
    actor = _reader(request)
    return _download(request, exports.export_csv(actor), CSV, "products.csv")


@login_required
@require_safe
def export_ndjson(request: HttpRequest) -> StreamingHttpResponse:
    actor = _reader(request)
    return _download(request, exports.export_ndjson(actor), NDJSON, "products.ndjson")


def _reader(request: HttpRequest) -> Actor:
    """Checked here: once a response is being streamed, it cannot become a refusal."""
    actor = actor_of(request)
    actor.require("catalog.view_product", actor.org_id)
    return actor


class _UsesMapping(Protocol):
    def __call__(
        self,
        *,
        actor: Actor,
        job_id: str,
        columns: dict[str, str],
        constants: dict[str, str],
        publish: bool,
    ) -> Job: ...


def _with_mapping(request: HttpRequest, job_id: str, use: _UsesMapping) -> HttpResponse:
    actor = actor_of(request)
    form = MappingForm(request.POST)
    if not form.is_valid():
        return _preview(request, jobs.find_job(actor=actor, job_id=job_id), form, status=422)
    use(
        actor=actor,
        job_id=job_id,
        columns=form.columns,
        constants=form.constants,
        publish=form.cleaned_data["publish"],
    )
    return redirect("catalog:import-job", job_id)


def _confirm_and_begin(*, actor: Actor, job_id: str, **mapping: Any) -> Job:
    """The first step too: without JavaScript the page that follows would show nothing done."""
    job = jobs.confirm_job(actor=actor, job_id=job_id, **mapping)
    try:
        return jobs.run_step(actor=actor, job_id=job_id)
    except JobMoved:
        return job


def _preview(request: HttpRequest, job: Job, form: MappingForm, status: int = 200) -> HttpResponse:
    context = {"job": job, "form": form, "field_names": FIELD_NAMES}
    return render(request, "catalog/import_preview.html", context, status=status)


def _download(
    request: HttpRequest, lines: Iterator[str], content_type: str, name: str
) -> StreamingHttpResponse:
    sent = () if request.method == "HEAD" else lines
    response = StreamingHttpResponse(sent, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
