"""In-memory HTTP cache of whole pages, and of the home page, for readers without a session.

Each request makes one query, for the version and `cache_version` of the page. With the language and the theme they
form the ETag, which is the key of the cache, so that stale responses are never served: everything else that a page
shows increments its `cache_version` when it changes. The home page shows the whole wiki: its key is the state of all.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.translation import get_language_from_request

from wiki.licenses import catalogue
from wiki.pages import content_negotiation, deferred_content
from wiki.pages.models import WikiPage
from wiki.text import titles
from wiki.text.titles import CATEGORY, FILE

PREFIX, HOME = "/wiki/", "/"
ETAG_META = "wiki.etag"
"""Key of `request.META` by which the middleware passes the ETag to the view."""
STORE_BYTES = 64 * 1024 * 1024
COLUMNS = ("pk", "version", "cache_version", "full_title", "redirect_key", "namespace", "license")


def _release() -> str:
    """Return a hash of the state of code, templates, translations, static files, and settings that pages show."""
    folders = [("templates", "*.html"), ("wiki/locale", "*.mo"), ("wiki", "*.py")]
    files = (file for folder, pattern in folders for file in (settings.BASE_DIR / folder).rglob(pattern))
    newest = max((file.stat().st_mtime_ns for file in files), default=0)
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    static = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
    state = f"{newest} {settings.SITE_NAME} {settings.BASE_ADDRESS} {settings.TILES} {settings.MAP_ARCHIVE} {static}"
    return hashlib.sha256(state.encode()).hexdigest()[:8]


RELEASE = _release()
"""Part of every ETag, computed when the process starts."""


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Columns of a page (COLUMNS) that determine its response for readers without a session, and its headers."""

    pk: int
    version: int
    cache_version: int
    full_title: str
    redirect_key: str
    namespace: int
    license: str

    @property
    def depends_on_other_pages(self) -> bool:
        """Whether the response depends on other pages that do not change the `cache_version` of this page."""
        return bool(self.redirect_key or self.namespace in (CATEGORY, FILE))


@cache
def _lookup_sql() -> str:
    """Return SQL that selects COLUMNS by title key, with the permission filter of anonymous readers."""
    pages = WikiPage.objects.readable_by(AnonymousUser()).filter(title_key="?").order_by()
    sql, parameters = pages.values_list(*COLUMNS).query.sql_with_params()
    if parameters != ("?",):
        raise RuntimeError(f"The permission filter has parameters beside the title key: {parameters}")
    return str(sql)


def cache_key_for(title_key: str) -> CacheKey | None:
    """Return the cache key of the page with a title key, None if anonymous readers may not read it. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_lookup_sql(), [title_key])
        row = cursor.fetchone()
    return CacheKey(*row) if row else None


def is_cacheable(request: HttpRequest) -> bool:
    """Whether the response is the same for all readers: no session, message or query string, and HTML."""
    cookies = request.COOKIES
    if settings.SESSION_COOKIE_NAME in cookies or "messages" in cookies or request.META.get("QUERY_STRING"):
        return False
    return not content_negotiation.accepted_ending(request)


def compute_etag(request: HttpRequest, state: str, language: str) -> str:
    """Return the ETag of a response in a language, and in the theme of the request."""
    theme = request.COOKIES.get("theme", "")
    theme = theme if theme in ("light", "dark") else ""
    return f'"{RELEASE}-{state}-{language}{theme}"'


class ResponseStore:
    """LRU cache of responses by ETag, with at most `limit` bytes of content."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.responses: OrderedDict[str, CachedResponse] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, etag: str) -> CachedResponse | None:
        """Return the response with this ETag, and mark it as used."""
        with self.lock:
            found = self.responses.get(etag)
            if found is not None:
                self.responses.move_to_end(etag)
            return found

    def put(self, etag: str, response: CachedResponse) -> None:
        """Store a response under its ETag; evict the least recently used responses beyond the size limit."""
        with self.lock:
            self.size += len(response.content) - len(self.responses.pop(etag, _EMPTY).content)
            self.responses[etag] = response
            while self.size > self.limit:
                self.size -= len(self.responses.popitem(last=False)[1].content)

    def clear(self) -> None:
        """Delete all responses."""
        with self.lock:
            self.responses.clear()
            self.size = 0


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """Body of a response, and the headers set by the view and by the middleware inside `PageCacheMiddleware`."""

    content: bytes
    headers: tuple[tuple[str, str], ...]


