from __future__ import annotations

from django.urls import path

from accounts.addresses import views

urlpatterns = [
    path("signup/sent/", views.sign_up_sent, name="signup-sent"),
    path("signup/<str:token>/", views.confirm_sign_up, name="signup-confirm"),
    path("forgot/", views.forgot, name="forgot"),
    path("forgot/sent/", views.forgot_sent, name="forgot-sent"),
    path("email/", views.email, name="email"),
    path("email/<str:token>/", views.confirm_email, name="email-confirm"),
]
