"""The addresses of roles, among those of the organisation."""

from __future__ import annotations

from django.urls import path

from accounts.roles import views

urlpatterns = [
    path("roles/", views.roles, name="roles"),
    path("roles/new/", views.role_add, name="role-add"),
    path("roles/<str:role_id>/", views.role_change, name="role-change"),
    path("roles/<str:role_id>/delete/", views.role_delete, name="role-delete"),
    path("roles/<str:role_id>/restore/", views.role_restore, name="role-restore"),
]
