"""From a source text to sanitized HTML with placeholders: `parse`.

The steps: front matter, redirect, limits, `<includeonly>`, Markdown, sanitizer, then the placeholders that this
package can fill itself.  A text is never refused: if it cannot be parsed, its source is shown with the
problem above it.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import tostring

from wiki.text.frontmatter import frontmatter_reader
from wiki.text.frontmatter.frontmatter_reader import FrontMatter
from wiki.text.markup import placeholders
from wiki.text.markup.code_blocks import code_html
from wiki.text.markup.formulas import formula_html
from wiki.text.markup.headings import TocEntry, toc_html
from wiki.text.markup.inclusion_tags import own_slices
from wiki.text.markup.markdown_engine import MarkdownEngine
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS, source_html
from wiki.text.markup.placeholders import Placeholder, PlaceholderStore, WikiLink
from wiki.text.markup.sanitizer import clean
from wiki.text.markup.source_lines import SourceBlock, SourceLines
from wiki.text.markup.wikilinks import LinkBuilder, redirect_section, split_redirect
from wiki.text.problems import Problem
from wiki.text.titles import is_relative, key_of

TEXT_LIMIT = 1_000_000
"""Maximum size of a text in bytes of UTF-8; of larger ones only the source is shown."""

NESTING_LIMIT = 30
"""Maximum nesting of lists and quotes; the libraries of the parser are recursive for each level."""

_MARKERS = re.compile(r"^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}\.(?=[ \t])))+)", re.MULTILINE)
_MARKER = re.compile(r"[>*+-]|\d+\.")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"[ ]{0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*\Z")
_TAGS = re.compile(r"<[^>]*>|&\w+;")
_WORD = re.compile(r"\w[\w'’-]*")
_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\n?")
_engines = threading.local()
logger = logging.getLogger(__name__)


INTERNAL = frozenset({"code", "anchor", "formula", "task", "toc", "link_end", "mark"})
"""Kinds of placeholders that are filled here."""


@dataclass
class Parsed:
    """A parsed text: what it contains, without any information from the database.

    `html` is sanitized and contains elements for the `placeholders` that higher layers fill (link,
    annotation, picture, call, problem) by `fill`.  `toc` lists the headings; `links` the links as
    written; `categories` full titles in source order, each once; `redirect` the title it redirects to;
    `word_count` the number of visible words.  Can be pickled.
    """

    html: str
    nonce: str
    front_matter: FrontMatter
    placeholders: dict[str, Placeholder] = field(default_factory=dict)
    toc: list[TocEntry] = field(default_factory=list)
    links: list[WikiLink] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    redirect: str | None = None
    problems: list[Problem] = field(default_factory=list)
    word_count: int = 0
    links_and_calls: list[WikiLink | Placeholder] = field(default_factory=list)
    """Links and calls in page order, for the statements, which depend on it."""
    switches: frozenset[str] = frozenset()
    """Names of the behavior switches in the text, such as `NOFACTBOX`."""
    blocks: list[SourceBlock] = field(default_factory=list)
    """The blocks of the body with their lines, at every depth, in the order of the source."""
    is_source: bool = False
    """Whether the text could not be parsed and `html` shows its source."""

    def fill(self, render: Callable[[Placeholder], str | None]) -> str:
        """Return the HTML with its placeholders filled by `render`; None leaves a placeholder for later."""
        return placeholders.fill_placeholders(self.html, self.nonce, self.placeholders, render)


def parse(text: str, nonce: str | None = None, calls: Collection[str] | None = None) -> Parsed:
    """Parse a source text.  Never raises; deterministic apart from the nonce.

    `calls` are the folded names of the calls that exist (by default those in PARSER_FUNCTIONS).
    There is no time limit: parse texts of users with `parser_process.parse_bounded`.
    """
    nonce = nonce or new_nonce()
    text = text.encode("utf-8", "replace").decode()  # lone surrogates
    text = text.replace("\0", "\ufffd")  # as in CommonMark; PostgreSQL cannot store NUL
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = frontmatter_reader.parse_front_matter(text)
    if len(text.encode()) > TEXT_LIMIT:
        return parsed_as_source(text, nonce, Problem("too_long", {"limit": str(TEXT_LIMIT)}), front)
    nesting = Problem("nesting", {"limit": str(NESTING_LIMIT)})
    if nesting_depth(front.body) > NESTING_LIMIT:
        return parsed_as_source(text, nonce, nesting, front)
    try:
        return _parsed(front, nonce, PARSER_FUNCTIONS.keys() if calls is None else calls)
    except RecursionError:
        _engines.__dict__.clear()  # the engine may be in an inconsistent state
        return parsed_as_source(text, nonce, nesting, front)
    except Exception:
        _engines.__dict__.clear()
        logger.exception("A text could not be parsed")
        return parsed_as_source(text, nonce, Problem("not_laid_out"), front)


def new_nonce() -> str:
    """Return an unguessable nonce."""
    return secrets.token_hex(16)


def parsed_as_source(text: str, nonce: str, problem: Problem, front: FrontMatter | None = None) -> Parsed:
    """Return a text whose HTML is its source with the problem above it."""
    store = PlaceholderStore(nonce)
    placeholder = store.add_markup(store.add_problem(problem.code, "", **problem.params))
    return Parsed(
        html=placeholder + source_html(text),
        nonce=nonce,
        front_matter=front or frontmatter_reader.parse_front_matter(text),
        placeholders=store.placeholders,
        problems=[problem],
        word_count=len(_WORD.findall(text)),
        is_source=True,
    )


def nesting_depth(body: str) -> int:
    """Return an upper bound of the nesting of lists and quotes, from the beginnings of the lines."""
    depth = _marker_depth(body)
    return _marker_depth(_without_code_and_rules(body)) if depth > NESTING_LIMIT else depth


def _without_code_and_rules(body: str) -> str:
    """Return a body without fenced code and horizontal rules (`- - -`), which look like nesting."""
    prose, fence = [], ""
    for line in body.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence) and not line.strip(" \t`~"):
                fence = ""
        elif opening:
            fence = opening[1]
        elif not _RULE.match(line):
            prose.append(line)
    return "\n".join(prose)


def _marker_depth(body: str) -> int:
    """Return the greatest nesting by indentation and markers (`>`, `-`, `1.`) of any line, code included."""
    deepest = 0
    for match in _MARKERS.finditer(body):
        markers = match[1].expandtabs(4)
        indent = len(markers) - len(markers.lstrip())
        deepest = max(deepest, indent // 4 + len(_MARKER.findall(markers)))
    return deepest


def _engine() -> MarkdownEngine:
    """Return the Markdown engine of this thread."""
    engine: MarkdownEngine | None = getattr(_engines, "engine", None)
    if engine is None:
        engine = _engines.engine = MarkdownEngine()
    return engine


def _parsed(front: FrontMatter, nonce: str, calls: Collection[str]) -> Parsed:
    """Parse a text within the limits."""
    store = PlaceholderStore(nonce)
    engine = _engine()
    link_builder = engine.prepare(store, calls)
    redirect, body = split_redirect(front.body)
    head = _head(front, (redirect, redirect_section(front.body)), store, link_builder)
    kept = own_slices(body)
    lines = SourceLines(body, kept, front.body_line + front.body[: len(front.body) - len(body)].count("\n"))
    html = clean(head + engine.convert("".join(body[start:end] for start, end in kept)), store.tag)
    html = _unwrap_blocks(html, store)
    # Placeholders that are still in the HTML, by number: the sanitizer may have removed some.
    present = [match[1] for match in placeholders.placeholder_pattern(nonce).finditer(html)]
    links = [link for number in present for link in store.links.get(number, ())]
    sequence = [item for number in present for item in _links_or_call(store, number)]
    toc = engine.contents(lines)
    html = placeholders.fill_placeholders(
        html, nonce, store.placeholders, lambda one: toc_html(toc) if one.kind == "toc" else _internal_html(one)
    )
    html = _EMPTY_PARAGRAPH.sub("", html).replace(f"&lt;{store.tag} n=", "")  # left of an element inside an attribute
    return Parsed(
        html=html,
        nonce=nonce,
        front_matter=front,
        placeholders={
            number: store.placeholders[number] for number in present if store.placeholders[number].kind not in INTERNAL
        },
        toc=toc,
        links=links,
        categories=_categories(links),
        redirect=redirect,
        problems=front.problems + _with_lines(store, front, lines),
        word_count=len(_WORD.findall(_TAGS.sub(" ", html))),
        links_and_calls=sequence,
        blocks=[
            SourceBlock(kind, lines.number(first), lines.number(last), depth)
            for kind, first, last, depth in engine.source_blocks
        ],
        switches=frozenset(name for number in present if (name := store.placeholders[number].data.get("switch"))),
    )


def _links_or_call(store: PlaceholderStore, number: str) -> list[WikiLink | Placeholder]:
    """Return the links of a placeholder, or the placeholder itself if it is a call."""
    placeholder = store.placeholders[number]
    return [placeholder] if placeholder.kind == "call" else list(store.links.get(number, ()))


def _categories(links: list[WikiLink]) -> list[str]:
    """Return the titles of the categories, each once, as first written."""
    titles = [link.target for link in links if link.kind == "category"]
    return list({key_of(title): title for title in reversed(titles)}.values())[::-1]


def _head(
    front: FrontMatter, redirect: tuple[str | None, str], store: PlaceholderStore, link_builder: LinkBuilder
) -> str:
    """Return the HTML above the body: a front matter that could not be read at all, and the target of a redirect.

    `redirect` is the title that the text redirects to (or None), and the section.
    """
    parts = []
    for problem in [problem for problem in front.problems if problem.line is None]:  # the others quote their line
        placeholder = store.add_problem(problem.code, front.source_of(problem), **problem.params)
        store.problems.pop()  # it is in `front.problems` already, with its line
        store.problem_sources.pop()
        store.problem_lines.pop()
        parts.append(f"{store.add_markup(replace(placeholder, text=''))}\n\n")
    target, section = redirect
    if target:
        absolute = f":{target}" if is_relative(target) else target
        element = link_builder.page_link(absolute, f"{target}#{section}" if section else target, section, redirect=True)
        parts.append(f"<p>{tostring(element, encoding='unicode')}</p>\n\n")
    return "".join(parts)


def _unwrap_blocks(html: str, store: PlaceholderStore) -> str:
    """Unwrap code, calls and pictures that are the only content of a paragraph; mark calls and pictures as `alone`."""
    element = placeholders.placeholder_pattern(store.nonce).pattern

    def unwrapped(match: re.Match[str]) -> str:
        """Return the placeholder without its paragraph if it is a block; else the match unchanged."""
        placeholder = store.placeholders[match[2]]
        if placeholder.kind in ("call", "picture"):
            placeholder.data["alone"] = True
        return match[1] if placeholder.kind in ("call", "code", "picture", "toc") else match[0]

    return re.sub(rf"<p>\s*({element})\s*</p>", unwrapped, html)


def _internal_html(placeholder: Placeholder) -> str | None:
    """Return the HTML of a placeholder that needs no data of higher layers; None for others."""
    if placeholder.kind == "code":
        return code_html(placeholder.data["code"], placeholder.data["language"])
    if placeholder.kind == "anchor":
        return f'<a class="anchor" href="#{placeholder.data["id"]}" aria-hidden="true" tabindex="-1">#</a>'
    if placeholder.kind == "task":
        return f'<span class="task">{"☑" if placeholder.data["done"] else "☐"}</span>'
    if placeholder.kind == "formula":
        return formula_html(placeholder.data["source"], is_block=placeholder.data["is_block"])
    if placeholder.kind == "link_end":
        return "</a>"
    return "" if placeholder.kind == "mark" else None


def _with_lines(store: PlaceholderStore, front: FrontMatter, lines: SourceLines) -> list[Problem]:
    """Return the problems of the body with the lines of the text on which their sources begin, within their blocks."""
    starts = [0, *(match.end() for match in re.finditer("\n", front.body))]
    problems = []
    for problem, source, hint in zip(store.problems, store.problem_sources, store.problem_lines, strict=True):
        block_line = None if hint is None else lines.number(hint)
        begin = 0 if block_line is None else starts[min(block_line - front.body_line, len(starts) - 1)]
        at = front.body.find(source, begin) if source else -1
        line = front.body_line + bisect_right(starts, at) - 1 if at >= 0 else block_line
        problems.append(replace(problem, line=line))
    return problems
