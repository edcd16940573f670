"""URLs of `wiki.exchange`."""

from __future__ import annotations

from django.urls import path

from wiki.exchange import views

urlpatterns = [
    path("export/<path:title>", views.export, name="export"),
    path("credits/<path:title>", views.credits, name="credits"),
    path("archive/<path:title>.zip", views.export_download, name="export_download"),
    path("import", views.import_archive, name="import_archive"),
]
