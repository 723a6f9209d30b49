"""Among the addresses of one's organisation."""

from __future__ import annotations

from django.urls import path

from accounts.removal import views

urlpatterns = [
    path("organisation/delete/", views.delete, name="delete"),
]
