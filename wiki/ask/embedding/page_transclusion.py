"""Transclusion: `{{Page|argument|name=value}}` and `{{Page#Section}}` show a page, or a section of it, in another one.

Its text is filled with the arguments and laid out where it stands, when the answers of the page are made, and made
again when it changes. What it states are facts of its own page only. It goes into the page as an adaptation: its
licence has to allow that, and a line below says where it is from, by whom, and under which licence.
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

if TYPE_CHECKING:
    from wiki.pages.models import Reader

DEPTH_LIMIT = 8
TRANSCLUSION_LIMIT = 50
"""Pages that one page shows, those within them counted."""
NAMED_AUTHORS = 3
"""Authors named below what is shown; the others are counted."""
_TAG = re.compile(r"<[a-z][^>]*>")
_ID = re.compile(r' (id="|href="#)')
_ONE_PARAGRAPH = re.compile(r"\s*<p>((?:(?!</?(?:p|div|ul|ol|table|h[1-6]|pre|blockquote)\b).)*)</p>\s*", re.DOTALL)
Sort = CacheDependency.Sort


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a call asks for."""

    title: str
    section: str
    arguments: Mapping[str, str]


def _wanted(arguments: Sequence[Sequence[str]]) -> _Wanted:
    """Arguments without a name are numbered from 1, as in MediaWiki."""
    title, _, section = (arguments[0][1] if arguments else "").partition("#")
    named, number = dict[str, str](), 0
    for key, value in arguments[1:]:
        if not key:
            number += 1
        named[key or str(number)] = value
    return _Wanted(title.strip(), section.strip(), named)


class CallRenderer(Protocol):
    """Who makes the answers of a text for a reader."""

    slots: DeferredSlots
    user: Reader

    def add_dependencies(self, sort: int, keys: Iterable[str]) -> None:
        """Have the answers be made again when what these keys name changes."""

    def render_call(self, name: str, placeholder: Mapping[str, Any]) -> SafeString:
        """One call answered, or what is wrong with it."""
        ...

    def render_stored(self, stored: RenderedPage, answers: dict[str, str] | None = None) -> SafeString:
        """The HTML of a rendering with these answers, made again when a page that it links to comes or goes."""
        ...


