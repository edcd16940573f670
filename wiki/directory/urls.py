"""URLs of directories."""

from __future__ import annotations

from django.urls import path

from wiki.directory import views

urlpatterns = [
    path("directory/<slug:kind>", views.directory, name="directory"),
    path("directory/<slug:kind>/markers", views.markers, name="directory_markers"),
]
