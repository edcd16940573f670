"""Fetches pages of other sites as mirrors, and polls the sites for new versions."""

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
from wiki.pages.background_jobs import FailureLog
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.remotes import federated_wiki, mirror_import
from wiki.remotes.http_client import CHUNK_SIZE, FetchResult, ProgressCallback, Unreachable, fetch, ignore_progress
from wiki.remotes.mirror_import import FetchSource

ZIP, FEED, HTML, JSON = "application/zip", "application/atom+xml", "text/html", "application/json"
HTML_BYTES = 200_000
"""Bytes of an HTML page in which links to archive and feed are searched for."""
PAGE_SECONDS, FEED_SECONDS, ARCHIVE_SECONDS = 15.0, 5.0, 60.0
"""Timeouts in seconds: of a page, of a feed, of an archive."""
POLL_INTERVAL = timedelta(hours=6)
"""Time between two polls of a mirror by the worker."""


class _AlternateLinkParser(HTMLParser):
    """Collects the URLs of `<link rel="alternate">` by media type; the first one of each type."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Store the URL of a `<link rel="alternate">`."""
        values = {name: value or "" for name, value in attrs}
        if tag == "link" and "alternate" in values.get("rel", "").lower().split():
            self.found.setdefault(values.get("type", "").lower(), values.get("href", ""))


def alternate_links(html: str) -> dict[str, str]:
    """Return {media type: URL} of the alternate links of a page, as far as it can be parsed."""
    links = _AlternateLinkParser()
    with suppress(AssertionError):  # raised by the parser for a malformed declaration
        links.feed(html)
    return links.found


def fetch_mirror(address: str, by: User | None, report_progress: ProgressCallback = ignore_progress) -> Mirror:
    """Fetch the page at `address` as a mirror: a page of a Movilab wiki, its archive, or a page of a Federated Wiki.

    Raises Refused (the URL is not allowed, or the page links to no archive), Unreachable, and what `import_mirror` and
    `report_progress` raise.
    """
    importer.check_import_allowed(by)
    result = fetch(
        address,
        limit=LIMITS.zip_bytes,
        seconds=PAGE_SECONDS,
        accept=f"{HTML}, {ZIP}, {JSON}",
        report_progress=report_progress,
    )
    if result.content_type == ZIP:
        return mirror_import.import_mirror(
            result.body, by, FetchSource(result.url, result.url, validator=_validator_of(result))
        )
    source = _find_source(result)
    if source is None:
        return _fetch_federated(result, by)
    archive = _fetch_archive(source, report_progress)
    return mirror_import.import_mirror(archive.body, by, source)


def _fetch_archive(source: FetchSource, report_progress: ProgressCallback) -> FetchResult:
    return fetch(
        source.archive,
        limit=LIMITS.zip_bytes,
        seconds=ARCHIVE_SECONDS,
        accept=ZIP,
        report_progress=report_progress,
    )


def _find_source(result: FetchResult) -> FetchSource | None:
    """Return the URLs of archive and feed linked from a page; None when it links to no archive.

    Raises Refused, Unreachable.
    """
    links = alternate_links(result.body.read(HTML_BYTES).decode("utf-8", "replace"))
    if ZIP not in links:
        return None
    try:
        archive, feed = urljoin(result.url, links[ZIP]), urljoin(result.url, links.get(FEED, ""))
    except ValueError as error:  # like `http://[x`
        raise Refused(gettext_noop("The page at this address has a link that is no address.")) from error
    if urlsplit(archive).netloc != urlsplit(result.url).netloc:  # a page may link only to an archive of its own site
        raise Refused(
            gettext_noop("The page at this address gives the archive of another site: give that site's address.")
        )
    if FEED not in links or urlsplit(feed).netloc != urlsplit(archive).netloc:
        feed = ""
    url = urlsplit(result.url)._replace(query="").geturl()  # the query may name the redirect that was followed
    return FetchSource(url, archive, feed, _validator_of(_fetch_feed(feed, "", FEED_SECONDS)) if feed else "")


def _fetch_federated(result: FetchResult, by: User | None) -> Mirror:
    """Fetch a page of a Federated Wiki as a mirror. Raises Refused when there is none at the URL."""
    address = federated_wiki.json_address(result.url)
    try:
        page = result if result.content_type == JSON or not address else _fetch_json(address)
    except Unreachable:
        page = result
    if not address or page.content_type != JSON:
        raise Refused(gettext_noop("No archive is told of at this address: is it a page of a Movilab wiki?"))
    page.body.seek(0)
    source = FetchSource(f"{address.removesuffix('.json')}.html", address, validator=_validator_of(page))
    return mirror_import.import_mirror(page.body, by, source)


