"""Content that is computed when a page is read: results of parser functions, annotation values, the fact box.

It depends on other pages as well as on the text. A package of a higher layer provides it, as registered in
`wiki/apps.py`, and `page_output` inserts it. Results for anonymous readers are cached in `RenderedPage` until something
that they depend on changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from wiki.pages.models import Reader, RenderedPage, WikiPage
    from wiki.text.statements import Statement

CREDITS = "credits"
"""The key of `DeferredResults.results` for what stands below the text."""
STRUCTURED_DATA = "structured data"
"""The key of `DeferredResults.results` for the JSON-LD of the page, escaped for `<script>`."""
SHARED_PICTURE = "shared picture"
"""The key of `DeferredResults.results` for the absolute URL of the picture that stands for the page elsewhere."""


class FactBoxRow(NamedTuple):
    """A row of a fact box: label and values as safe HTML, and the key of the property.

    A row without values is the title of a section, whose label is a text.
    """

    label: str
    values: list[str]
    key: str = ""


FactBox = list[FactBoxRow]


@dataclass(frozen=True, slots=True)
class DeferredSlots:
    """The placeholders for deferred content in one text, and the context in which they are filled."""

    full_title: str
    place_title: str
    """Full title of the place in which titles are looked up first; "" for the root level."""
    language: str
    """Language of the text, in which values are parsed."""
    ui_language: str
    placeholders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parser functions and annotations by number, as made by `page_renderer.deferred_placeholders`."""
    has_fact_box: bool = True
    page: WikiPage | None = None
    """The page whose facts are in the database; None for a text that is not the current text of a page."""
    statements: Sequence[Statement] = ()
    """The statements of a text without a `page`."""
    license: str = ""
    """Licence of the text; texts of other pages are included only if it is compatible with their licences."""
    headings: Sequence[Mapping[str, Any]] = ()
    """The headings of the text, as in `RenderedPage.toc`."""
    as_of: str = ""
    """The day (ISO 8601) whose facts answer queries in the text; "" for the current facts."""


@dataclass(slots=True)
class DeferredResults:
    """The deferred content of one text."""

    results: dict[str, str] = field(default_factory=dict)
    """Safe HTML by placeholder number; and by CREDITS the attribution of what is shown within lines of the text,
    by STRUCTURED_DATA the description of the page, by SHARED_PICTURE the URL of its picture."""
    fact_box: FactBox = field(default_factory=list)
    expires_at: datetime | None = None
    """When the results expire even without a change: they depend on the date, or reached a timeout."""
    is_cacheable: bool = True
    """Whether caches are invalidated when the results change. If False, they may be shown once, but not stored."""


class DeferredContentProvider(Protocol):
    """Computes deferred content."""

    def fill(self, slots: DeferredSlots, user: Reader) -> DeferredResults:
        """Compute the content for one reader, without caching."""

    def get_or_compute(self, stored: RenderedPage, page: WikiPage) -> DeferredResults:
        """Return the content for anonymous readers: from the cache if it is valid, else computed and cached."""

    def invalidate_titles(self, keys: Iterable[str]) -> None:
        """Invalidate cached content that depends on pages or files with these title keys."""

    def site_state(self) -> str:
        """Return a text that changes with every version, and with every change that makes none (files, kinds)."""
        ...


class NullProvider:
    """Provides nothing: parser functions show their source, annotations their label."""

    def fill(self, slots: DeferredSlots, user: Reader) -> DeferredResults:
        """Return no content."""
        return DeferredResults()

    def get_or_compute(self, stored: RenderedPage, page: WikiPage) -> DeferredResults:
        """Return no content."""
        return DeferredResults()

    def invalidate_titles(self, keys: Iterable[str]) -> None:
        """Do nothing: there is no cache."""

    def site_state(self) -> str:
        """Return nothing: changes are not counted."""
        return ""


_providers: list[DeferredContentProvider] = [NullProvider()]


def set_provider(provider: DeferredContentProvider) -> None:
    """Replace the provider of all deferred content."""
    _providers[:] = [provider]


def get_provider() -> DeferredContentProvider:
    """Return the current provider."""
    return _providers[0]
