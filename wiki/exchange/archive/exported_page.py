"""What is exported: a page at one version, with its authors, licences, sources and pictures.

All that is said here about *content* (credits, history lines) is the same on every wiki that
holds the page, so that an archive can be known again after any number of hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, Min, Sum

from wiki.errors import LicenseConflict, Refused, gettext_noop
from wiki.exchange.archive.format_spec import PICTURE_EXTENSION, PICTURE_PATTERN, file_stem, make_delta, media_paths
from wiki.exchange.models import Origin
from wiki.history.authorship import sort_by_share
from wiki.licenses import catalogue
from wiki.pages.media_models import Picture, file_key
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.text.markup.images import picture_name

VERSIONS_PER_QUERY = 100
ANCESTRY_LIMIT = 20
"""Forks of forks that credits name at most."""
_AROUND = 300
"""Signs about a change in which the name of a picture may begin or end."""


def own_host() -> str:
    """The name by which this wiki is known in archives: host and port of MOVILAB_URL."""
    return urlsplit(settings.BASE_ADDRESS).netloc


def absolute_url(url: str) -> str:
    """`url` with this wiki's address before it, where it is only a path."""
    return settings.BASE_ADDRESS + url if url.startswith("/") else url


def format_utc(when: datetime) -> str:
    """A point in time as archives write it: UTC, with microseconds, the same on every wiki."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class ExportedPage:
    """A page as it was at its version `last`, and what must be told about it."""

    page: WikiPage
    last: PageVersion
    text: str

    @classmethod
    def of(cls, page: WikiPage) -> ExportedPage:
        """The page at its current version.

        Raises Refused when it is deleted, LicenseConflict where one of its licences, present or
        past, cannot travel.
        """
        last = page.versions.select_related("stored").order_by("-number").first()
        text = last.text() if last else None
        if last is None or text is None:
            raise Refused(gettext_noop("This page is deleted: there is nothing to export."))
        subject = cls(page, last, text)
        for expression in subject.licenses:
            catalogue.require_free_license(expression)
        return subject

    @property
    def title(self) -> str:
        """The full title."""
        return self.last.title

    @property
    def stem(self) -> str:
        """The title as the name of a folder or file."""
        return file_stem(self.title)

    @cached_property
    def url(self) -> str:
        """Where this wiki shows the page."""
        return absolute_url(address("page", self.title))

    @cached_property
    def versions(self) -> Any:
        """The versions of the archive, unordered."""
        return PageVersion.objects.filter(page_id=self.page.pk, number__lte=self.last.number).order_by()

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Bytes of all texts, and the first and last dates."""
        found: dict[str, Any] = self.versions.aggregate(
            bytes=Sum("size"), first=Min("claimed_at"), latest=Max("claimed_at")
        )
        return found

    def authors(self, until: int | None = None) -> list[str]:
        """Names of those who wrote, in the order of their first version (up to `until`)."""
        versions = self.versions if until is None else self.versions.filter(number__lte=until)
        first = (
            versions.filter(is_deletion=False)
            .exclude(author_name="")
            .values("author_name")
            .annotate(first=Min("number"))
        )
        return [row["author_name"] for row in first.order_by("first")]

    @cached_property
    def licenses(self) -> list[str]:
        """Every licence expression that the page has been under, sorted."""
        return sorted(set(self.versions.values_list("license", flat=True)) | {self.last.license})

    def history(self) -> Iterator[tuple[PageVersion, str | None]]:
        """Versions with their texts, oldest first, a page of rows at a time."""
        done = 0
        while done < self.last.number:
            rows = self.versions.filter(number__gt=done, number__lte=done + VERSIONS_PER_QUERY)
            for version in rows.select_related("stored").order_by("number"):
                yield version, version.text()
            done += VERSIONS_PER_QUERY

    @cached_property
    def origin(self) -> Origin | None:
        """Where the page was imported from, if it was."""
        return Origin.objects.filter(page_id=self.page.pk).first()

    @property
    def is_untouched_import(self) -> bool:
        """Whether the page still is what an archive said."""
        return bool(self.origin and self.origin.digest and self.origin.version == self.last.number)

    @cached_property
    def source(self) -> dict[str, Any]:
        """Where this state of the page was made: here, unless an archive brought it unchanged."""
        if self.origin and self.is_untouched_import:
            origin = self.origin
            return {
                "host": origin.source, "title": origin.identifier, "url": origin.url,
                "version": self.last.number,
            }  # fmt: skip
        return {"host": own_host(), "title": self.title, "url": self.url, "version": self.last.number}

    def derived_from(self) -> list[dict[str, Any]]:
        """What the page was made from: forks, archives, data sets, the nearest first."""
        found = []
        fork = Fork.objects.filter(page_id=self.page.pk).first()
        if fork:
            found.append(_fork_entry(fork))
        origin = self.origin
        if origin and origin.digest and not self.is_untouched_import:
            found.append(self._origin_entry(origin, "import"))
        if origin and not origin.digest:
            found.append(self._origin_entry(origin, "data"))
        found += list(origin.ancestry) if origin else []
        return found + (_before(fork.upstream_id) if fork else [])

    def _origin_entry(self, origin: Origin, relation: str) -> dict[str, Any]:
        """An origin as credits name it."""
        then = self.versions.filter(number=origin.version).first() or self.last
        return {
            "relation": relation,
            "title": origin.identifier,
            "authors": [origin.source] if relation == "data" else self.authors(origin.version),
            "source": origin.url,
            "license": then.license,
            "host": origin.source,
            "version": origin.version,
            "date": format_utc(then.claimed_at),
        }

    def credits(self, pictures: Iterable[Picture]) -> dict[str, Any]:
        """Whom to name, for the text and for each picture: the content of `credits.json`."""
        shown = {picture.name: picture for picture in pictures}
        paths = media_paths(shown)
        return {
            "title": self.title,
            "authors": sort_by_share(self.page, self.authors()),
            "license": self.last.license,
            "source": self.source["url"],
            "derived_from": self.derived_from(),
            "media": [
                {
                    "file": paths[name],
                    "name": name,
                    "sha256": picture.sha256,
                    "author": picture.author,
                    "license": picture.license,
                    "source": picture.source,
                    "description": picture.description,
                }
                for name, picture in sorted(shown.items())
            ],
        }


