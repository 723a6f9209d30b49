"""The queue, among the pages of staff."""

from __future__ import annotations

from django.urls import include, path

from supervisor import (
    asker_views,
    board_views,
    callback_views,
    caller_views,
    notice_views,
    request_views,
    settings_views,
    step_views,
    views,
)

app_name = "supervisor"
_REQUEST = "requests/<str:store_id>/<str:request_id>/"
urlpatterns = [
    path("", include("supervisor.knowledge.urls")),
    path("requests/", views.queue, name="queue"),
    path("requests/new/", views.ask, name="ask"),
    path("requests/next/", request_views.next_request, name="next"),
    path("requests/mine/", asker_views.mine, name="mine"),
    path("requests/history/", views.history, name="history"),
    path("requests/board/", board_views.board, name="board"),
    path("requests/callbacks/", callback_views.callbacks, name="callbacks"),
    path("requests/callers/", callback_views.callers, name="callers"),
    path("requests/callers/forget/", caller_views.forget_number, name="forget-number"),
    path("requests/notices/", notice_views.notices, name="notices"),
    path("requests/notices/duty/", notice_views.duty, name="duty"),
    path("requests/settings/", settings_views.settings, name="settings"),
    path("requests/answers/", settings_views.answers, name="answers"),
    path("requests/answers/new/", settings_views.answer_add, name="answer-add"),
    path("requests/answers/<str:answer_id>/", settings_views.answer_change, name="answer-change"),
    path(
        "requests/answers/<str:answer_id>/delete/",
        settings_views.answer_delete,
        name="answer-delete",
    ),
    path(_REQUEST, request_views.detail, name="request"),
    path(f"{_REQUEST}answer/", step_views.answer, name="answer"),
    path(f"{_REQUEST}note/", step_views.note, name="note"),
    path(f"{_REQUEST}add/", step_views.add, name="add"),
    path(f"{_REQUEST}priority/", step_views.prioritise, name="priority"),
    path(f"{_REQUEST}assign/", step_views.assign, name="assign"),
    path(f"{_REQUEST}<str:step>/", step_views.step, name="step"),
]
