"""Finished pages kept in memory for readers without a session: one look-up in the database each.

The look-up tells version and stamp; together with language and theme they name the page as it is
now (its ETag), so that nothing stale is ever served: whatever else a page shows moves its stamp.
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
from wiki.pages.models import WikiPage
from wiki.text import titles
from wiki.text.markup.wikilinks import CATEGORY, FILE

PREFIX = "/wiki/"
ETAG_META = "wiki.etag"
"""Where a request carries the ETag of its page from the middleware to the view."""
STORE_BYTES = 64 * 1024 * 1024
COLUMNS = ("pk", "version", "cache_version", "full_title", "redirect_key", "namespace", "license")


def _release() -> str:
    """Changes when code, templates, translations, static files or what pages say of the site do: part of every ETag."""
    folders = [("templates", "*.html"), ("wiki/locale", "*.mo"), ("wiki", "*.py")]
    files = (file for folder, pattern in folders for file in (settings.BASE_DIR / folder).rglob(pattern))
    newest = max((file.stat().st_mtime_ns for file in files), default=0)
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    static = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
    said = f"{newest} {settings.SITE_NAME} {settings.BASE_ADDRESS} {settings.TILES} {static}"
    return hashlib.sha256(said.encode()).hexdigest()[:8]


RELEASE = _release()


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What decides how a page looks to everyone without a session; the columns of COLUMNS."""

    pk: int
    version: int
    cache_version: int
    full_title: str
    redirect_key: str
    namespace: int
    license: str

    @property
    def depends_on_other_pages(self) -> bool:
        """Whether the answer depends on other pages that move no stamp of this one."""
        return bool(self.redirect_key or self.namespace in (CATEGORY, FILE))


@cache
def _question() -> str:
    """The SQL of the gate for anonymous readers and one title key, compiled once."""
    gate = WikiPage.objects.readable_by(AnonymousUser()).filter(title_key="?").order_by()
    sql, parameters = gate.values_list(*COLUMNS).query.sql_with_params()
    if parameters != ("?",):
        raise RuntimeError(f"The gate asks for more than the title key: {parameters}")
    return str(sql)


def cache_key_for(key: str) -> CacheKey | None:
    """The head of the page with that title key that anyone may read."""
    with connection.cursor() as cursor:
        cursor.execute(_question(), [key])
        row = cursor.fetchone()
    return CacheKey(*row) if row else None


def is_cacheable(request: HttpRequest) -> bool:
    """Whether the answer is the same for everyone: no session, no message, no question asked."""
    cookies = request.COOKIES
    return not (settings.SESSION_COOKIE_NAME in cookies or "messages" in cookies or request.META.get("QUERY_STRING"))


def compute_etag(request: HttpRequest, head: CacheKey, language: str) -> str:
    """The name of a page as it is now, in a language and theme."""
    theme = request.COOKIES.get("theme", "")
    theme = theme if theme in ("light", "dark") else ""
    return f'"{RELEASE}-{head.pk}-{head.version}-{head.cache_version}-{language}{theme}"'


class ResponseStore:
    """Finished answers by ETag, at most `limit` bytes; those not asked for longest go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.responses: OrderedDict[str, CachedResponse] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, etag: str) -> CachedResponse | None:
        """The answer kept under that ETag."""
        with self.lock:
            found = self.responses.get(etag)
            if found is not None:
                self.responses.move_to_end(etag)
            return found

    def put(self, etag: str, answer: CachedResponse) -> None:
        """Keep an answer, and let go of others where there is no room."""
        with self.lock:
            self.size += len(answer.content) - len(self.responses.pop(etag, _NOTHING).content)
            self.responses[etag] = answer
            while self.size > self.limit:
                self.size -= len(self.responses.popitem(last=False)[1].content)

    def clear(self) -> None:
        """Forget all."""
        with self.lock:
            self.responses.clear()
            self.size = 0


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A finished answer: its body, and the headers that the view and the middleware within gave it."""

    content: bytes
    headers: tuple[tuple[str, str], ...]


_NOTHING = CachedResponse(b"", ())
RESPONSE_STORE = ResponseStore(STORE_BYTES)


class PageCacheMiddleware:
    """Middleware: answers a page that is kept before sessions, people and forms are thought of.

    What it keeps is what the view and all middleware within answered, headers too. It stands
    within those that guard every request (hosts, https, policies).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The kept answer, «not modified», or the view's answer, which is kept."""
        if (
            not request.path_info.startswith(PREFIX)
            or request.method not in ("GET", "HEAD")
            or not is_cacheable(request)
        ):
            return self.get_response(request)
        head = cache_key_at(request.path_info[len(PREFIX) :])
        if head is None:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours, as CommonMiddleware would
        etag = compute_etag(request, head, get_language_from_request(request)[:2])
        if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
            return add_cache_headers(HttpResponseNotModified(), head.license, etag)
        kept = RESPONSE_STORE.get(etag)
        if kept is None:
            return self._keep(request, etag)
        answer = HttpResponse(kept.content)
        for name, value in kept.headers:
            answer.headers[name] = value
        return answer

    def _keep(self, request: HttpRequest, etag: str) -> HttpResponseBase:
        """The view's answer, kept when it is the page of that name whole, and sets no cookie."""
        request.META[ETAG_META] = etag
        answer = self.get_response(request)
        whole = isinstance(answer, HttpResponse) and answer.status_code == 200 and request.method == "GET"
        if whole and answer.headers.get("ETag") == etag and not answer.cookies:
            RESPONSE_STORE.put(etag, CachedResponse(answer.content, tuple(answer.items())))  # type: ignore[attr-defined]
        return answer


def cache_key_at(title: str) -> CacheKey | None:
    """The head of the page at that address, where its answer can be kept for everyone."""
    try:
        key = titles.key_of(title)
    except titles.TitleProblem:
        return None
    head = cache_key_for(key)
    if head is None or head.depends_on_other_pages or title.replace("_", " ") != head.full_title:
        return None
    return head


def etag_from_middleware(request: HttpRequest) -> str:
    """The ETag of the page that a view is about to show; "" where the answer is not everyone's."""
    return str(request.META.get(ETAG_META, ""))


def add_cache_headers(answer: HttpResponseBase, license: str, etag: str) -> HttpResponseBase:
    """Say to caches and machines what they have to know."""
    if etag:
        answer["ETag"] = etag
    answer["Cache-Control"] = "no-cache" if etag else "private, no-cache"
    answer["Link"] = _license_links(license)
    answer["Vary"] = "Cookie, Accept-Language"
    return answer


def license_urls(expression: str) -> list[str]:
    """The addresses by which machines know the licences of an expression."""
    return [entry.deed_url or entry.text_url for entry in catalogue.licenses_in(expression)]


@cache
def _license_links(expression: str) -> str:
    """The HTTP header `Link` of a licence expression."""
    return ", ".join(f'<{url}>; rel="license"' for url in license_urls(expression))
