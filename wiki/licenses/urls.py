"""URLs of the licence pages, included by `wiki.urls` at the root of the site."""

from __future__ import annotations

from django.urls import path

from wiki.licenses import views

urlpatterns = [
    path("licenses/", views.licenses, name="licenses"),
    path("licenses/<str:license_id>", views.license, name="license"),
]
