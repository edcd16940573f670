"""Finished pages kept in memory for readers without a session: one look-up in the database each.

The look-up tells version and stamp; together with language and theme they name the page as it is
now (its ETag), so that nothing stale is ever served: whatever else a page shows moves its stamp.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from wiki.licenses import catalogue
from wiki.pages.models import WikiPage
from wiki.text.links import CATEGORY, FILE

COLUMNS = ("pk", "version", "stamp", "full_title", "redirect_key", "namespace", "license")


def _release() -> str:
    """Changes when templates, translations or the site's name do: part of every ETag."""
    folders = [(settings.BASE_DIR / "templates", "*.html"), (settings.BASE_DIR / "wiki/locale", "*.mo")]
    newest = max((file.stat().st_mtime_ns for folder, pattern in folders for file in folder.rglob(pattern)), default=0)
    return hashlib.sha256(f"{newest} {settings.SITE_NAME}".encode()).hexdigest()[:8]


RELEASE = _release()


@dataclass(frozen=True, slots=True)
class Head:
    """What decides how a page looks to everyone without a session; the columns of COLUMNS."""

    pk: int
    version: int
    stamp: int
    full_title: str
    redirect_key: str
    namespace: int
    license: str

    @property
    def shows_others(self) -> bool:
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


def head_of(key: str) -> Head | None:
    """The head of the page with that title key that anyone may read."""
    with connection.cursor() as cursor:
        cursor.execute(_question(), [key])
        row = cursor.fetchone()
    return Head(*row) if row else None


def is_shared(request: HttpRequest) -> bool:
    """Whether the answer is the same for everyone: no session, no message, no question asked."""
    cookies = request.COOKIES
    return not (settings.SESSION_COOKIE_NAME in cookies or "messages" in cookies or request.META.get("QUERY_STRING"))


def etag_of(request: HttpRequest, head: Head, language: str) -> str:
    """The name of a page as it is now, in a language and theme."""
    theme = request.COOKIES.get("theme", "")
    theme = theme if theme in ("light", "dark") else ""
    return f'"{RELEASE}-{head.pk}-{head.version}-{head.stamp}-{language}{theme}"'


def recall(request: HttpRequest, title: str, key: str, language: str) -> tuple[HttpResponseBase | None, str]:
    """The kept answer for a page, or None; and the ETag under which to keep one ("" for none)."""
    if not is_shared(request):
        return None, ""
    head = head_of(key)
    if head is None or head.shows_others or title.replace("_", " ") != head.full_title:
        return None, ""
    etag = etag_of(request, head, language)
    if etag in request.headers.get("If-None-Match", ""):
        return finish(HttpResponseNotModified(), head.license, etag), etag
    content = caches["pages"].get(etag)
    return (None if content is None else finish(HttpResponse(content), head.license, etag)), etag


def keep(answer: HttpResponse, etag: str) -> None:
    """Keep a finished page under its ETag."""
    caches["pages"].set(etag, answer.content)


def finish(answer: HttpResponseBase, license: str, etag: str) -> HttpResponseBase:
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
