"""What a text says, read once for all derivers: parsed Markdown, kind, and page columns."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

import nh3

from wiki.pages.models import Kind, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.derived_data import ParsedVersion
from wiki.text import statements, titles
from wiki.text.frontmatter import frontmatter_reader
from wiki.text.markup import parser_process
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.problems import Problem

ARTICLE = "article"
KIND_NAMES = ("kind", "nature", "type de page")
TITLE_NAMES = ("display title", "titre affiché")
LICENSE_NAMES = ("licence", "license")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


Tell = Callable[[int, int], None]
"""Hears how many more are done, of how many."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


def parse_versions(
    items: Sequence[tuple[WikiPage, PageFields, str | None]], tell: Tell = silent
) -> list[ParsedVersion]:
    """Read the texts; one query for the kinds however many texts there are. `tell` hears how far it is."""
    kinds = {kind.key: kind for kind in Kind.objects.all()}
    names = {titles.fold(name): kind for kind in kinds.values() for name in _names(kind)}
    found = []
    for page, fields, text in items:
        found.append(_read(page, fields, text, kinds, names))
        tell(1, len(items))
    return found


def _names(kind: Kind) -> list[str]:
    """Every way to write a kind in front matter."""
    return [kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en]


def _read(
    page: WikiPage,
    fields: PageFields,
    text: str | None,
    kinds: dict[str, Kind],
    names: dict[str, Kind],
) -> ParsedVersion:
    """Parse one text, in bounded time."""
    parsed = parser_process.parse_bounded(text or "")
    problems = list(parsed.problems)
    kind = _kind(parsed, fields, kinds, names, problems)
    if statements.has_too_many_statements(parsed):
        problems.append(Problem("facts_too_many", {"limit": str(statements.STATEMENTS_LIMIT)}))
    written = parsed.front_matter.get(*LICENSE_NAMES)
    if written and fields.license not in written and not page.is_place and not fields.is_place:
        problems.append(Problem("license_differs", {"written": written[0], "page": fields.license}))
    return ParsedVersion(page, fields, text, parsed, kind, _columns(parsed, fields, kind), problems)


def _columns(parsed: Parsed, fields: PageFields, kind: Kind | None) -> dict[str, Any]:
    """Return the columns of the page row that follow from the text."""
    shown = (parsed.front_matter.get(*TITLE_NAMES) or [""])[0][:255]
    return {
        "kind": kind,
        "redirect_key": _key(parsed.redirect),
        "display_title": shown,
        "title_fold": titles.fold(shown or fields.title)[:255],
        "excerpt": excerpt(parsed),
        "picture_name": next((link.target for link in parsed.links if link.kind == "file"), "")[:255],
    }


def _kind(
    parsed: Parsed, fields: PageFields, kinds: dict[str, Kind], names: dict[str, Kind], problems: list[Problem]
) -> Kind | None:
    """Return the kind that the front matter names; a place is a place, other pages are articles.

    An unknown name is added to `problems`.
    """
    written = parsed.front_matter.get(*KIND_NAMES)
    if fields.is_place:
        return kinds.get("place")
    if not written:
        return kinds.get(ARTICLE)
    kind = names.get(titles.fold(written[0]))
    if kind is None:
        known = ", ".join(sorted(row.name for row in kinds.values()))
        problems.append(Problem("kind_unknown", {"kind": written[0], "known": known}))
        return kinds.get(ARTICLE)
    return kind


def kind_key_of(text: str | None) -> str:
    """The kind as a version's text writes it, folded; empty when it does not say."""
    if not text or not text.startswith("---"):
        return ""
    return titles.fold((frontmatter_reader.parse_front_matter(text).get(*KIND_NAMES) or [""])[0])[:40]


def _key(target: str | None) -> str:
    """The key of a redirect's target; empty when there is none, or none possible."""
    if not target:
        return ""
    try:
        return titles.key_of(target)
    except titles.TitleProblem:
        return ""


def excerpt(parsed: Parsed) -> str:
    """The first real paragraph as plain text, at most 280 characters."""
    for paragraph in _PARAGRAPH.findall(parsed.html[:20_000]):
        words = " ".join(html.unescape(nh3.clean(paragraph, tags=set())).split())
        if len(words) >= 30:
            return words if len(words) <= 280 else words[:279].rsplit(" ", 1)[0] + "…"
    return ""
