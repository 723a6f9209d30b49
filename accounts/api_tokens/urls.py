"""The addresses of everybody's API tokens, among those of staff."""

from __future__ import annotations

from django.urls import path

from accounts.api_tokens import views

urlpatterns = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<str:token_id>/revoke/", views.revoke_token, name="revoke-token"),
]
