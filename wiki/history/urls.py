"""URLs of the package `wiki.history`."""

from __future__ import annotations

from django.urls import path

from wiki.history import batch_views, feeds, restore_views, views

urlpatterns = [
    path("history/<path:title>", views.history, name="history"),
    path("authors/<path:title>", views.authors, name="authors"),
    path("compare/<path:title>", views.compare, name="compare"),
    path("restore/<path:title>", restore_views.restore_version, name="restore"),
    path("undo/<path:title>", restore_views.undo, name="undo"),
    path("changes", views.changes, name="changes"),
    path("changes/<path:place>", views.place_changes, name="place_changes"),
    path("batch/<int:number>/undo", batch_views.undo_batch, name="undo_batch"),
    path("contributions/", views.contributions, name="contributions_by_name"),
    path("contributions/<str:username>", views.contributions, name="contributions"),
    path("feeds/changes", feeds.changes, name="feed_changes"),
    path("feeds/changes/<path:title>", feeds.place, name="feed_place"),
    path("feeds/history/<path:title>", feeds.page, name="feed_page"),
    path("feeds/contributions/", feeds.contributions, name="feed_contributions_by_name"),
    path("feeds/contributions/<str:username>", feeds.contributions, name="feed_contributions"),
]
