"""Addresses of the room `forks`."""

from __future__ import annotations

from django.urls import path

from wiki.forks import views

urlpatterns = [
    path("fork/<path:title>", views.fork, name="fork"),
    path("forks/<path:title>", views.forks, name="forks"),
]
