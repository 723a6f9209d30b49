"""The JSON API: one NinjaAPI to which every app adds its router."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import orjson
from django.http import HttpRequest
from django.utils.functional import Promise
from django.views.decorators.http import require_safe
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

import accounts.api
import accounts.organisation_api
import catalog.api
import supervisor.api
import supervisor.board_api
import supervisor.callback_api
import supervisor.knowledge.api
import supervisor.notice_api
import supervisor.settings_api
import supervisor.step_api
from catalog.views.caching import shared_page
from config import errors
from config.openapi import DocsPage, Documented

DESCRIPTION = (
    "The product catalogue and the people of Backroom as JSON. "
    "Lists are paged by cursor. Errors are problem documents (RFC 9457) with a stable `code`."
)


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(  # the signature is ninja's
        self,
        request: HttpRequest,  # noqa: ARG002
        data: Any,
        *,
        response_status: int,  # noqa: ARG002
    ) -> bytes:
        return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: object) -> object:
    if isinstance(value, Decimal | Promise):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")


class OrjsonParser(Parser):
    """Strict JSON: no NaN, no nesting deep enough to exhaust the stack."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return cast("dict[str, Any]", orjson.loads(request.body))


def _documentation(view: Any) -> Any:
    return require_safe(shared_page(view))


api = Documented(
    title="Backroom",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    renderer=OrjsonRenderer(),
    parser=OrjsonParser(),
    docs=DocsPage(),
    docs_decorator=_documentation,
)
errors.register(api)
api.add_router("/products", catalog.api.router)
api.add_router("/users", accounts.api.router)
api.add_router("/organisation", accounts.organisation_api.router)
api.add_router("/organisation/requests/board", supervisor.board_api.router)
api.add_router("/organisation/requests", supervisor.api.everywhere)
api.add_router("/organisation/requests", supervisor.callback_api.router)
api.add_router("/organisation/requests/notices", supervisor.notice_api.router)
api.add_router("/organisation/articles", supervisor.knowledge.api.router)
api.add_router("/organisation/canned-answers", supervisor.settings_api.answers_router)
# Before the requests, whose ids are longer than this word.
api.add_router("/stores/{store_id}/requests/settings", supervisor.settings_api.router)
api.add_router("/stores/{store_id}/requests", supervisor.api.router)
api.add_router("/stores/{store_id}/requests", supervisor.step_api.router)
api.add_router("/stores/{store_id}/requests", supervisor.callback_api.of_request)
