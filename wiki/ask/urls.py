"""Addresses of the room `ask`."""

from __future__ import annotations

from django.urls import path

from wiki.ask import browsing, completing, properties, property_screen, special_pages, statements, views

urlpatterns = [
    path("ask", views.ask, name="ask"),
    path("ask/file", views.ask_file, name="ask_file"),
    path("ask/parameters", views.ask_parameters, name="ask_parameters"),
    path("ask/complete", completing.complete, name="ask_complete"),
    path("browse/<path:title>", browsing.browse, name="browse"),
    path("properties", properties.properties, name="properties"),
    path("unused-properties", properties.unused, name="unused_properties"),
    path("wanted-properties", properties.wanted, name="wanted_properties"),
    path("property/<path:title>", property_screen.property_screen, name="property"),
    path("search-by-property", statements.search_by_property, name="search_by_property"),
    path("types", properties.types, name="types"),
    path("concepts", statements.concepts, name="concepts"),
    path("problems", statements.problems, name="problems"),
    *(
        path(f"wiki/{space}:<path:name>", special_pages.special_page, name="special_page")
        for space in ("Special", "special", "Spécial", "spécial")
    ),
]
