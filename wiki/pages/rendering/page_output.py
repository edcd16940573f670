"""Texts with nothing open any more: stored HTML with its answers, and its links as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from wiki.pages import deferred_content
from wiki.pages.deferred_content import DeferredResults, DeferredSlots
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_renderer

if TYPE_CHECKING:
    from wiki.pages.models import Reader


def deferred_slots(stored: RenderedPage, fields: PageFields, page: WikiPage | None = None) -> DeferredSlots:
    """What a rendering leaves open; of the current text of `page`, whose facts are in their table, or of another."""
    title = fields.full_title
    home = title if fields.is_place else fields.place.full_title if fields.place else ""
    placeholders = {
        number: placeholder for number, placeholder in stored.placeholders.items() if "key" not in placeholder
    }
    return DeferredSlots(
        title, home, fields.language, stored.ui_language, placeholders, stored.has_fact_box, page, stored.statements or (),
        fields.license,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageOutput:
    """A text with nothing open: safe HTML, and the rows of its fact box."""

    html: SafeString
    fact_box: list[tuple[SafeString, list[SafeString]]]
    is_cacheable: bool = True
    """Whether a finished answer with it may be kept: see `late.Filled`."""


def build_output(stored: RenderedPage, filled: DeferredResults) -> PageOutput:
    """A rendering with its answers, its links coloured as they are now. One query, for the links."""
    known = page_renderer.existing_targets(stored.placeholders) if stored.placeholders else set()
    html = page_renderer.assemble(stored.html, stored.nonce, stored.placeholders, known, filled.results)
    # Boxes are made by `Filler`s from escaped pieces, and kept as text.
    box = [(mark_safe(label), [mark_safe(value) for value in values]) for label, values in filled.fact_box]  # noqa: S308
    return PageOutput(html, box, filled.is_cacheable)


def current_output(stored: RenderedPage, page: WikiPage) -> PageOutput:
    """The current text of a page as everyone sees it."""
    return build_output(stored, deferred_content.get_provider().get_or_compute(stored, page))


def uncached_output(stored: RenderedPage, fields: PageFields, user: Reader, at: str = "") -> PageOutput:
    """A text that is not the current one of a page (a preview, an old version), for one reader; as of day `at`."""
    return build_output(
        stored, deferred_content.get_provider().fill(replace(deferred_slots(stored, fields), as_of=at), user)
    )
