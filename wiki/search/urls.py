"""Addresses of the room `search`."""

from __future__ import annotations

from django.urls import path

from wiki.search import saved, views

urlpatterns = [
    path("search", views.search, name="search"),
    path("search/suggest", views.suggest, name="search_suggest"),
    path("search/feed", saved.feed, name="feed_search"),
    path("searches", saved.searches, name="searches"),
    path("searches/keep", saved.save, name="save_search"),
    path("searches/<int:number>/forget", saved.forget, name="forget_search"),
]
