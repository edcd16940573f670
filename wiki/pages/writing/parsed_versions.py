"""Parsing of texts, once for all updaters: parsed Markdown, kind, page columns and problems."""

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
from wiki.text.frontmatter.frontmatter_reader import FrontMatter
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.markup.parser_process import parse_bounded, run_side_by_side
from wiki.text.markup.wikilinks import split_redirect
from wiki.text.problems import Problem

ARTICLE = "article"
KIND_NAMES = ("kind", "nature", "type de page")
TITLE_NAMES = ("display title", "titre affiché")
LICENSE_NAMES = ("licence", "license")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


ProgressCallback = Callable[[int, int], None]
"""Progress callback: called with the number of items done since the last call, and the total."""


def no_progress(done: int, total: int) -> None:
    """Ignore progress."""


def parse_versions(
    items: Sequence[tuple[WikiPage, PageFields, str | None]], on_progress: ProgressCallback = no_progress
) -> list[ParsedVersion]:
    """Parse the texts of pages with their fields, each in bounded time. One query, for all kinds."""
    kinds = {kind.key: kind for kind in Kind.objects.all()}
    names = {titles.fold(name): kind for kind in kinds.values() for name in _names(kind)}
    texts = [text or "" for _, _, text in items]
    found = []
    for (page, fields, text), parsed in zip(items, run_side_by_side(parse_bounded, texts), strict=True):
        found.append(_read(page, fields, text, parsed, kinds, names))
        on_progress(1, len(items))
    return found


def _names(kind: Kind) -> list[str]:
    """Return the names that front matter may use for a kind."""
    return [kind.key, kind.name_fr, kind.name_en, kind.plural_fr, kind.plural_en]


def _read(
    page: WikiPage,
    fields: PageFields,
    text: str | None,
    parsed: Parsed,
    kinds: dict[str, Kind],
    names: dict[str, Kind],
) -> ParsedVersion:
    """Return one text, parsed, with what it says about its page."""
    problems = list(parsed.problems)
    kind = _kind(parsed, fields, kinds, names, problems)
    if statements.has_too_many_statements(parsed):
        problems.append(Problem("facts_too_many", {"limit": str(statements.STATEMENTS_LIMIT)}))
    if statements.has_unreadable_json(parsed):
        problems.append(Problem("facts_json"))
    problems += _relative_link_problems(parsed, fields)
    licenses = parsed.front_matter.get(*LICENSE_NAMES)
    if licenses and fields.license not in licenses and not page.is_place and not fields.is_place:
        problems.append(Problem("license_differs", {"written": licenses[0], "page": fields.license}))
    return ParsedVersion(page, fields, text, parsed, kind, _columns(parsed, fields, kind), problems)


def _relative_link_problems(parsed: Parsed, fields: PageFields) -> list[Problem]:
    """Return a problem for each link `../…` that leads above the page."""
    problems = {}
    for link in (link for link in parsed.links if link.kind == "link"):
        try:
            titles.absolute_title(link.target, fields.full_title)
        except titles.TitleProblem as problem:
            problems[link.target] = Problem(problem.code, problem.params)
    return list(problems.values())


def _columns(parsed: Parsed, fields: PageFields, kind: Kind | None) -> dict[str, Any]:
    """Return the columns of the page row that follow from the text."""
    display_title = _display_title(parsed.front_matter)
    return {
        "kind": kind,
        "redirect_key": _redirect_key(parsed.redirect),
        "display_title": display_title,
        "title_fold": titles.fold(display_title or fields.title)[:255],
        "excerpt": excerpt(parsed),
        "picture_name": next((link.target for link in parsed.links if link.kind == "file"), "")[:255],
    }


def _kind(
    parsed: Parsed, fields: PageFields, kinds: dict[str, Kind], names: dict[str, Kind], problems: list[Problem]
) -> Kind | None:
    """Return the kind that the front matter names; a place is a place, other pages are articles.

    An unknown name is added to `problems`.
    """
    names_in_text = parsed.front_matter.get(*KIND_NAMES)
    if fields.is_place:
        return kinds.get("place")
    if not names_in_text:
        return kinds.get(ARTICLE)
    kind = names.get(titles.fold(names_in_text[0]))
    if kind is None:
        known = ", ".join(sorted(row.name for row in kinds.values()))
        problems.append(Problem("kind_unknown", {"kind": names_in_text[0], "known": known}))
        return kinds.get(ARTICLE)
    return kind


def kind_key_of(text: str | None) -> str:
    """Return the kind named in the front matter of a text, case-folded; "" if there is none."""
    if not text or not text.startswith("---"):
        return ""
    return titles.fold((frontmatter_reader.parse_front_matter(text).get(*KIND_NAMES) or [""])[0])[:40]


def display_title_and_redirect(text: str) -> tuple[str, str]:
    """Return the columns `display_title` and `redirect_key` of a text, without parsing its body."""
    front = frontmatter_reader.parse_front_matter(text)
    return _display_title(front), _redirect_key(split_redirect(front.body)[0])


def _display_title(front: FrontMatter) -> str:
    """Return the title that the front matter states for display; "" for none."""
    return (front.get(*TITLE_NAMES) or [""])[0][:255]


def _redirect_key(target: str | None) -> str:
    """Return the title key of the target of a redirect; "" for none, or an invalid title."""
    return titles.key_or_empty(target or "")


def excerpt(parsed: Parsed) -> str:
    """Return the first paragraph of at least 30 characters as plain text, cut to 280 characters; "" for none."""
    for paragraph in _PARAGRAPH.findall(parsed.html[:20_000]):
        text = " ".join(html.unescape(nh3.clean(paragraph, tags=set())).split())
        if len(text) >= 30:
            return text if len(text) <= 280 else text[:279].rsplit(" ", 1)[0] + "…"
    return ""
