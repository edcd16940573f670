"""URLs of `wiki.remotes`."""

from __future__ import annotations

from django.urls import path

from wiki.remotes import views

urlpatterns = [
    path("elsewhere", views.import_remote_page, name="elsewhere"),
    path("ask-original/<path:title>", views.ask_original, name="ask_original"),
]
