"""The view of a page's data: Turtle, JSON-LD, RDF/XML, and its source text."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.linked_data import page_data as data
from wiki.pages import page_lookup, permissions
from wiki.pages.content_negotiation import data_address
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.pages.rendering import page_cache
from wiki.pages.views import manage


@require_safe
def page_data(request: HttpRequest, title: str) -> HttpResponseBase:
    """Return the data at `/data/<title>.<ending>`, with the page's licence; 404 for an ending that is none.

    It is the same for all readers. Redirects lead to the data of their target, except for their source text.
    """
    title, _, ending = title.rpartition(".")
    if ending not in data.CONTENT_TYPES:
        raise Http404(gettext("There is no such format."))
    page = manage.get_page(request, title, permissions.Action.READ)
    if ending != data.MARKDOWN and page.redirect_key:
        target = page_lookup.redirect_target(page, request.user)
        if target is not None and target.pk != page.pk:
            return redirect(data_address(target, ending))
    if title.replace("_", " ") != page.full_title:
        return redirect(data_address(page, ending), permanent=True)
    etag = f'"{page_cache.RELEASE}-{page.pk}-{page.version}-{page.cache_version}-{ending}"'
    if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        return _with_headers(HttpResponseNotModified(), page, etag)
    rate_limits.limit_data(request)
    content = b"" if request.method == "HEAD" else data.page_content(page, ending)
    response = HttpResponse(content, content_type=f"{data.CONTENT_TYPES[ending]}; charset=utf-8")
    return _with_headers(response, page, etag)


def _with_headers(response: HttpResponseBase, page: WikiPage, etag: str) -> HttpResponseBase:
    """Add ETag, licence, and the address of the page that the data is about; scripts of any site may read it."""
    page_cache.add_cache_headers(response, page.license, etag)
    about = f'<{address("page", page.full_title)}>; rel="describes"'
    response["Link"] = ", ".join(filter(None, [response.get("Link", ""), about]))
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Robots-Tag"] = "noindex"
    return response
