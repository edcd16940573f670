"""From a source text to clean HTML with placeholders: `parse`.

The steps: front matter, redirect, limits, Python-Markdown, cleaning, then the placeholders that
this room can fill by itself.  A text is never refused: what cannot be laid out is shown
as source with the problem above it.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import tostring

from wiki.text.frontmatter import frontmatter_reader
from wiki.text.frontmatter.frontmatter_reader import FrontMatter
from wiki.text.markup import placeholders
from wiki.text.markup.code_blocks import code_html
from wiki.text.markup.headings import TocEntry, flatten_toc
from wiki.text.markup.markdown_engine import MarkdownEngine
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS, source_html
from wiki.text.markup.placeholders import Placeholder, PlaceholderStore, WikiLink
from wiki.text.markup.sanitizer import clean
from wiki.text.markup.wikilinks import LinkBuilder, split_redirect
from wiki.text.problems import Problem
from wiki.text.titles import key_of

TEXT_LIMIT = 1_000_000
"""Bytes of a text that are laid out."""

NESTING_LIMIT = 30
"""Lists and quotes inside each other; Python-Markdown calls itself for each."""

_MARKERS = re.compile(r"^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}\.(?=[ \t])))+)", re.MULTILINE)
_MARKER = re.compile(r"[>*+-]|\d+\.")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"[ ]{0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*\Z")
_TAGS = re.compile(r"<[^>]*>|&\w+;")
_WORD = re.compile(r"\w[\w'’-]*")
_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\n?")
_engines = threading.local()
logger = logging.getLogger(__name__)


@dataclass
class Parsed:
    """All that a text says, without asking anyone.

    `html` is clean and holds elements for the `placeholders` that are filled upstairs (link,
    picture, call, problem); `fill` puts them in.  `toc` lists the headings; `links` what
    the text refers to; `categories` full titles in source order, once each; `redirect` the
    title it leads to; `words` how many words a reader sees.  Can be pickled.
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
    """Links and calls in the order of the page: what is stated follows it."""
    switches: frozenset[str] = frozenset()
    """Names of the switches that are written, as `NOFACTBOX`."""
    is_source: bool = False
    """Whether the text could not be laid out and `html` shows its source."""

    def fill(self, render: Callable[[Placeholder], str | None]) -> str:
        """The HTML with its placeholders filled by `render`; None leaves a placeholder for later."""
        return placeholders.fill_placeholders(self.html, self.nonce, self.placeholders, render)


def parse(text: str, nonce: str | None = None, calls: Collection[str] | None = None) -> Parsed:
    """Parse a source text.  Never raises; deterministic apart from the nonce.

    `calls` are the folded names of the calls that exist (by default those in CALLS).
    Time is not bounded here: what strangers write goes through `worker.parse_bounded`.
    """
    nonce = nonce or new_nonce()
    text = text.encode("utf-8", "replace").decode()  # lone surrogates
    text = text.replace("\0", "\ufffd")  # as CommonMark does; PostgreSQL cannot keep it
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
        _engines.__dict__.clear()  # its state is broken
        return parsed_as_source(text, nonce, nesting, front)
    except Exception:
        _engines.__dict__.clear()
        logger.exception("A text could not be laid out")
        return parsed_as_source(text, nonce, Problem("not_laid_out"), front)


def new_nonce() -> str:
    """A nonce that nobody can guess."""
    return secrets.token_hex(16)


def parsed_as_source(text: str, nonce: str, problem: Problem, front: FrontMatter | None = None) -> Parsed:
    """A text shown as its source, with the problem above."""
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
    """How deep lists and quotes are nested at most, seen from the beginnings of the lines."""
    deepest = _deepest(body)
    return _deepest(_prose_of(body)) if deepest > NESTING_LIMIT else deepest


def _prose_of(body: str) -> str:
    """A body without fenced code and without rules (`- - -`), which nest nothing."""
    prose, fence = [], ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence) and not line.strip(" \t`~"):
                fence = ""
        elif mark:
            fence = mark[1]
        elif not _RULE.match(line):
            prose.append(line)
    return "\n".join(prose)


