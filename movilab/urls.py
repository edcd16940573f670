"""Addresses: Wagtail's admin, uploaded files, and the wiki for all else."""

from __future__ import annotations

from django.urls import include, path
from wagtail.admin import urls as admin_urls
from wagtail.documents import urls as document_urls

from movilab.media import media

urlpatterns = [
    path("admin/", include(admin_urls)),
    path("documents/", include(document_urls)),
    path("media/<path:path>", media, name="media"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("wiki.urls")),
]
