"""URLs of the API: the two usual ones of MediaWiki."""

from __future__ import annotations

from django.urls import path

from wiki.api import views

urlpatterns = [
    path("api.php", views.api, name="api"),
    path("w/api.php", views.api, name="api_w"),
]
