"""URLs of forks."""

from __future__ import annotations

from django.urls import path

from wiki.forks import pull_views, views

urlpatterns = [
    path("fork/<path:title>", views.fork, name="fork"),
    path("forks/<path:title>", views.forks, name="forks"),
    path("account/forks", views.my_forks, name="my_forks"),
    path("touch/<path:title>", pull_views.touch, name="touch"),
    path("pull/<path:title>", pull_views.pull, name="pull"),
]
