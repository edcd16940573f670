"""What a text leaves open until it is read, since other pages decide it: results, typed values, the fact box.

Rooms upstairs know how to fill it; `wiki/apps.py` says who does; `showing` puts the answers in. Those for readers
without an account are kept in `RenderedPage` until something that they depend on changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from wiki.pages.models import Reader, RenderedPage, WikiPage
    from wiki.text.statements import Statement

FactBox = list[tuple[str, list[str]]]
"""The fact box: label and values, safe HTML."""


@dataclass(frozen=True, slots=True)
class DeferredSlots:
    """What one text leaves open, and where it stands."""

    full_title: str
    place_title: str
    """Full title of the place whose pages titles are looked for first; "" for the commons."""
    language: str
    """Of the text: values are read in it."""
    ui_language: str
    placeholders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Calls and annotations of `rendering.deferred_placeholders`, by number."""
    has_fact_box: bool = True
    page: WikiPage | None = None
    """The page whose facts stand in their table; None for a text that is not the current one of a page."""
    statements: Sequence[Statement] = ()
    """What such a text states."""
    license: str = ""
    """Under which the text is: what of other pages it shows has to be allowed to go into it."""
    as_of: str = ""
    """The day as of which questions in it are answered; "" for now."""


@dataclass(slots=True)
class DeferredResults:
    """The answers to what was open."""

    results: dict[str, str] = field(default_factory=dict)
    fact_box: FactBox = field(default_factory=list)
    expires_at: datetime | None = None
    """When it has to be made again though nothing changed: it says something of today, or took too long."""
    is_cacheable: bool = True
    """Whether a change will be told to whoever keeps this; else it may be shown once, and not kept by anyone."""


class DeferredContentProvider(Protocol):
    """Who fills what is open."""

    def fill(self, what: DeferredSlots, user: Reader) -> DeferredResults:
        """The answers for one reader, kept nowhere."""

    def get_or_compute(self, stored: RenderedPage, page: WikiPage) -> DeferredResults:
        """The answers for everyone, made again where something changed, and then kept."""

    def invalidate_titles(self, keys: Iterable[str]) -> None:
        """Pages or files with these title keys came, went or look different: what shows them is not fresh any more."""


class NullProvider:
    """Fills nothing: calls show their source, annotations their words."""

    def fill(self, what: DeferredSlots, user: Reader) -> DeferredResults:
        """Nothing."""
        return DeferredResults()

    def get_or_compute(self, stored: RenderedPage, page: WikiPage) -> DeferredResults:
        """Nothing."""
        return DeferredResults()

    def invalidate_titles(self, keys: Iterable[str]) -> None:
        """Nothing shows anything."""


_fillers: list[DeferredContentProvider] = [NullProvider()]


def set_provider(filler: DeferredContentProvider) -> None:
    """Have `filler` fill everything from now on."""
    _fillers[:] = [filler]


def get_provider() -> DeferredContentProvider:
    """Who fills."""
    return _fillers[0]