def _before(page: int | None) -> list[dict[str, Any]]:
    """What the original of a fork was forked from itself, and so on, the nearest first; what is known of it here."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    while page is not None and page not in seen and len(seen) < ANCESTRY_LIMIT:
        seen.add(page)
        bond = Fork.objects.filter(page_id=page).first()
        if bond is not None:
            found.append(_fork_entry(bond))
        origin = Origin.objects.filter(page_id=page).first()
        found += list(origin.ancestry) if origin is not None else []
        page = bond.upstream_id if bond is not None else None
    return found


def _fork_entry(fork: Fork) -> dict[str, Any]:
    """The page that a fork came from, as credits name it."""
    return {
        "relation": "fork",
        "title": fork.upstream_title,
        "authors": list(fork.upstream_authors),
        "source": absolute_url(fork.upstream_url),
        "license": fork.upstream_license,
        "host": fork.upstream_host or own_host(),
        "version": fork.upstream_version,
        "date": format_utc(fork.made_at),
    }


def revision_line(version: PageVersion, before: str | None, text: str | None) -> dict[str, Any]:
    """One line of `revisions.jsonl`. Nothing in it depends on the wiki that writes it."""
    line = {
        "number": version.number,
        "host": version.origin_host or own_host(),
        "origin": version.origin_number or version.number,
        "author": version.author_name,
        "date": format_utc(version.claimed_at),
        "comment": version.comment,
        "minor": version.minor,
        "tags": list(version.tags),
        "title": version.title,
        "license": version.license,
        "language": version.language,
        "sha256": version.sha256,
    }
    if version.is_place:
        line["is_place"] = True
    return line | make_delta(before, text)


def pictures_named_in(text: str | None, line: dict[str, Any]) -> set[str]:
    """Keys of the pictures that a version may show and the one before did not."""
    if not text:
        return set()
    start = max(0, line.get("keep_start", 0) - _AROUND)
    end = len(text) - max(0, line.get("keep_end", 0) - _AROUND)
    return picture_keys(text[start:end])


def picture_keys(text: str) -> set[str]:
    """Keys of the pictures that a text may show, found without parsing it: perhaps too many."""
    if not PICTURE_EXTENSION.search(text):
        return set()
    names = (picture_name(match["name"]) for match in PICTURE_PATTERN.finditer(text))
    return {file_key(name) for name in names if name} - {""}


def license_ids(subject: ExportedPage, pictures: Iterable[Picture]) -> list[str]:
    """Ids of all licences in the archive, sorted; CC0 is that of what the wiki adds."""
    expressions = {*subject.licenses, *(picture.license for picture in pictures)}
    return sorted({"CC0-1.0"}.union(*map(catalogue.ids_in, expressions)))


def can_export(picture: Picture) -> bool:
    """Whether a picture can go into an archive: its licence allows it, and its file is here."""
    try:
        catalogue.require_free_license(picture.license)
    except LicenseConflict:
        return False
    file: Any = picture.file
    return bool(file.storage.exists(file.name))
