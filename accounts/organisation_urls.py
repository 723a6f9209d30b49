"""The addresses of one's organisation, among those of staff."""

from __future__ import annotations

from django.urls import path

from accounts import organisation_views

app_name = "organisation"
urlpatterns = [
    path("organisation/", organisation_views.settings, name="settings"),
    path("people/", organisation_views.people, name="people"),
]
