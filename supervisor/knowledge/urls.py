from __future__ import annotations

from django.urls import path

from supervisor.knowledge import views

urlpatterns = [
    path("articles/", views.article_list, name="articles"),
    path("articles/new/", views.article_new, name="article-new"),
    path("articles/<str:article_id>/", views.article, name="article"),
    path("articles/<str:article_id>/delete/", views.article_delete, name="article-delete"),
    path("articles/<str:article_id>/restore/", views.article_restore, name="article-restore"),
    path("articles/<str:article_id>/destroy/", views.article_destroy, name="article-destroy"),
]