def _fetch_json(address: str) -> FetchResult:
    return fetch(address, limit=federated_wiki.BYTES_LIMIT, seconds=PAGE_SECONDS, accept=JSON)


def require_confirmed(mirror: Mirror) -> None:
    """Raise Refused for a mirror that was imported from a file, whose site cannot be polled."""
    if not mirror.is_confirmed:
        raise Refused(
            gettext_noop("This page came as a file: nobody knows where to ask. Give a newer archive instead.")
        )


def poll(mirror: Mirror, by: User | None = None, report_progress: ProgressCallback = ignore_progress) -> bool:
    """Fetch new versions of the remote page; return whether there were any.

    Raises what `fetch_mirror` raises. A problem and the time of the poll are stored in the mirror.
    """
    require_confirmed(mirror)
    importer.check_import_allowed(by)
    try:
        return _poll(mirror, by, report_progress)
    except DatabaseBusy:
        raise
    except WikiError as error:
        with translation.override(settings.LANGUAGE_CODE):
            message = message_for(error)[:500]
        Mirror.objects.filter(pk=mirror.pk).update(problem=message, polled_at=timezone.now())
        raise


def _poll(mirror: Mirror, by: User | None, report_progress: ProgressCallback) -> bool:
    seconds = FEED_SECONDS if mirror.feed else ARCHIVE_SECONDS
    result = _fetch_feed(mirror.feed or mirror.archive, mirror.validator, seconds, report_progress)
    if result.status == 304 or _validator_of(result) == mirror.validator:
        Mirror.objects.filter(pk=mirror.pk).update(problem="", polled_at=timezone.now())
        return False
    archive, source = result, FetchSource(mirror.url, mirror.archive, mirror.feed, _validator_of(result))
    if mirror.feed:
        page = fetch(
            mirror.url,
            limit=LIMITS.zip_bytes,
            seconds=PAGE_SECONDS,
            accept=HTML,
            report_progress=report_progress,
        )
        page_source = _find_source(page)  # the URL of a renamed page redirects to its new URL
        if page_source is not None and urlsplit(page_source.archive).netloc == urlsplit(mirror.archive).netloc:
            source = page_source
        archive = _fetch_archive(source, report_progress)
    before = mirror.page.version
    updated = mirror_import.import_mirror(archive.body, by, source, mirror)
    updated.page.refresh_from_db(fields=["version"])
    return bool(updated.page.version != before)


def _fetch_feed(
    url: str, validator: str, seconds: float, report_progress: ProgressCallback = ignore_progress
) -> FetchResult:
    """Fetch a feed (or archive), conditionally when `validator` is an ETag."""
    return fetch(
        url,
        limit=LIMITS.zip_bytes,
        seconds=seconds,
        accept=f"{FEED}, {ZIP}",
        etag=validator if validator.startswith(('"', "W/")) else "",
        report_progress=report_progress,
    )


def _validator_of(result: FetchResult) -> str:
    """Return the validator of a response: its ETag, else a checksum of the body."""
    if result.etag:
        return result.etag
    checksum = hashlib.sha256()
    while chunk := result.body.read(CHUNK_SIZE):
        checksum.update(chunk)
    result.body.seek(0)
    return f"sha256:{checksum.hexdigest()}"


class MirrorPollJob:
    """Background job that polls the mirrors that have forks, each every POLL_INTERVAL, one per run."""

    name = "mirror polling"

    def run(self) -> bool:
        """Poll one mirror; return whether there may be more."""
        due = Q(polled_at=None) | Q(polled_at__lt=timezone.now() - POLL_INTERVAL)
        mirrors = Mirror.objects.filter(due, page__forks__page__title_key__isnull=False, page__title_key__isnull=False)
        failures = FailureLog(self.name)
        mirrors = mirrors.exclude(archive="").exclude(pk__in=failures.waiting())
        mirror = mirrors.select_related("page").order_by("polled_at", "pk").first()
        if mirror is None:
            return False
        try:
            failures.run(mirror.pk, _poll_in_background, mirror)
        except DatabaseBusy:
            return False
        return True


def _poll_in_background(mirror: Mirror) -> None:
    """Poll a mirror; a problem with the other site is stored in the mirror, which will be polled again."""
    try:
        poll(mirror)
    except DatabaseBusy:
        raise
    except WikiError:
        pass
