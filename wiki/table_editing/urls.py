"""URLs of edited tables."""

from __future__ import annotations

from django.urls import path

from wiki.table_editing import views

urlpatterns = [
    path("ask/edit", views.edit_query, name="ask_edit"),
    path("directory/<slug:kind>/edit", views.edit_directory, name="directory_edit"),
]
