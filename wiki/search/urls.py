"""URLs of the search page, its suggestions, saved searches and feeds."""

from __future__ import annotations

from django.urls import path

from wiki.search import saved_searches, views

urlpatterns = [
    path("search", views.search, name="search"),
    path("search/suggest", views.suggest, name="search_suggest"),
    path("search/feed", saved_searches.feed, name="feed_search"),
    path("searches", saved_searches.searches, name="searches"),
    path("searches/keep", saved_searches.save, name="save_search"),
    path("searches/<int:number>/forget", saved_searches.forget, name="forget_search"),
]
