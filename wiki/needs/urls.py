"""URLs of needs and offers."""

from __future__ import annotations

from django.urls import path

from wiki.needs import views

urlpatterns = [
    path("needs", views.needs, name="needs"),
    path("assemble/<path:title>", views.assemble_page, name="assemble"),
]
