"""URLs of discussions."""

from __future__ import annotations

from django.urls import path

from wiki.discussions import post_views, talk_feeds, views

urlpatterns = [
    path("talk", views.all_threads, name="all_threads"),
    path("talk/<path:title>", views.talk, name="talk"),
    path("talk-in/<path:title>", views.place_threads, name="place_threads"),
    path("start-thread/<path:title>", views.start_thread, name="start_thread"),
    path("import-talk/<path:title>", views.import_talk, name="import_talk"),
    path("thread/<int:number>", views.thread, name="thread"),
    path("thread/<int:number>/state", views.thread_state, name="thread_state"),
    path("thread/<int:number>/edit", views.edit_thread, name="edit_thread"),
    path("post/<int:number>", post_views.post, name="post"),
    path("post/<int:number>/edit", post_views.edit_post, name="edit_post"),
    path("post/<int:number>/delete", post_views.delete_post, name="delete_post"),
    path("post/<int:number>/history", post_views.post_history, name="post_history"),
    path("post/<int:number>/thanks", post_views.toggle_thanks, name="toggle_thanks"),
    path("feeds/talk", talk_feeds.feed_talk, name="feed_talk"),
    path("feeds/talk/<path:title>", talk_feeds.feed_page_talk, name="feed_page_talk"),
]
