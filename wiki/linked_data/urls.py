"""URLs of linked and open data."""

from __future__ import annotations

from django.urls import path

from wiki.linked_data.views import open_data, page_data_view, site_files, sparql_endpoint

urlpatterns = [
    path("open-data", open_data.open_data, name="open_data"),
    path("open-data/<slug:kind>.<str:name>", open_data.kind_data, name="kind_data"),
    path("dcat.<slug:ending>", open_data.catalogue, name="dcat"),
    path("sparql", sparql_endpoint.sparql, name="sparql"),
    path("opensearch.xml", site_files.opensearch, name="opensearch"),
    path("manifest.webmanifest", site_files.web_manifest, name="web_manifest"),
    path("favicon.ico", site_files.favicon, name="favicon"),
    path("oembed", site_files.oembed, name="oembed"),
    path("data/<path:title>", page_data_view.page_data, name="page_data"),
]
