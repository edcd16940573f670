"""Transclusion: `{{Page|argument|name=value}}` and `{{Page#Section}}` show a page, or a section of it, in another one.

The text, with its arguments substituted, is rendered together with the other deferred content of the page, and
again when it changes. Its statements are facts of its own page only. It is reused as an adaptation: its licence
has to allow that, and an attribution line names the page, its authors and its licence: below it, or below the whole
text where it is shown within a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from wiki.ask.language.query_errors import AskProblem
from wiki.ask.models import CacheDependency
from wiki.licenses import catalogue, compatibility
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.deferred_content import DeferredSlots
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.rendering import link_table, page_renderer
from wiki.text import anchors, titles, transclusion
from wiki.text.markup.parser_functions import substitute_page_name_variables

if TYPE_CHECKING:
    from wiki.pages.models import Reader

DEPTH_LIMIT = 8
TRANSCLUSION_LIMIT = 50
"""Transclusions in one page at most, nested ones included."""
NAMED_AUTHORS = 3
"""Authors named in the attribution line; the others are counted."""
_TAG = re.compile(r"<[a-z][^>]*>")
_ID = re.compile(r' (id="|href="#)')
_LINE = r"((?:(?!</?(?:p|div|ul|ol|table|h[1-6]|pre|blockquote)\b).)*)"
_ONE_PARAGRAPH = re.compile(rf"\s*(?:<p>{_LINE}</p>|{_LINE})\s*", re.DOTALL)
"""A paragraph, or a call alone, which is not in one."""
DependencyType = CacheDependency.DependencyType


@dataclass(frozen=True, slots=True)
class _Call:
    """The target and the arguments of a call."""

    title: str
    section: str
    arguments: Mapping[str, str]


def _parse_call(arguments: Sequence[Sequence[str]]) -> _Call:
    """Parse the arguments of a call; those without a name are numbered from 1, as in MediaWiki."""
    title, _, section = (arguments[0][1] if arguments else "").partition("#")
    by_name, number = dict[str, str](), 0
    for key, value in arguments[1:]:
        if not key:
            number += 1
        by_name[key or str(number)] = value
    return _Call(title.strip(), section.strip(), by_name)


class CallRenderer(Protocol):
    """Renders the deferred content of a text for a user (`EmbeddedResults`)."""

    slots: DeferredSlots
    user: Reader

    def add_dependencies(self, sort: int, keys: Iterable[str]) -> None:
        """Add dependencies of one sort, by their keys."""

    def render_call(self, name: str, placeholder: Mapping[str, Any]) -> SafeString:
        """Return the HTML of one call, or of the problem with it."""
        ...

    def render_stored(self, stored: RenderedPage, results: dict[str, str] | None = None) -> SafeString:
        """Return the HTML of a rendering with the given content; it depends on the pages that the text links to."""
        ...


class Transcluder:
    """Transcludes pages into the text that is being rendered."""

    def __init__(self, renderer: CallRenderer) -> None:
        self._renderer = renderer
        self._slots = renderer.slots
        self._stack = [(titles.key_or_empty(renderer.slots.full_title), "")]
        """Pages and sections that are being transcluded, from the outermost one."""
        self._count = 0
        self._credits: dict[SafeString, None] = {}
        """Attribution lines of what is shown within lines of the text, each once."""

    def transclude(self, placeholder: Mapping[str, Any]) -> SafeString:
        """Return the HTML of a transclusion. Raises AskProblem where the page cannot be shown."""
        call, alone = _parse_call(placeholder["arguments"]), bool(placeholder.get("alone"))
        self._count += 1
        if self._count > TRANSCLUSION_LIMIT:
            raise AskProblem("include_many", {"limit": TRANSCLUSION_LIMIT})
        title = self._absolute(call.title)
        page = self._find_page(title)
        if page is None:
            return self._missing_page(title)
        target = (titles.key_or_empty(page.full_title), anchors.section_id(call.section) if call.section else "")
        self._check(page, target)
        body: str | None = transclusion.transcluded_source(page.source.text or "")
        if call.section:
            body = transclusion.extract_section(body or "", call.section)
        if body is None:
            raise AskProblem("include_section", {"title": page.full_title, "section": call.section})
        self._stack.append(target)
        try:
            # First, since the default of an argument may be one; these variables name the page that shows the text.
            body = substitute_page_name_variables(body, self._slots.full_title)
            html = self._render(page, transclusion.substitute_arguments(body, call.arguments), alone=alone)
        finally:
            self._stack.pop()
        return self._with_attribution(html, _attribution(page, call.section), alone=alone)

    def _absolute(self, title: str) -> str:
        """Return the full title that a relative one means on the page whose text is being shown. Raises AskProblem."""
        base = self._slots.full_title if len(self._stack) == 1 else self._stack[-1][0]
        try:
            return titles.absolute_title(title, base)
        except titles.TitleProblem:
            raise AskProblem("include_title", {"title": title}) from None

    def _find_page(self, title: str) -> WikiPage | None:
        """Find the page to show: within the place, at the root, or as a template; redirects are followed."""
        key, place_key = link_table.target_keys(
            f":{title}", PageFields(0, None, self._slots.place_title, bool(self._slots.place_title), "", "")
        )
        template_key = "" if ":" in title else titles.key_or_empty(f"Template:{title}")
        keys = [title_key for title_key in (place_key, key, template_key) if title_key]
        self._renderer.add_dependencies(DependencyType.PAGE, keys)
        for title_key in keys:
            page = page_lookup.find(title_key, self._renderer.user)
            if page is None:
                continue
            target = page_lookup.redirect_target(page, self._renderer.user)
            if target is not None:
                self._renderer.add_dependencies(DependencyType.PAGE, [page.redirect_key, str(target.title_key)])
                self._renderer.add_dependencies(DependencyType.TEXT, [str(target.title_key)])
            return target
        return None

    def _check(self, page: WikiPage, target: tuple[str, str]) -> None:
        """Raise AskProblem for a loop, too deep nesting, or a licence that forbids the reuse."""
        whole_page = (target[0], "")
        if target in self._stack or whole_page in self._stack[1:]:
            chain = " → ".join([*(key for key, _ in self._stack), target[0]])
            raise AskProblem("include_ring", {"title": page.full_title, "chain": chain})
        if len(self._stack) > DEPTH_LIMIT:
            raise AskProblem("include_depth", {"limit": DEPTH_LIMIT})
        verdict = compatibility.check(page.license, self._slots.license or page.license)
        if not verdict.allowed:
            raise AskProblem("include_license", {"title": page.full_title, "because": str(verdict.reason)})

    def _render(self, page: WikiPage, text: str, *, alone: bool) -> SafeString:
        """Render the text with its calls; its element ids get a prefix, so that they are unique in the page.

        Unless it is alone in its paragraph, its calls are not either.
        """
        stored: RenderedPage = page_renderer.render_preview(text, PageFields.of(page), self._slots.ui_language)
        calls: dict[str, str] = {
            number: self._renderer.render_call(
                str(placeholder["call"]), placeholder if alone else {**placeholder, "alone": False}
            )
            for number, placeholder in stored.placeholders.items()
            if "call" in placeholder
        }
        html = self._renderer.render_stored(stored, calls)
        prefix = f"i{self._count}-"
        # The HTML was sanitized and completed by the renderer; only its ids change.
        return mark_safe(_TAG.sub(lambda tag: _ID.sub(rf" \1{prefix}", tag[0]), html))  # noqa: S308

    def _missing_page(self, title: str) -> SafeString:
        """Return a link to create a missing page."""
        tooltip = gettext("%(title)s (not written yet)") % {"title": title}
        if not titles.key_or_empty(title):
            raise AskProblem("include_title", {"title": title})
        return format_html(
            '<a class="red" rel="nofollow" title="{}" href="{}">{}</a>', tooltip, address("page", title), title
        )

    def _with_attribution(self, html: SafeString, credit: SafeString, *, alone: bool) -> SafeString:
        """Wrap the HTML with its attribution. Raises AskProblem.

        Within a line of text, it has to be one paragraph, and its attribution stands below the whole text.
        """
        if alone:
            return format_html('<div class="include">{}<p class="include-credit">{}</p></div>', html, credit)
        paragraph = _ONE_PARAGRAPH.fullmatch(html)
        if paragraph is None:
            raise AskProblem("include_block", {})
        inner = mark_safe(paragraph[1] or paragraph[2] or "")  # noqa: S308  part of safe HTML
        self._credits[credit] = None
        return format_html('<span class="include">{}</span>', inner)

    def credits_html(self) -> SafeString:
        """Return the attribution lines of what is shown within lines of the text; "" for none."""
        return format_html_join("", '<p class="include-credit">{}</p>', ((credit,) for credit in self._credits))


def _attribution(page: WikiPage, section: str) -> SafeString:
    """Return the attribution line: page, authors, licences."""
    names = authors_of(page)
    author_names = ", ".join(names[:NAMED_AUTHORS])
    if len(names) > NAMED_AUTHORS:
        further = len(names) - NAMED_AUTHORS
        author_names = gettext("%(names)s and %(number)d more") % {"names": author_names, "number": further}
    source_url = address("page", page.full_title) + (f"#{anchors.section_id(section)}" if section else "")
    licenses = catalogue.licenses_in(page.license)
    license_links = format_html_join(
        ", ",
        '<a rel="license" href="{}">{}</a>',
        ((reverse("license", args=[license.id]), license.id) for license in licenses),
    )
    history = format_html('<a href="{}" rel="nofollow">{}</a>', address("history", page.full_title), author_names)
    return format_html(
        '{} <a href="{}">{}</a> · {} · {}', gettext("From"), source_url, page.full_title, history, license_links
    )
