from __future__ import annotations

from django.urls import path

from accounts.second_factor import confirmation_views, login_views, security_views, views

urlpatterns = [
    path("login/code/", login_views.login_code, name="login-code"),
    path("confirm/", confirmation_views.confirm, name="confirm"),
    path("security/", security_views.security, name="security"),
    path("security/second-factor/", views.second_factor, name="second-factor"),
    path("security/second-factor/begin/", views.begin, name="second-factor-begin"),
    path("security/second-factor/off/", views.switch_off, name="second-factor-off"),
    path("security/recovery-codes/", views.recovery_codes, name="recovery-codes"),
]
