"""Among the addresses of one's own account."""

from __future__ import annotations

from django.urls import path

from accounts.personal_data import views

urlpatterns = [
    path("data/", views.data, name="data"),
    path("data/file/", views.export, name="data-file"),
    path("data/erase/", views.erase, name="erase"),
]
