from hashlib import blake2b

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from catalog import pictures

# Every seed is a new address that caches keep for a year: without a limit they could be filled.
MAX_SEED = 9999


@require_safe
def picture(request: HttpRequest, kind: str, seed: int) -> HttpResponseBase:
    if seed > MAX_SEED:
        raise Http404
    try:
        content = pictures.picture(kind, seed).encode()
    except pictures.UnknownKind as error:
        raise Http404 from error
    etag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    response = HttpResponse(
        content,
        content_type="image/svg+xml",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": "default-src 'none'; style-src 'none'; sandbox",
            "ETag": etag,
            "X-Content-Type-Options": "nosniff",
        },
    )
    return get_conditional_response(request, etag=etag, response=response) or response
