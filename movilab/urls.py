"""URLs: Wagtail's admin, uploaded files, and those of the wiki."""

from __future__ import annotations

from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from django.views.i18n import set_language
from wagtail.admin import urls as admin_urls
from wagtail.documents import urls as document_urls

from movilab.media_serving import map_archive, media

handler500 = "wiki.pages.machine_faults.server_error"
urlpatterns = [
    path("admin/account/", RedirectView.as_view(pattern_name="profile")),  # one page for name, e-mail and password
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),  # with its limits and factors
    path("admin/", include(admin_urls)),
    path("documents/", include(document_urls)),
    path("media/<path:path>", media, name="media"),
    path("map.pmtiles", map_archive, name="map_archive"),
    # No CSRF token: pages are cached for all users, and a forged change of language does no harm.
    path("language", csrf_exempt(set_language), name="set_language"),
    path("", include("wiki.urls")),
]
