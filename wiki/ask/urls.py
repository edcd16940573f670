"""Addresses of the room `ask`."""

from __future__ import annotations

from django.urls import path

from wiki.ask import views

urlpatterns = [
    path("ask", views.ask, name="ask"),
    path("ask/file", views.ask_file, name="ask_file"),
]
