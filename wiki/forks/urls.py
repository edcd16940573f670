"""Addresses of the room `forks`."""

from __future__ import annotations

from django.urls import path

from wiki.forks import giving, suggesting, taking, views

urlpatterns = [
    path("fork/<path:title>", views.fork, name="fork"),
    path("forks/<path:title>", views.forks, name="forks"),
    path("account/forks", views.mine, name="my_forks"),
    path("touch/<path:title>", taking.touch, name="touch"),
    path("pull/<path:title>", taking.pull, name="pull"),
    path("propose/<path:title>", giving.propose, name="propose"),
    path("suggest/<path:title>", suggesting.suggest, name="suggest"),
    path("proposals/<path:title>", giving.proposals, name="proposals"),
    path("proposal/<int:number>", giving.proposal, name="proposal"),
]
