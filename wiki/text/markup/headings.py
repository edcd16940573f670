"""Headings, table of contents and task lists: tree processors of Python-Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions.toc import TocExtension, TocTreeprocessor
from markdown.treeprocessors import Treeprocessor

from wiki.text.anchors import ANCHOR_PREFIX
from wiki.text.markup.placeholders import Placeholder, PlaceholderStore

_HEADING = re.compile(r"h[1-6]\Z")
_TOC_MARKS = ("[TOC]", "[toc]", "[[_TOC_]]", "__TOC__")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


@dataclass(frozen=True)
class TocEntry:
    """One heading: its level on the page (2 to 6), its HTML id, its text, its line in the text (0: not known)."""

    level: int
    id: str
    title: str
    line: int = 0


class HeadingLevelProcessor(Treeprocessor):
    """Changes the levels of headings so that the highest is h2: the page's title is the only h1."""

    def run(self, root: Element) -> None:
        """Change the levels of all headings by the same number; the lowest level is h6."""
        headings = [element for element in root.iter() if _HEADING.match(element.tag)]
        offset = 2 - min((int(heading.tag[1]) for heading in headings), default=2)
        for heading in headings:
            heading.tag = f"h{min(int(heading.tag[1]) + offset, 6)}"


class TaskProcessor(Treeprocessor):
    """Replaces `[ ]` and `[x]` at the beginning of list items by placeholders."""

    def __init__(self, md: Markdown, store: PlaceholderStore) -> None:
        super().__init__(md)
        self.store = store

    def run(self, root: Element) -> None:
        """Process each list item, loose or tight (with or without paragraph)."""
        for item in root.iter("li"):
            parent = item[0] if not (item.text or "").strip() and len(item) and item[0].tag == "p" else item
            match = _TASK.match((parent.text or "").lstrip())
            if match:
                text = (parent.text or "").lstrip()
                done = match[1] != " "
                checkbox = self.store.add_element(Placeholder("task", {"done": done}))
                checkbox.tail = f" {text[match.end() :]}"
                parent.text = None
                parent.insert(0, checkbox)


class TocMarkProcessor(Treeprocessor):
    """Replaces a paragraph `[TOC]`, `[[_TOC_]]` or `__TOC__` by a placeholder for the contents."""

    store: PlaceholderStore

    def run(self, root: Element) -> None:
        """Process each paragraph, before the markup within it is read."""
        for paragraph in root.iter("p"):
            if not len(paragraph) and (paragraph.text or "").strip() in _TOC_MARKS:
                paragraph.text = None
                paragraph.append(self.store.add_element(Placeholder("toc")))


def toc_html(entries: Sequence[TocEntry]) -> str:
    """Return the contents of a page as a list of links; "" for a page without headings."""
    links = "".join(
        f'<li class="toc-{one.level}"><a href="#{escape(one.id)}">{escape(one.title)}</a></li>' for one in entries
    )
    return f'<ul class="toc-inline">{links}</ul>' if links else ""


class AnchoredTocProcessor(TocTreeprocessor):
    """Python-Markdown's table of contents with placeholders as anchor links; `lines` has the lines of its entries."""

    lines: Sequence[int | None] = ()

    def run(self, doc: Element) -> None:
        """Make the table of contents."""
        by_element: dict[Element, int] = self.md.element_lines  # type: ignore[attr-defined]
        self.lines = [by_element.get(element) for element in doc.iter() if _HEADING.match(element.tag)]
        super().run(doc)

    def add_permalink(self, c: Element, elem_id: str) -> None:
        """Append a placeholder for the anchor link to the heading `c`."""
        store: PlaceholderStore = self.md.store  # type: ignore[attr-defined]
        c.append(store.add_element(Placeholder("anchor", {"id": ANCHOR_PREFIX + elem_id})))


class AnchoredTocExtension(TocExtension):
    """Python-Markdown's extension for tables of contents, with AnchoredTocProcessor."""

    TreeProcessorClass = AnchoredTocProcessor


def flatten_toc(tokens: list[dict[str, Any]], lines: Sequence[int]) -> list[TocEntry]:
    """Return Python-Markdown's nested table of contents as a flat list in reading order; `lines` of its entries."""
    entries: list[TocEntry] = []
    pending = list(reversed(tokens))
    while pending:
        token = pending.pop()
        line = lines[len(entries)] if len(entries) < len(lines) else 0
        entries.append(TocEntry(token["level"], ANCHOR_PREFIX + token["id"], unescape(token["name"]), line))
        pending.extend(reversed(token["children"]))
    return entries
