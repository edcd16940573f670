"""Where single facts come from, and their licence, where these are not those of the page.

A subobject of the page that states «Fait sourcé» (Sourced fact) names one or several properties of the page, and says
with «Source», «Licence» and «Lien» where their values come from: coordinates from OpenStreetMap are ODbL on a page
under CC BY-SA.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.facts.models import Fact
from wiki.facts.special_properties import key_of_property
from wiki.licenses import catalogue
from wiki.licenses.catalogue import License
from wiki.text.statements import Statement
from wiki.text.titles import TitleProblem

SOURCED = "_SRCF"
SOURCE = ("Source",)
LICENSE = ("Licence", "License")
LINK = ("Lien", "Link")
SOURCES_LIMIT = 50
"""Sources that are read of one page at most."""
PAGES = 500
"""Pages per query."""
_NAMES = re.compile(r"[;,]")
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]+\Z", re.IGNORECASE)


class SourceData(TypedDict):
    """A source as exports write it; texts are "" where nothing is stated."""

    properties: list[str]
    source: str
    license: str
    url: str


@dataclass(frozen=True, slots=True)
class FactSource:
    """The source of the values of some properties of a page."""

    names: tuple[str, ...]
    """The properties, as written."""
    source: str
    license_text: str
    """The licence as written: an SPDX id, or the address of its text."""
    url: str

    @property
    def keys(self) -> set[str]:
        """Keys of the properties; a name that cannot be one is left out."""
        return {key for name in self.names if (key := _key(name))}

    @property
    def license(self) -> License | None:
        """The licence; None if none is stated or the wiki does not know it."""
        return catalogue.find(self.license_text) if self.license_text else None

    @property
    def title(self) -> str:
        """The source in a few words: its name, or its address."""
        return self.source or self.url

    @property
    def html(self) -> SafeString:
        """The source with a link, and its licence; a licence that the wiki does not know has a problem."""
        title = format_html('<a href="{}" rel="nofollow">{}</a>', self.url, self.title) if self.url else self.title
        known = self.license
        if known is not None and known.deed_url:
            license_html = format_html('<a href="{}" rel="license">{}</a>', known.deed_url, known.short)
        elif known is not None or not self.license_text:
            license_html = escape(known.short if known is not None else "")
        else:
            message = gettext("This wiki knows no licence “%(license)s”: write its SPDX id, as ODbL-1.0.")
            license_html = format_html(
                '<span class="problem" role="note">{}</span>', message % {"license": self.license_text}
            )
        return format_html_join(", ", "{}", ((part,) for part in (title, license_html) if part))

    @property
    def data(self) -> SourceData:
        """The source for exports; the licence is its SPDX id, or as written if the wiki does not know it."""
        known = self.license
        return {
            "properties": list(self.names),
            "source": self.source,
            "license": known.id if known is not None else self.license_text,
            "url": self.url,
        }


def sources_in(subobjects: Mapping[str, Iterable[tuple[str, str]]]) -> dict[str, FactSource]:
    """Return the sources that subobjects state, by fragment; `subobjects` are (property key, raw value) by fragment."""
    found: dict[str, FactSource] = {}
    for fragment, facts in subobjects.items():
        texts: dict[str, list[str]] = defaultdict(list)
        for key, raw in facts:
            texts[key].append(raw.strip())
        source = _source(texts) if fragment and SOURCED in texts else None
        if source is not None and len(found) < SOURCES_LIMIT:
            found[fragment] = source
    return found


def sources_of_statements(statements: Iterable[Statement]) -> list[FactSource]:
    """Return the sources that the statements of a text state."""
    subobjects: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for statement in statements:
        if key := _key(statement.property):
            subobjects[statement.fragment].append((key, statement.value))
    return list(sources_in(subobjects).values())


def load_sources(pages: Collection[int]) -> dict[int, list[FactSource]]:
    """Return the sources that the current texts of pages state, by primary key. One query per 500 pages, or two."""
    found: dict[int, list[FactSource]] = {}
    ordered = sorted(pages)
    for start in range(0, len(ordered), PAGES):
        stated = Fact.objects.filter(page__in=ordered[start : start + PAGES], removed_in=None, property__key=SOURCED)
        subjects = list(stated.exclude(subject__fragment="").values_list("subject_id", flat=True))
        facts = Fact.objects.filter(subject__in=subjects, removed_in=None, part_of=None).order_by("position", "pk")
        columns = ("page_id", "subject__fragment", "property__key", "raw")
        by_page: dict[int, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
        for page, fragment, key, raw in facts.values_list(*columns) if subjects else ():
            by_page[page][fragment].append((key, raw))
        found |= {page: list(sources_in(subobjects).values()) for page, subobjects in by_page.items()}
    return found


def _source(texts: Mapping[str, Sequence[str]]) -> FactSource | None:
    """Return the source that one subobject states; None if it names no property, or no source and no licence."""
    names = tuple(name.strip() for text in texts[SOURCED] for name in _NAMES.split(text) if name.strip())
    url = next((text for text in _first(texts, LINK) if _WEB_ADDRESS.match(text)), "")
    source, license_text = "".join(_first(texts, SOURCE)[:1]), "".join(_first(texts, LICENSE)[:1])
    return FactSource(names, source, license_text, url) if names and (source or license_text or url) else None


def _first(texts: Mapping[str, Sequence[str]], names: Iterable[str]) -> Sequence[str]:
    return next((found for name in names if (found := texts.get(key_of_property(name)))), ())


def _key(name: str) -> str:
    try:
        return key_of_property(name)
    except TitleProblem:
        return ""
