"""Content negotiation (RFC 9110, section 12.5.1): programs that accept data instead of HTML are led to it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address, view_address

DATA_TYPES = {
    "text/turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
    "text/markdown": "md",
}
"""The ending of the address of a page's data, by media type."""
VARY = "Cookie, Accept-Language, Accept"
"""The headers of a request on which the response at the address of a page depends."""


def accepted_ending(request: HttpRequest) -> str:
    """Return the ending of the data that a request prefers to HTML; "" for HTML, as for every browser."""
    accept = request.META.get("HTTP_ACCEPT", "").lower()
    if not any(media_type in accept for media_type in DATA_TYPES):
        return ""
    preferred = request.get_preferred_type(["text/html", *DATA_TYPES])
    return DATA_TYPES.get(preferred or "", "")


def data_address(page: WikiPage, ending: str) -> str:
    """Return the address of the data of a page."""
    return address("page_data", f"{page.full_title}.{ending}")


def data_addresses(page: WikiPage) -> list[tuple[str, str]]:
    """Return the addresses of the data of a page, by media type."""
    return [(media_type, data_address(page, ending)) for media_type, ending in DATA_TYPES.items()]


def oembed_address(shown: str) -> str:
    """Return the address of what other sites embed of a page or directory, whose own address is `shown`."""
    return f"{view_address('oembed')}?{urlencode({'url': settings.BASE_ADDRESS + shown})}"


def redirect_to_data(page: WikiPage, ending: str) -> HttpResponseBase:
    """Return «303 See Other»: the data is about what the address of the page names."""
    response = HttpResponse(status=303, headers={"Location": data_address(page, ending), "Vary": VARY})
    response["Cache-Control"] = "no-cache"
    return response
