"""Views of the wiki's data: the screen that lists it, the files of each kind of page, and the DCAT catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits, slow_work
from wiki.linked_data import dcat_catalogue, kind_exports, kind_schemas, mednum, page_data
from wiki.pages import deferred_content
from wiki.pages.models import Kind
from wiki.pages.rendering import page_cache

FILES: Mapping[str, tuple[str, Callable[[str], bytes]]] = {
    "geojson": ("application/geo+json", kind_exports.geojson),
    "csv": ("text/csv; charset=utf-8", kind_exports.csv_table),
    "elements.geojson": ("application/geo+json", kind_exports.gogocarto_elements),
    "mednum.csv": ("text/csv; charset=utf-8", lambda kind: mednum.mednum_csv()),
}
"""The media type of each file, and what writes it."""
SCHEMAS = {
    "tableschema.json": ("application/json", kind_schemas.table_schema),
    "schema.json": ("application/schema+json", kind_schemas.json_schema),
}
ENDINGS = {"ttl": "text/turtle; charset=utf-8", "jsonld": "application/ld+json", "rdf": "application/rdf+xml"}


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """List the files of each kind of page, their schemas, and the other ways to the data."""
    return render(request, "wiki/linked_data/open_data.html", {"datasets": dcat_catalogue.datasets()})


@require_safe
def kind_data(request: HttpRequest, kind: str, name: str) -> HttpResponseBase:
    """Return a file with the pages of a kind, or its schema. Nothing is computed while the wiki has not changed."""
    found = Kind.objects.filter(key=kind).first()
    known = {file.name for file in (*dcat_catalogue.distributions_of(kind), *dcat_catalogue.SCHEMAS)}
    if found is None or name not in known:
        raise Http404(gettext("There is no such format."))
    language = (get_language() or "fr")[:2]
    etag = f'"{page_cache.RELEASE}-{deferred_content.get_provider().site_state()}-{kind}-{name}-{language}"'
    if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        return _with_headers(HttpResponseNotModified(), etag)
    rate_limits.limit_data(request)
    if name in SCHEMAS:
        content_type, schema = SCHEMAS[name]
        return _with_headers(HttpResponse(kind_exports.to_bytes(schema(found, language)), content_type), etag)
    slow_work.begin(request, "export")
    content_type, write = FILES[name]
    response = HttpResponse(b"" if request.method == "HEAD" else write(kind), content_type)
    response["Content-Disposition"] = content_disposition_header("csv" in name, f"{kind}.{name}") or ""
    return _with_headers(response, etag)


@require_safe
def catalogue(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Return the catalogue of the data."""
    if ending not in ENDINGS:
        raise Http404(gettext("There is no such format."))
    rate_limits.limit_data(request)
    content = page_data.serialize(dcat_catalogue.catalogue_graph(), ending)
    return _with_headers(HttpResponse(content, ENDINGS[ending]), "")


def _with_headers(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """Let scripts of any site read it, and readers ask whether it has changed."""
    if etag:
        response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept-Language, Cookie"
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Robots-Tag"] = "noindex"
    return response
