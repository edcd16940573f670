"""URLs of needs and offers."""

from __future__ import annotations

from django.urls import path

from wiki.needs import needs_feed, place_views, views

urlpatterns = [
    path("needs", views.needs, name="needs"),
    path("needs/<path:title>", place_views.place_needs, name="place_needs"),
    path("assemble/<path:title>", views.assemble_page, name="assemble"),
    path("feeds/needs/<path:title>", needs_feed.feed_needs, name="feed_needs"),
    path("offer-emails/<path:title>", place_views.offer_emails, name="offer_emails"),
    path("confirm-offer-emails/<str:token>", place_views.confirm_offer_emails, name="confirm_offer_emails"),
    path("stop-offer-emails/<str:token>", place_views.stop_offer_emails, name="stop_offer_emails"),
]
