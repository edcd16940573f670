"""The structured data of a page for search engines: computed with its deferred content, and cached with it.

A package of a higher layer describes pages; it is registered in `wiki/apps.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiki.ask.embedding.fact_box import PageFacts


@dataclass(slots=True)
class StructuredData:
    """The content of a `<script>`, and what it depends on beside the text and the facts of the page."""

    script: str = ""
    """Escaped for HTML."""
    picture_url: str = ""
    """The absolute URL of the picture that stands for the page; "" for none."""
    title_keys: set[str] = field(default_factory=set)
    """Title keys of pages and files that are described, or would be if they existed."""
    page_pks: set[int] = field(default_factory=set)
    """Primary keys of the pages whose titles are shown."""


Describe = Callable[["PageFacts"], StructuredData]
_describers: list[Describe] = []


def set_describer(describe: Describe) -> None:
    """Replace the function that describes pages."""
    _describers[:] = [describe]


def describe(facts: PageFacts) -> StructuredData:
    """Return the structured data of a page whose facts are loaded; none before a describer is set."""
    return _describers[0](facts) if _describers else StructuredData()
