from __future__ import annotations

from django.urls import include, path

from accounts import own_views, views
from accounts.people import invitation_views
from accounts.removal import views as removal_views

app_name = "accounts"
urlpatterns = [
    path("", views.account, name="account"),
    path("signup/", views.signup, name="signup"),
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("password/", views.password, name="password"),
    path("profile/", own_views.profile, name="profile"),
    path("sessions/", own_views.sessions, name="sessions"),
    path("sessions/end-others/", own_views.end_other_sessions, name="end-other-sessions"),
    path("sessions/<str:session_id>/end/", own_views.end_session, name="end-session"),
    path("reset/<str:token>/", views.reset, name="reset"),
    path("invitation/<str:token>/", invitation_views.accept, name="invitation"),
    path("restore/<str:token>/", removal_views.restore, name="restore-organisation"),
    path("", include("accounts.addresses.urls")),
    path("", include("accounts.api_tokens.own_urls")),
    path("", include("accounts.second_factor.urls")),
    path("", include("accounts.personal_data.urls")),
]
