"""The data of an export: a page at one version, with its authors, licences, sources and pictures.

The *content* (credits, lines of the history) is the same on every wiki that has the page, so that an archive can be
recognized after any number of exports and imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, Min, Sum

from wiki.errors import LicenseConflict, Refused, gettext_noop
from wiki.exchange.archive.format_spec import FACT_RELATION, file_stem, make_delta, media_paths
from wiki.exchange.models import Origin
from wiki.facts import fact_sources
from wiki.facts.fact_sources import FactSource
from wiki.history.authorship import sort_by_share
from wiki.licenses import catalogue
from wiki.pages.media_models import File, Picture, media_by_name, media_of
from wiki.pages.models import Fork, Kind, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.writing import parsed_versions
from wiki.text.markup import parser_process
from wiki.text.media_names import media_keys
from wiki.text.statements import extract_statements

VERSIONS_PER_QUERY = 100
ANCESTRY_LIMIT = 20
"""Maximum depth of forks of forks named in the credits."""
_CONTEXT = 300
"""Characters around a change in which the name of a picture may begin or end."""


def own_host() -> str:
    """Return the name of this wiki in archives: host and port of MOVILAB_URL."""
    return urlsplit(settings.BASE_ADDRESS).netloc


def absolute_url(url: str) -> str:
    """Return `url`; a path gets the base address of this wiki."""
    return settings.BASE_ADDRESS + url if url.startswith("/") else url


def format_utc(when: datetime) -> str:
    """Return a date as archives write it: ISO 8601 in UTC, with microseconds, ending in Z."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class ExportedPage:
    """A page at its version `last`, with the data that an archive states about it; `last` has a text."""

    page: WikiPage
    last: PageVersion
    text: str

    @classmethod
    def of(cls, page: WikiPage) -> ExportedPage:
        """Return the page at its current version, a deleted page at the one before it was deleted.

        Raises LicenseConflict when one of its licences until then is not free, Refused for a page without any text.
        """
        last = page.versions.filter(is_deletion=False).select_related("stored").order_by("-number").first()
        text = last.text() if last else None
        if last is None or text is None:
            raise Refused(gettext_noop("This page is deleted: there is nothing to export."))
        exported = cls(page, last, text)
        for expression in exported.licenses:
            catalogue.require_free_license(expression)
        return exported

    @property
    def title(self) -> str:
        """The full title."""
        return self.last.title

    @property
    def stem(self) -> str:
        """The title as the name of a folder or file, without extension."""
        return file_stem(self.title)

    @cached_property
    def url(self) -> str:
        """The absolute URL of the page."""
        return absolute_url(address("page", self.title))

    @cached_property
    def kind(self) -> Kind | None:
        """The kind of the page in this version."""
        if not self.page.is_deleted:
            return self.page.kind
        return parsed_versions.parse_versions([(self.page, PageFields.of(self.page), self.text)])[0].kind

    @cached_property
    def pictures(self) -> list[Picture | File]:
        """The pictures and files in the text, sorted by name."""
        if not self.page.is_deleted:
            return media_of(self.page)
        return sorted(media_by_name(media_keys(self.text)).values(), key=attrgetter("name"))

    @cached_property
    def versions(self) -> Any:
        """The versions of the archive, unordered."""
        return PageVersion.objects.filter(page_id=self.page.pk, number__lte=self.last.number).order_by()

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Size of all texts in bytes (`bytes`), and dates of the `first` and `latest` versions."""
        totals: dict[str, Any] = self.versions.aggregate(
            bytes=Sum("size"), first=Min("claimed_at"), latest=Max("claimed_at")
        )
        return totals

    def authors(self, until: int | None = None) -> list[str]:
        """Return the names of the authors (up to version `until`), in the order of their first version."""
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
        """All licence expressions that the page has had, sorted."""
        return sorted(set(self.versions.values_list("license", flat=True)) | {self.last.license})

    def history(self) -> Iterator[tuple[PageVersion, str | None]]:
        """Yield the versions with their texts, oldest first, VERSIONS_PER_QUERY in each query."""
        done = 0
        while done < self.last.number:
            rows = self.versions.filter(number__gt=done, number__lte=done + VERSIONS_PER_QUERY)
            for version in rows.select_related("stored", "merge_parent__page__mirror").order_by("number"):
                yield version, version.text()
            done += VERSIONS_PER_QUERY

    @cached_property
    def origin(self) -> Origin | None:
        """The source that the page was imported from, or None."""
        return Origin.objects.filter(page_id=self.page.pk).first()

    @property
    def is_untouched_import(self) -> bool:
        """Whether the page was imported from an archive and not changed since."""
        return bool(self.origin and self.origin.digest and self.origin.version == self.last.number)

    @cached_property
    def source(self) -> dict[str, Any]:
        """Where the current version was written: on this wiki, unless it was imported from an archive unchanged."""
        if self.origin and self.is_untouched_import:
            origin = self.origin
            return {
                "host": origin.source, "title": origin.identifier, "url": origin.url,
                "version": self.last.number,
            }  # fmt: skip
        return {"host": own_host(), "title": self.title, "url": self.url, "version": self.last.number}

    def derived_from(self) -> list[dict[str, Any]]:
        """Return the sources of the page for `credits.json`: forks, archives, data sets; most recent first."""
        entries = []
        fork = Fork.objects.filter(page_id=self.page.pk).first()
        if fork:
            entries.append(_fork_entry(fork))
        origin = self.origin
        if origin and origin.digest and not self.is_untouched_import:
            entries.append(self._origin_entry(origin, "import"))
        if origin and not origin.digest:
            entries.append(self._origin_entry(origin, "data"))
        entries += list(origin.ancestry) if origin else []
        ancestry = _ancestry_of(fork.upstream_id) if fork else []
        return [*entries, *ancestry, *map(self._fact_entry, self.sourced_facts)]

    @cached_property
    def sourced_facts(self) -> list[FactSource]:
        """The sources of single facts whose licence the wiki knows: others stand in the text alone."""
        if not self.page.is_deleted:
            found = fact_sources.load_sources([self.page.pk]).get(self.page.pk, [])
        else:
            found = fact_sources.sources_of_statements(extract_statements(parser_process.parse_bounded(self.text)))
        return [source for source in found if source.license is not None]

    def _fact_entry(self, source: FactSource) -> dict[str, Any]:
        """Return the entry of `derived_from` for the source of single facts."""
        return {
            "relation": FACT_RELATION,
            "title": f"{source.title} ({', '.join(source.names)})"[:255],
            "authors": [],
            "source": source.url,
            "license": source.license.id if source.license else "",
            "host": "",
            "version": self.last.number,
            "date": format_utc(self.last.claimed_at),
        }

    def _origin_entry(self, origin: Origin, relation: str) -> dict[str, Any]:
        """Return the entry of `derived_from` for an imported source; `relation` is "import" or "data"."""
        version = self.versions.filter(number=origin.version).first() or self.last
        return {
            "relation": relation,
            "title": origin.identifier,
            "authors": [origin.source] if relation == "data" else self.authors(origin.version),
            "source": origin.url,
            "license": version.license,
            "host": origin.source,
            "version": origin.version,
            "date": format_utc(version.claimed_at),
        }

    def credits(self, pictures: Iterable[Picture | File]) -> dict[str, Any]:
        """Return the content of `credits.json`: credits of the text, its sources, and `pictures` (files too)."""
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


def _ancestry_of(page: int | None) -> list[dict[str, Any]]:
    """Return the entries of the sources of `page`, of its upstream, and so on, most recent first."""
    entries: list[dict[str, Any]] = []
    seen: set[int] = set()
    while page is not None and page not in seen and len(seen) < ANCESTRY_LIMIT:
        seen.add(page)
        fork = Fork.objects.filter(page_id=page).first()
        if fork is not None:
            entries.append(_fork_entry(fork))
        origin = Origin.objects.filter(page_id=page).first()
        entries += list(origin.ancestry) if origin is not None else []
        page = fork.upstream_id if fork is not None else None
    return entries


def _fork_entry(fork: Fork) -> dict[str, Any]:
    """Return the entry of `derived_from` for the upstream of a fork."""
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
    """Return one line of `revisions.jsonl`. It does not depend on the wiki that writes it."""
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
    if merged := merge_source(version):
        line["merged"] = merged
    return line | make_delta(before, text)


def merge_source(version: PageVersion) -> dict[str, Any] | None:
    """Return the version of another page that a version merged, as `{"host", "title", "number"}`; None for no merge."""
    parent = version.merge_parent
    if version.merge_source is not None or parent is None:
        stated: dict[str, Any] | None = version.merge_source
        return stated
    mirror = getattr(parent.page, "mirror", None)
    if mirror is not None:
        return {"host": mirror.host, "title": mirror.title, "number": parent.number}
    return {"host": own_host(), "title": parent.title, "number": parent.number}


def media_named_in(text: str | None, line: dict[str, Any]) -> set[str]:
    """Return keys of pictures and files that a version may show where it differs from the version before.

    `line` is the delta of the version.
    """
    if not text:
        return set()
    start = max(0, line.get("keep_start", 0) - _CONTEXT)
    end = len(text) - max(0, line.get("keep_end", 0) - _CONTEXT)
    return media_keys(text[start:end])


def license_ids(exported: ExportedPage, pictures: Iterable[Picture | File]) -> list[str]:
    """Return the ids of all licences in the archive, sorted, with CC0 of the generated files."""
    sourced = {source.license.id for source in exported.sourced_facts if source.license}
    expressions = {*exported.licenses, *(picture.license for picture in pictures), *sourced}
    return sorted({"CC0-1.0"}.union(*map(catalogue.ids_in, expressions)))


def can_export(picture: Picture | File) -> bool:
    """Whether a picture or file can be exported: its licence is free, and its content exists."""
    try:
        catalogue.require_free_license(picture.license)
    except LicenseConflict:
        return False
    file: Any = picture.file
    return bool(file.storage.exists(file.name))
