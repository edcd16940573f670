"""Small files that browsers and other sites look for: OpenSearch description, web manifest, favicon, oEmbed."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.linked_data.schema_values import own_picture_key
from wiki.pages import permissions
from wiki.pages.media_models import pictures_by_name
from wiki.pages.models import Kind, WikiPage
from wiki.pages.rendering import page_cache
from wiki.pages.views import manage

DAY = 86_400
WIDTH = 400
"""Width of a thumbnail, and of what is embedded of a page, at most."""
DIRECTORY_WIDTH, DIRECTORY_HEIGHT = 1_200, 700


@require_safe
@cache_control(public=True, max_age=DAY)
def opensearch(request: HttpRequest) -> HttpResponse:
    """Describe the search (OpenSearch 1.1), so that browsers can offer it."""
    context = {
        "search": f"{settings.BASE_ADDRESS}{reverse('search')}",
        "feed": f"{settings.BASE_ADDRESS}{reverse('feed_search')}",
        "icon": f"{settings.BASE_ADDRESS}{reverse('favicon')}",
    }
    content_type = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "wiki/linked_data/opensearch.xml", context, content_type=content_type)


@require_safe
@cache_control(public=True, max_age=DAY)
def web_manifest(request: HttpRequest) -> HttpResponse:
    """Describe the site as an app (W3C Web Application Manifest)."""
    icons = [{"src": static("wiki/favicon.svg"), "type": "image/svg+xml", "sizes": "any"}]
    icons += [
        {"src": static(f"wiki/icon-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}"} for size in (192, 512)
    ]
    manifest = {
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME[:12],
        "id": "/",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": "#17595a",
        "icons": icons,
    }
    return JsonResponse(manifest, content_type="application/manifest+json")


@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(request: HttpRequest) -> HttpResponseBase:
    """Lead to the icon, whose own address has its checksum."""
    return redirect(static("wiki/favicon.ico"))


@require_safe
def oembed(request: HttpRequest) -> HttpResponseBase:
    """Return what other sites embed of the page or directory `?url=` (oEmbed 1.0), as JSON or (`?format=xml`) as XML.

    404 for addresses that are neither, 501 for other formats, as oEmbed has it.
    """
    rate_limits.limit_data(request)
    form = request.GET.get("format", "json")
    if form not in ("json", "xml"):
        return HttpResponse(status=501)
    url, limit = request.GET.get("url", ""), request.GET.get("maxwidth", "")
    width = int(limit) if limit.isdecimal() and 0 < len(limit) < 6 else DIRECTORY_WIDTH
    content = embedded_directory(url, min(width, DIRECTORY_WIDTH))
    if content is None:
        content = embedded_page(_page_at(request, url), min(width, WIDTH))
    response: HttpResponse
    if form == "xml":
        root = ElementTree.Element("oembed")
        for name, value in content.items():
            ElementTree.SubElement(root, name).text = str(value)
        raw = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        response = HttpResponse(raw, content_type="text/xml; charset=utf-8")
    else:
        response = JsonResponse(content)
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Robots-Tag"] = "noindex"
    return response


def _page_at(request: HttpRequest, url: str) -> WikiPage:
    """Return the page at an absolute URL of this site. Raises Http404."""
    start = settings.BASE_ADDRESS + page_cache.PREFIX
    if not url.startswith(start):
        raise Http404(gettext("There is no page of that title."))
    return manage.get_page(
        request, unquote(urlsplit(url).path.removeprefix(page_cache.PREFIX)), permissions.Action.READ
    )


def embedded_directory(url: str, width: int) -> dict[str, Any] | None:
    """Return the response of oEmbed for a directory, as a frame of what its address chooses; else None."""
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" != settings.BASE_ADDRESS:
        return None
    kind = next((one for one in Kind.objects.all() if parts.path == reverse("directory", args=[one.key])), None)
    if kind is None:
        return None
    query = QueryDict(parts.query, mutable=True)
    query["embed"] = "1"
    source = f"{settings.BASE_ADDRESS}{parts.path}?{query.urlencode()}"
    frame = '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" allow="geolocation"></iframe>'
    return {
        "version": "1.0",
        "type": "rich",
        "title": kind.plural,
        "provider_name": settings.SITE_NAME,
        "provider_url": f"{settings.BASE_ADDRESS}/",
        "html": format_html(frame, source, width, DIRECTORY_HEIGHT, kind.plural),
        "width": width,
        "height": DIRECTORY_HEIGHT,
        "cache_age": DAY,
    }


def embedded_page(page: WikiPage, width: int) -> dict[str, Any]:
    """Return the response of oEmbed: a quotation with title, beginning, site and licence."""
    url = f"{settings.BASE_ADDRESS}{page.get_absolute_url()}"
    license_url = next(iter(page_cache.license_urls(page.license)), "")
    html = format_html(
        '<blockquote cite="{}"><p><a href="{}"><strong>{}</strong></a></p><p>{}</p>'
        '<footer><a href="{}">{}</a> · <a rel="license" href="{}">{}</a></footer></blockquote>',
        url, url, page.shown_title, page.excerpt, f"{settings.BASE_ADDRESS}/", settings.SITE_NAME, license_url,
        page.license,
    )  # fmt: skip
    found: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": page.shown_title,
        "provider_name": settings.SITE_NAME,
        "provider_url": f"{settings.BASE_ADDRESS}/",
        "url": url,
        "html": html,
        "width": width,
        "height": 200,
        "cache_age": DAY,
    }
    name = own_picture_key(page)
    if name and (picture := pictures_by_name([name]).get(name)):
        address, picture_width, height = picture.sized_copy(WIDTH)
        if picture_width <= width:
            found |= {"thumbnail_url": settings.BASE_ADDRESS + address, "thumbnail_width": picture_width,
                      "thumbnail_height": height}  # fmt: skip
    return found
