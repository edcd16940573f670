"""The wiki's addresses: each room has its own."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

urlpatterns = [path("", include("wiki.pages.urls"))]
for room, prefix in {"licenses": "", "accounts": "account/", "history": "", "exchange": "", "forks": ""}.items():
    if find_spec(f"wiki.{room}.urls"):
        try:
            urlpatterns.append(path(prefix, include(f"wiki.{room}.urls")))
        except ImportError as e:
            print(e)
