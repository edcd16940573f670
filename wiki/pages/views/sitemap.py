"""Sitemaps and robots.txt for search engines."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from wiki.pages.models import WikiPage, WikiPageQuerySet
from wiki.text.titles import MIRROR_NAMESPACE

PART_SIZE, MAX_PARTS = 5000, 10_000
"""Pages per sitemap, and sitemaps at most."""
DISALLOWED_PATHS = (
    "/admin/", "/edit/", "/history/", "/compare/", "/restore/", "/undo/", "/fork/", "/export/",
    "/move/", "/delete/", "/create", "/upload", "/import", "/account/", "/contributions/",
    "/links-to/", "/search", "/feeds/", "/archive/", "/fields/", "/stewards/", "/ask/file", "/api.php", "/w/",
)  # fmt: skip


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Render the index of sitemaps."""
    parts = range(1, max(1, -(-_listed_pages(request).count() // PART_SIZE)) + 1)
    context = {"parts": parts, "base": settings.BASE_ADDRESS}
    return render(request, "wiki/pages/sitemap.xml", context, content_type="application/xml")


@require_safe
def part(request: HttpRequest, part: int) -> HttpResponse:
    """Render one sitemap, of at most PART_SIZE pages."""
    if not 1 <= part <= MAX_PARTS:
        raise Http404
    pages = list(
        _listed_pages(request).order_by("pk").only("full_title", "edited_at")[(part - 1) * PART_SIZE : part * PART_SIZE]
    )
    if part != 1 and not pages:
        raise Http404
    context = {"pages": pages, "base": settings.BASE_ADDRESS}
    return render(request, "wiki/pages/sitemap_part.xml", context, content_type="application/xml")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Allow robots to read pages, but not histories, searches and forms."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in DISALLOWED_PATHS)]
    lines += ["", f"Sitemap: {settings.BASE_ADDRESS}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _listed_pages(request: HttpRequest) -> WikiPageQuerySet:
    """Return the pages for the sitemaps: no redirects, and no mirrors."""
    readable = WikiPage.objects.readable_by(request.user)
    found: WikiPageQuerySet = readable.filter(redirect_key="").exclude(namespace=MIRROR_NAMESPACE)
    return found
