"""The addresses of one's own API tokens, among those of one's account."""

from __future__ import annotations

from django.urls import path

from accounts.api_tokens import views

urlpatterns = [
    path("tokens/", views.own_tokens, name="tokens"),
    path("tokens/new/", views.new_token, name="token-new"),
    path("tokens/revoke-all/", views.revoke_own_tokens, name="revoke-tokens"),
    path("tokens/<str:token_id>/revoke/", views.revoke_own_token, name="revoke-token"),
]
