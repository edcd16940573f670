"""Addresses of the room `forks`."""

from __future__ import annotations

from django.urls import path

from wiki.forks import proposal_views, pull_views, suggestion_views, views

urlpatterns = [
    path("fork/<path:title>", views.fork, name="fork"),
    path("forks/<path:title>", views.forks, name="forks"),
    path("account/forks", views.mine, name="my_forks"),
    path("touch/<path:title>", pull_views.touch, name="touch"),
    path("pull/<path:title>", pull_views.pull, name="pull"),
    path("propose/<path:title>", proposal_views.propose, name="propose"),
    path("suggest/<path:title>", suggestion_views.suggest, name="suggest"),
    path("proposals/<path:title>", proposal_views.proposal_list, name="proposals"),
    path("proposal/<int:number>", proposal_views.proposal, name="proposal"),
]
