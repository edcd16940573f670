"""URLs of the package `ask`."""

from __future__ import annotations

from django.urls import path

from wiki.ask.views import (
    ask_page,
    autocomplete,
    browse_facts,
    property_index,
    property_page,
    result_count,
    search_by_property,
    special_pages,
)

urlpatterns = [
    path("ask", ask_page.ask, name="ask"),
    path("ask/file", ask_page.ask_file, name="ask_file"),
    path("ask/parameters", ask_page.ask_parameters, name="ask_parameters"),
    path("ask/count", result_count.ask_count, name="ask_count"),
    path("ask/complete", autocomplete.complete, name="ask_complete"),
    path("browse/<path:title>", browse_facts.browse, name="browse"),
    path("properties", property_index.properties, name="properties"),
    path("unused-properties", property_index.unused_properties, name="unused_properties"),
    path("wanted-properties", property_index.wanted_properties, name="wanted_properties"),
    path("property/<path:title>", property_page.property_screen, name="property"),
    path("search-by-property", search_by_property.search_by_property, name="search_by_property"),
    path("types", property_index.types, name="types"),
    path("concepts", search_by_property.concepts, name="concepts"),
    path("problems", search_by_property.problems, name="problems"),
    *(
        path(f"wiki/{space}:<path:name>", special_pages.special_page, name="special_page")
        for space in ("Special", "special", "Spécial", "spécial")
    ),
]
