"""Addresses of the room `pages`."""

from __future__ import annotations

from django.urls import path

from wiki.pages import editing, listing, managing, sitemap, uploading, views

urlpatterns = [
    path("", views.home, name="home"),
    path("wiki/<path:title>", views.page, name="page"),
    path("edit/<path:title>", editing.edit, name="edit"),
    path("preview", editing.preview, name="preview"),
    path("create", editing.create, name="create"),
    path("create-place", editing.create_place, name="create_place"),
    path("move/<path:title>", managing.move, name="move"),
    path("delete/<path:title>", managing.delete, name="delete"),
    path("undelete/<path:title>", managing.undelete, name="undelete"),
    path("fields/<path:title>", managing.fields, name="fields"),
    path("stewards/<path:title>", managing.stewards, name="stewards"),
    path("unmake-place/<path:title>", managing.unmake_place, name="unmake_place"),
    path("upload", uploading.upload, name="upload"),
    path("all-pages", listing.all_pages, name="all_pages"),
    path("orphans", listing.orphans, name="orphans"),
    path("wanted", listing.wanted, name="wanted"),
    path("categories", listing.categories, name="categories"),
    path("links-to/<path:title>", listing.links_to_view, name="links_to"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("sitemap-<int:part>.xml", sitemap.part, name="sitemap_part"),
    path("robots.txt", sitemap.robots, name="robots"),
]