class Transcluder:
    """Shows pages in the text whose answers are made."""

    def __init__(self, answers: CallRenderer) -> None:
        self._answers = answers
        self._what = answers.slots
        self._within = [(_key(answers.slots.full_title), "")]
        """The pages (and sections) that are being shown, each within the one before."""
        self._count = 0

    def transclude(self, placeholder: Mapping[str, Any]) -> SafeString:
        """What stands for a call. Raises AskProblem where it cannot be shown."""
        wanted = _wanted(placeholder["arguments"])
        self._count += 1
        if self._count > TRANSCLUSION_LIMIT:
            raise AskProblem("include_many", {"limit": TRANSCLUSION_LIMIT})
        page = self._page(wanted.title)
        if page is None:
            return self._missing(wanted.title)
        step = (_key(page.full_title), anchors.section_id(wanted.section) if wanted.section else "")
        self._check(page, step)
        body: str | None = transclusion.transcluded_source(page.source.text or "")
        if wanted.section:
            body = transclusion.extract_section(body or "", wanted.section)
        if body is None:
            raise AskProblem("include_section", {"title": page.full_title, "section": wanted.section})
        self._within.append(step)
        try:
            html = self._laid_out(page, transclusion.substitute_arguments(body, wanted.arguments))
        finally:
            self._within.pop()
        return self._framed(html, _credit(page, wanted.section), alone=bool(placeholder.get("alone")))

    def _page(self, title: str) -> WikiPage | None:
        """The page that is meant: of the same place, of the commons, or a template; redirects are followed."""
        key, near = link_table.target_keys(
            title, PageFields(0, None, self._what.place_title, bool(self._what.place_title), "", "")
        )
        keys = [one for one in (near, key, "" if ":" in title else _key(f"Template:{title}")) if one]
        self._answers.add_dependencies(Sort.PAGE, keys)
        for one in keys:
            page = page_lookup.find(one, self._answers.user)
            if page is None:
                continue
            target = page_lookup.redirect_target(page, self._answers.user)
            if target is not None:
                self._answers.add_dependencies(Sort.PAGE, [page.redirect_key, str(target.title_key)])
                self._answers.add_dependencies(Sort.TEXT, [str(target.title_key)])
            return target
        return None

    def _check(self, page: WikiPage, step: tuple[str, str]) -> None:
        """Raise AskProblem where the page is shown within itself, too deep, or may not go into this one."""
        whole = (step[0], "")
        if step in self._within or whole in self._within[1:]:
            chain = " → ".join([*(key for key, _ in self._within), step[0]])
            raise AskProblem("include_ring", {"title": page.full_title, "chain": chain})
        if len(self._within) > DEPTH_LIMIT:
            raise AskProblem("include_depth", {"limit": DEPTH_LIMIT})
        verdict = compatibility.check(page.license, self._what.license or page.license)
        if not verdict.allowed:
            raise AskProblem("include_license", {"title": page.full_title, "because": str(verdict.reason)})

    def _laid_out(self, page: WikiPage, text: str) -> SafeString:
        """The text as it looks where it stands, with all that is open in it answered, and ids of its own."""
        stored: RenderedPage = page_renderer.render_preview(text, PageFields.of(page), self._what.ui_language)
        answers: dict[str, str] = {
            number: self._answers.render_call(str(placeholder["call"]), placeholder)
            for number, placeholder in stored.placeholders.items()
            if "call" in placeholder
        }
        html = self._answers.render_stored(stored, answers)
        own = f"i{self._count}-"
        # Tags of what was cleaned and completed by us; only their ids change.
        return mark_safe(_TAG.sub(lambda tag: _ID.sub(rf" \1{own}", tag[0]), html))  # noqa: S308

    def _missing(self, title: str) -> SafeString:
        """A link to write the page that is not there."""
        said = gettext("%(title)s (not written yet)") % {"title": title}
        if not _key(title):
            raise AskProblem("include_title", {"title": title})
        return format_html(
            '<a class="red" rel="nofollow" title="{}" href="{}">{}</a>', said, address("page", title), title
        )

    def _framed(self, html: SafeString, credit: SafeString, *, alone: bool) -> SafeString:
        """A passage with its credit; within a line of text only what is one paragraph. Raises AskProblem."""
        if alone:
            return format_html('<div class="include">{}<p class="include-credit">{}</p></div>', html, credit)
        one = _ONE_PARAGRAPH.fullmatch(html)
        if one is None:
            raise AskProblem("include_block", {})
        inner = mark_safe(one[1])  # noqa: S308  a piece of what was safe
        return format_html('<span class="include">{} <small class="include-credit">({})</small></span>', inner, credit)


def _key(title: str) -> str:
    try:
        return titles.key_of(title)
    except titles.TitleProblem:
        return ""


def _credit(page: WikiPage, section: str) -> SafeString:
    """Where a passage is from, by whom, under which licence."""
    names = authors_of(page)
    said = ", ".join(names[:NAMED_AUTHORS])
    if len(names) > NAMED_AUTHORS:
        said = gettext("%(names)s and %(number)d more") % {"names": said, "number": len(names) - NAMED_AUTHORS}
    there = address("page", page.full_title) + (f"#{anchors.section_id(section)}" if section else "")
    licenses = catalogue.licenses_in(page.license)
    shown = format_html_join(
        ", ", '<a rel="license" href="{}">{}</a>', ((reverse("license", args=[one.id]), one.id) for one in licenses)
    )
    history = format_html('<a href="{}" rel="nofollow">{}</a>', address("history", page.full_title), said)
    return format_html('{} <a href="{}">{}</a> · {} · {}', gettext("From"), there, page.full_title, history, shown)
