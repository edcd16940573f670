"""The wiki's URLs: each package has its own."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("wiki.linked_data.urls")),
    path("", include("wiki.ask.urls")),  # before the pages, since URLs of special pages look like URLs of pages
    path("", include("wiki.table_editing.urls")),
    path("", include("wiki.pages.urls")),
    path("", include("wiki.search.urls")),
    path("", include("wiki.licenses.urls")),
    path("account/", include("wiki.accounts.urls")),
    path("", include("wiki.geography.urls")),
    path("", include("wiki.directory.urls")),
    path("", include("wiki.needs.urls")),
    path("", include("wiki.history.urls")),
    path("", include("wiki.discussions.urls")),
    path("", include("wiki.exchange.urls")),
    path("", include("wiki.forms.urls")),
    path("", include("wiki.notifications.urls")),
    path("", include("wiki.forks.urls")),
    path("", include("wiki.moderation.urls")),
    path("", include("wiki.network.urls")),
    path("", include("wiki.remotes.urls")),
    path("", include("wiki.api.urls")),
]