_EMPTY = CachedResponse(b"", ())
RESPONSE_STORE = ResponseStore(STORE_BYTES)


class PageCacheMiddleware:
    """Serve pages from the cache, before the middleware for sessions, users and forms runs.

    Responses are stored with the headers of the view and of all middleware inside this one. The middleware that
    protects every request (hosts, HTTPS, policies) is outside, so that it also applies to cached responses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return «304 Not Modified», the cached response, or the response of the view, which is then stored."""
        if request.method not in ("GET", "HEAD") or not is_cacheable(request):
            return self.get_response(request)
        state, license = _state_at(request.path_info)
        if not state:
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost, as CommonMiddleware would
        etag = compute_etag(request, state, get_language_from_request(request)[:2])
        if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
            return add_cache_headers(HttpResponseNotModified(), license, etag)
        cached = RESPONSE_STORE.get(etag)
        if cached is None:
            return self._get_and_store(request, etag)
        response = HttpResponse(cached.content)
        for name, value in cached.headers:
            response.headers[name] = value
        return response

    def _get_and_store(self, request: HttpRequest, etag: str) -> HttpResponseBase:
        """Return the response of the view; store it if it is complete, has this ETag and sets no cookie."""
        request.META[ETAG_META] = etag
        response = self.get_response(request)
        is_complete = isinstance(response, HttpResponse) and response.status_code == 200 and request.method == "GET"
        if is_complete and response.headers.get("ETag") == etag and not response.cookies:
            content = response.content  # type: ignore[attr-defined]  # an HttpResponse, as checked above
            RESPONSE_STORE.put(etag, CachedResponse(content, tuple(response.items())))
        return response


def _state_at(path: str) -> tuple[str, str]:
    """Return the state on which the response at a path depends, and its licence; "" if it must not be cached."""
    if path == HOME:
        return f"home-{deferred_content.get_provider().site_state()}", ""
    key = cache_key_at(path[len(PREFIX) :]) if path.startswith(PREFIX) else None
    return ("", "") if key is None else (f"{key.pk}-{key.version}-{key.cache_version}", key.license)


def cache_key_at(title: str) -> CacheKey | None:
    """Return the cache key of the page at `/wiki/<title>`.

    None if there is no such page, `title` is not its canonical spelling, or the response depends on other pages.
    """
    try:
        title_key = titles.key_of(title)
    except titles.TitleProblem:
        return None
    key = cache_key_for(title_key)
    if key is None or key.depends_on_other_pages or title.replace("_", " ") != key.full_title:
        return None
    return key


def etag_from_middleware(request: HttpRequest) -> str:
    """Return the ETag that the middleware computed for this request; "" if the response must not be cached."""
    return str(request.META.get(ETAG_META, ""))


def add_cache_headers(response: HttpResponseBase, license: str, etag: str) -> HttpResponseBase:
    """Set the headers ETag, Cache-Control, Link (licences) and Vary.

    `etag` "" makes the response private; `license` "" is that of a page with parts under several licences.
    """
    if etag:
        response["ETag"] = etag
    response["Cache-Control"] = "no-cache" if etag else "private, no-cache"
    if license:
        response["Link"] = _license_links(license)
    response["Vary"] = content_negotiation.VARY
    return response


def license_urls(expression: str) -> list[str]:
    """Return the URLs of the licences of a licence expression: the deed, or else the legal text."""
    return [entry.deed_url or entry.text_url for entry in catalogue.licenses_in(expression)]


@cache
def _license_links(expression: str) -> str:
    """Return the value of the HTTP header `Link` for a licence expression."""
    return ", ".join(f'<{url}>; rel="license"' for url in license_urls(expression))
