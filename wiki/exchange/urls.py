"""URLs of `wiki.exchange`."""

from __future__ import annotations

from django.urls import path

from wiki.exchange import views
from wiki.exchange.table_import import table_views

urlpatterns = [
    path("export/<path:title>", views.export, name="export"),
    path("credits/<path:title>", views.credits, name="credits"),
    path("archive/<path:title>.zip", views.export_download, name="export_download"),
    path("import", views.import_archive, name="import_archive"),
    path("import-table", table_views.import_table, name="import_table"),
    path("import-table/<int:number>/columns", table_views.columns, name="table_columns"),
    path("import-table/<int:number>/preview", table_views.preview, name="table_preview"),
    path("import-table/<int:number>/report", table_views.report, name="table_report"),
]
