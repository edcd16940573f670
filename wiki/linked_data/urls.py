"""URLs of linked and open data."""

from __future__ import annotations

from django.urls import path

from wiki.linked_data.views import page_data_view

urlpatterns = [
    path("data/<path:title>", page_data_view.page_data, name="page_data"),
]
