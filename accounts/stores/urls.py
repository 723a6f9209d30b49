from __future__ import annotations

from django.urls import path

from accounts.stores import views

urlpatterns = [
    path("stores/", views.store_list, name="stores"),
    path("stores/new/", views.store_new, name="store-new"),
    path("stores/<str:store_id>/", views.store_edit, name="store"),
    path("stores/<str:store_id>/delete/", views.store_delete, name="store-delete"),
    path("stores/<str:store_id>/restore/", views.store_restore, name="store-restore"),
    path("stores/<str:store_id>/destroy/", views.store_destroy, name="store-destroy"),
]
