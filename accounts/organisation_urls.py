"""The addresses of one's organisation, among those of staff."""

from __future__ import annotations

from django.urls import include, path

from accounts import organisation_views

app_name = "organisation"
urlpatterns = [
    path("organisation/", organisation_views.settings, name="settings"),
    path("", include("accounts.removal.urls")),
    path("", include("accounts.api_tokens.urls")),
    path("", include("accounts.roles.urls")),
    path("people/", organisation_views.people, name="people"),
    path("", include("accounts.people.urls")),
    path("", include("accounts.second_factor.organisation_urls")),
    path("", include("accounts.stores.urls")),
]
