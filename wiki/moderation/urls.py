"""URLs of proposals."""

from __future__ import annotations

from django.urls import path

from wiki.moderation import proposal_views, suggestion_views

urlpatterns = [
    path("propose/<path:title>", proposal_views.propose, name="propose"),
    path("suggest/<path:title>", suggestion_views.suggest, name="suggest"),
    path("proposals/<path:title>", proposal_views.proposal_list, name="proposals"),
    path("proposal/<int:number>", proposal_views.proposal, name="proposal"),
]
