"""The addresses of people and invitations, among those of one's organisation."""

from __future__ import annotations

from django.urls import path

from accounts.people import invitation_views, views

urlpatterns = [
    path("organisation/transfer/", views.transfer, name="transfer"),
    path("people/invite/", invitation_views.invite, name="invite"),
    path("people/invitations/", invitation_views.invitation_list, name="invitations"),
    path(
        "people/invitations/<str:invitation_id>/resend/",
        invitation_views.resend,
        name="invitation-resend",
    ),
    path(
        "people/invitations/<str:invitation_id>/withdraw/",
        invitation_views.withdraw,
        name="invitation-withdraw",
    ),
    path("people/deleted/", views.deleted_people, name="deleted-people"),
    path("people/<str:user_id>/", views.person, name="person"),
    path("people/<str:user_id>/access/", views.access, name="person-access"),
    path("people/<str:user_id>/deactivate/", views.deactivate, name="person-deactivate"),
    path("people/<str:user_id>/reactivate/", views.reactivate, name="person-reactivate"),
    path("people/<str:user_id>/delete/", views.delete, name="person-delete"),
    path(
        "people/<str:user_id>/second-factor/remove/",
        views.remove_factor,
        name="person-second-factor",
    ),
    path("people/<str:user_id>/restore/", views.restore, name="person-restore"),
    path("people/<str:user_id>/destroy/", views.destroy, name="person-destroy"),
]
