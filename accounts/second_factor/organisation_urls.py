from __future__ import annotations

from django.urls import path

from accounts.second_factor import organisation_views

urlpatterns = [
    path("organisation/second-factor/", organisation_views.requirement, name="second-factor"),
]
