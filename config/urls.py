"""All addresses. `/healthz` and `/readyz` are answered earlier, by `config.health`."""

from __future__ import annotations

from django.urls import include, path

from config import errors, home, preferences
from config.api import api

urlpatterns = [
    path("", include("catalog.urls", namespace="catalog")),
    path("accounts/", include("accounts.urls", namespace="accounts")),
    path("api/v1/", api.urls),
    path("staff/", include("accounts.organisation_urls", namespace="organisation")),
    path("staff/", include("supervisor.urls", namespace="supervisor")),
    path("staff/", home.staff_home, name="staff"),
    path("favicon.ico", preferences.favicon, name="favicon"),
    path("preferences/language/", preferences.set_language, name="set_language"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
