"""Final HTML of a text: stored HTML with its deferred content, and with links to existing and missing pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from wiki.pages import deferred_content
from wiki.pages.deferred_content import DeferredResults, DeferredSlots, FactBox, FactBoxRow
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_renderer

if TYPE_CHECKING:
    from wiki.pages.models import Reader


def deferred_slots(stored: RenderedPage, fields: PageFields, page: WikiPage | None = None) -> DeferredSlots:
    """Return the deferred slots of a rendering.

    `page` is given if it is the rendering of its current text, whose facts are in the database.
    """
    placeholders = {
        number: placeholder for number, placeholder in stored.placeholders.items() if "key" not in placeholder
    }
    return DeferredSlots(
        fields.full_title, fields.place_title, fields.language, stored.ui_language, placeholders,
        stored.has_fact_box, page, stored.statements or (), fields.license, stored.toc,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageOutput:
    """Final HTML of a text, and the rows of its fact box; all safe HTML."""

    html: SafeString
    fact_box: FactBox
    json_ld: str = ""
    """The description of the page for search engines, escaped for `<script>`; "" for a text that is no page's own."""
    picture_url: str = ""
    """The absolute URL of the picture that stands for the page in previews of links."""
    is_cacheable: bool = True
    """Whether a response with it may be cached: see `DeferredResults`."""


def build_output(stored: RenderedPage, deferred: DeferredResults) -> PageOutput:
    """Insert deferred content and links into a rendering. One query, for the existence of link targets."""
    existing = page_renderer.existing_targets(stored.placeholders) if stored.placeholders else set()
    html = page_renderer.assemble(stored.html, stored.nonce, stored.placeholders, existing, deferred.results)
    html += mark_safe(deferred.results.get(deferred_content.CREDITS, ""))  # noqa: S308  built from escaped parts
    # Providers build fact boxes from escaped parts; the database holds them as plain strings.
    fact_box = [
        FactBoxRow(mark_safe(label), [mark_safe(value) for value in values], key)  # noqa: S308
        for label, values, key in deferred.fact_box
    ]
    json_ld = mark_safe(deferred.results.get(deferred_content.STRUCTURED_DATA, ""))  # noqa: S308  escaped there
    picture_url = deferred.results.get(deferred_content.SHARED_PICTURE, "")
    return PageOutput(html, fact_box, json_ld, picture_url, deferred.is_cacheable)


def current_output(stored: RenderedPage, page: WikiPage, user: Reader) -> PageOutput:
    """Return the current text of a page as anonymous readers see it, or that of a hidden one as `user` sees it."""
    provider = deferred_content.get_provider()
    if page.is_hidden:
        return build_output(stored, provider.fill(deferred_slots(stored, PageFields.of(page), page), user))
    return build_output(stored, provider.get_or_compute(stored, page))


def uncached_output(stored: RenderedPage, fields: PageFields, user: Reader, as_of: str = "") -> PageOutput:
    """Return a text that is not the current text of a page (a preview, an old version), as `user` sees it.

    Queries in it use the facts of the day `as_of` (ISO 8601); "" for the current facts.
    """
    slots = replace(deferred_slots(stored, fields), as_of=as_of)
    return build_output(stored, deferred_content.get_provider().fill(slots, user))


def call_answers(stored: RenderedPage, fields: PageFields, user: Reader) -> dict[str, str]:
    """Return the safe HTML that the calls of a text that is not saved show to `user`, by their sources."""
    calls = {number: data["source"] for number, data in stored.placeholders.items() if "call" in data}
    if not calls:
        return {}
    results = deferred_content.get_provider().fill(deferred_slots(stored, fields), user).results
    return {source.strip(): results[number] for number, source in calls.items() if number in results}
