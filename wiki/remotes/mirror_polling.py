"""Asks other sites: for the page at an address the first time, and from then on whether it has moved."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation

from wiki.accounts.models import User
from wiki.errors import DatabaseBusy, Refused, WikiError, gettext_noop
from wiki.exchange.archive import importer
from wiki.exchange.archive.format_spec import LIMITS
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.remotes import federated_wiki, mirror_import
from wiki.remotes.http_client import CHUNK_SIZE, FetchResult, Unreachable, fetch
from wiki.remotes.mirror_import import FetchSource

ZIP, FEED, HTML, JSON = "application/zip", "application/atom+xml", "text/html", "application/json"
HTML_BYTES = 200_000
"""Bytes of a page in which its links to archive and feed are looked for."""
PAGE_SECONDS, FEED_SECONDS, ARCHIVE_SECONDS = 15.0, 5.0, 60.0
"""For a page that somebody gives; for a feed, which the worker asks between other work; for an archive."""
POLL_INTERVAL = timedelta(hours=6)
"""After so long the worker asks again."""


class _Links(HTMLParser):
    """The addresses that a page names as other forms of itself, by type; the first of each counts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a `<link rel="alternate">`."""
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and "alternate" in given.get("rel", "").lower().split():
            self.found.setdefault(given.get("type", "").lower(), given.get("href", ""))


def alternate_links(html: str) -> dict[str, str]:
    """The addresses that a page names as other forms of itself, by type, as far as it can be read."""
    links = _Links()
    with suppress(AssertionError):  # so the parser says that a declaration is none
        links.feed(html)
    return links.found


def fetch_mirror(address: str, by: User | None) -> Mirror:
    """Keep the page at `address` here: a page of a Movilab wiki, its archive, or a page of a Federated Wiki.

    Raises Refused (the address is not to be asked, or no archive is told of there), Unreachable, and what
    `mirroring.mirror` raises.
    """
    importer.check_import_allowed(by)
    got = fetch(address, limit=LIMITS.zip_bytes, seconds=PAGE_SECONDS, accept=f"{HTML}, {ZIP}, {JSON}")
    if got.content_type == ZIP:
        return mirror_import.import_mirror(got.body, by, FetchSource(got.url, got.url, validator=_mark(got)))
    found = _found(got)
    if found is None:
        return _federated(got, by)
    came = fetch(found.archive, limit=LIMITS.zip_bytes, seconds=ARCHIVE_SECONDS, accept=ZIP)
    return mirror_import.import_mirror(came.body, by, found)


def _found(got: FetchResult) -> FetchSource | None:
    """Where the archive and the feed of a page are; None where it tells of no archive. Raises Refused, Unreachable."""
    links = alternate_links(got.body.read(HTML_BYTES).decode("utf-8", "replace"))
    if ZIP not in links:
        return None
    archive, feed = urljoin(got.url, links[ZIP]), urljoin(got.url, links.get(FEED, ""))
    if urlsplit(archive).netloc != urlsplit(got.url).netloc:  # nobody speaks for another site
        raise Refused(
            gettext_noop("The page at this address gives the archive of another site: give that site's address.")
        )
    if FEED not in links or urlsplit(feed).netloc != urlsplit(archive).netloc:
        feed = ""
    url = urlsplit(got.url)._replace(query="").geturl()  # a redirect says in it where one came from
    return FetchSource(url, archive, feed, _mark(_ask(feed, "", FEED_SECONDS)) if feed else "")


def _federated(got: FetchResult, by: User | None) -> Mirror:
    """Keep the page of a Federated Wiki that an address leads to. Raises Refused where it leads to none."""
    address = federated_wiki.json_address(got.url)
    try:
        came = got if got.content_type == JSON or not address else _json(address)
    except Unreachable:
        came = got
    if not address or came.content_type != JSON:
        raise Refused(gettext_noop("No archive is told of at this address: is it a page of a Movilab wiki?"))
    came.body.seek(0)
    found = FetchSource(f"{address.removesuffix('.json')}.html", address, validator=_mark(came))
    return mirror_import.import_mirror(came.body, by, found)


def _json(address: str) -> FetchResult:
    return fetch(address, limit=federated_wiki.BYTES_LIMIT, seconds=PAGE_SECONDS, accept=JSON)


def poll(mirror: Mirror, by: User | None = None) -> bool:
    """Whether the original has moved; its new versions are here then.

    Raises what `mirror_at` raises; the mirror says what was wrong, and when it was asked.
    """
    if not mirror.is_confirmed:
        raise Refused(
            gettext_noop("This page came as a file: nobody knows where to ask. Give a newer archive instead.")
        )
    importer.check_import_allowed(by)
    try:
        return _asked(mirror, by)
    except DatabaseBusy:
        raise
    except WikiError as error:
        with translation.override(settings.LANGUAGE_CODE):
            said = message_for(error)[:500]
        Mirror.objects.filter(pk=mirror.pk).update(problem=said, polled_at=timezone.now())
        raise


def _asked(mirror: Mirror, by: User | None) -> bool:
    got = _ask(mirror.feed or mirror.archive, mirror.validator, FEED_SECONDS if mirror.feed else ARCHIVE_SECONDS)
    if got.status == 304 or _mark(got) == mirror.validator:
        Mirror.objects.filter(pk=mirror.pk).update(problem="", polled_at=timezone.now())
        return False
    came, found = got, FetchSource(mirror.url, mirror.archive, mirror.feed, _mark(got))
    if mirror.feed:
        page = fetch(mirror.url, limit=LIMITS.zip_bytes, seconds=PAGE_SECONDS, accept=HTML)
        there = _found(page)  # a page that was renamed leads from its old address to its new one
        if there is not None and urlsplit(there.archive).netloc == urlsplit(mirror.archive).netloc:
            found = there
        came = fetch(found.archive, limit=LIMITS.zip_bytes, seconds=ARCHIVE_SECONDS, accept=ZIP)
    before = mirror.page.version
    kept = mirror_import.import_mirror(came.body, by, found, mirror)
    kept.page.refresh_from_db(fields=["version"])
    return bool(kept.page.version != before)


def _ask(where: str, mark: str, seconds: float) -> FetchResult:
    """What stands at a feed (or archive) now, where it is not what `mark` tells."""
    etag = mark if mark.startswith(('"', "W/")) else ""
    return fetch(where, limit=LIMITS.zip_bytes, seconds=seconds, accept=f"{FEED}, {ZIP}", etag=etag)


def _mark(got: FetchResult) -> str:
    """What tells an answer from another one: its ETag, else its checksum."""
    if got.etag:
        return got.etag
    checksum = hashlib.sha256()
    while piece := got.body.read(CHUNK_SIZE):
        checksum.update(piece)
    got.body.seek(0)
    return f"sha256:{checksum.hexdigest()}"


class MirrorPollJob:
    """Asks the originals of forks whether they have moved, each some times a day, one in each go."""

    name = "originals"

    def run(self) -> bool:
        """One site; whether there may be more."""
        due = Q(polled_at=None) | Q(asked_at__lt=timezone.now() - POLL_INTERVAL)
        waiting = Mirror.objects.filter(due, page__forks__page__title_key__isnull=False, page__title_key__isnull=False)
        mirror = waiting.exclude(archive="").select_related("page").order_by("polled_at").first()
        if mirror is None:
            return False
        try:
            poll(mirror)
        except DatabaseBusy:
            return False
        except WikiError:
            pass  # the mirror says so, and will be asked again
        return True