def _deepest(body: str) -> int:
    """The deepest beginning of a line, whatever it stands in."""
    deepest = 0
    for match in _MARKERS.finditer(body):
        markers = match[1].expandtabs(4)
        indent = len(markers) - len(markers.lstrip())
        deepest = max(deepest, indent // 4 + len(_MARKER.findall(markers)))
    return deepest


def _engine() -> MarkdownEngine:
    """This thread's engine."""
    engine: MarkdownEngine | None = getattr(_engines, "engine", None)
    if engine is None:
        engine = _engines.engine = MarkdownEngine()
    return engine


def _parsed(front: FrontMatter, nonce: str, calls: Collection[str]) -> Parsed:
    """The common case."""
    store = PlaceholderStore(nonce)
    engine = _engine()
    book = engine.prepare(store, calls)
    redirect, body = split_redirect(front.body)
    head = _head(front, redirect, store, book)
    html = clean(head + engine.convert(body), store.tag)
    html = _alone(html, store)
    present = [match[1] for match in placeholders.placeholder_pattern(nonce).finditer(html)]
    links = [link for number in present for link in store.links.get(number, ())]
    sequence = [item for number in present for item in _stating(store, number)]
    html = placeholders.fill_placeholders(html, nonce, store.placeholders, _ours)
    html = _EMPTY_PARAGRAPH.sub("", html).replace(f"&lt;{store.tag} n=", "")  # one cut in two by an attribute
    return Parsed(
        html=html,
        nonce=nonce,
        front_matter=front,
        placeholders={
            number: store.placeholders[number] for number in present if _ours(store.placeholders[number]) is None
        },
        toc=flatten_toc(engine.toc_tokens),  # type: ignore[attr-defined]
        links=links,
        categories=_categories(links),
        redirect=redirect,
        problems=front.problems + _placed(store, front),
        word_count=len(_WORD.findall(_TAGS.sub(" ", html))),
        links_and_calls=sequence,
        switches=frozenset(name for number in present if (name := store.placeholders[number].data.get("switch"))),
    )


def _stating(store: PlaceholderStore, number: str) -> list[WikiLink | Placeholder]:
    """The links that a placeholder makes, or the placeholder itself where it is a call."""
    placeholder = store.placeholders[number]
    return [placeholder] if placeholder.kind == "call" else list(store.links.get(number, ()))


def _categories(links: list[WikiLink]) -> list[str]:
    """Titles of the categories, once each, as first written."""
    named = [link.target for link in links if link.kind == "category"]
    return list({key_of(title): title for title in reversed(named)}.values())[::-1]


def _head(front: FrontMatter, redirect: str | None, store: PlaceholderStore, book: LinkBuilder) -> str:
    """What stands above the body: front matter that cannot be read, and where a redirect leads."""
    parts = []
    for problem in front.problems:
        placeholder = store.add_problem(problem.code, front.raw, **problem.params)
        store.problems.pop()  # `front` has it already, with its line
        store.problem_sources.pop()
        parts.append(f"{store.add_markup(replace(placeholder, text=''))}\n\n")
    if redirect:
        element = book.page_link(redirect, redirect, redirect=True)
        parts.append(f"<p>{tostring(element, encoding='unicode')}</p>\n\n")
    return "".join(parts)


def _alone(html: str, store: PlaceholderStore) -> str:
    """Take blocks (code, calls, pictures with nothing beside them) out of their paragraphs."""
    element = placeholders.placeholder_pattern(store.nonce).pattern

    def unwrapped(match: re.Match[str]) -> str:
        """The placeholder without its paragraph, if it is a block."""
        placeholder = store.placeholders[match[2]]
        if placeholder.kind in ("call", "picture"):
            placeholder.data["alone"] = True
        return match[1] if placeholder.kind in ("call", "code", "picture") else match[0]

    return re.sub(rf"<p>\s*({element})\s*</p>", unwrapped, html)


def _ours(placeholder: Placeholder) -> str | None:
    """The placeholders that need nothing from upstairs."""
    if placeholder.kind == "code":
        return code_html(placeholder.data["code"], placeholder.data["language"])
    if placeholder.kind == "anchor":
        return f'<a class="anchor" href="#{placeholder.data["id"]}" aria-hidden="true" tabindex="-1">#</a>'
    if placeholder.kind == "task":
        return f'<span class="task">{"☑" if placeholder.data["done"] else "☐"}</span>'
    return "" if placeholder.kind == "mark" else None


def _placed(store: PlaceholderStore, front: FrontMatter) -> list[Problem]:
    """The problems of the body with the lines on which their sources stand."""
    placed = []
    for problem, source in zip(store.problems, store.problem_sources, strict=True):
        at = front.body.find(source) if source else -1
        line = front.body_line + front.body.count("\n", 0, at) if at >= 0 else None
        placed.append(replace(problem, line=line))
    return placed
