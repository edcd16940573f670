"""URLs of proposals, of blocked accounts, of protected pages, and of the log."""

from __future__ import annotations

from django.urls import path

from wiki.moderation import (
    account_views,
    patrol_views,
    proposal_views,
    protection_views,
    report_views,
    suggestion_views,
)

urlpatterns = [
    path("propose/<path:title>", proposal_views.propose, name="propose"),
    path("suggest/<path:title>", suggestion_views.suggest, name="suggest"),
    path("proposals/<path:title>", proposal_views.proposal_list, name="proposals"),
    path("proposal/<int:number>", proposal_views.proposal, name="proposal"),
    path("block/<str:username>", account_views.block, name="block"),
    path("clean-up/<str:username>", account_views.clean_up, name="clean_up"),
    path("protect/<path:title>", protection_views.protect, name="protect"),
    path("report/<path:title>", report_views.report, name="report"),
    path("waiting", report_views.waiting, name="waiting"),
    path("waiting/<int:number>/settle", report_views.settle_report, name="settle_report"),
    path("patrol", patrol_views.patrol_changes, name="patrol"),
    path("log", account_views.log, name="log"),
    path("log/<int:number>/restore-posts", account_views.restore_posts, name="restore_posts"),
]
