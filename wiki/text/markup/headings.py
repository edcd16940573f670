"""Headings, table of contents and task lists: steps on the finished tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions.toc import TocExtension, TocTreeprocessor
from markdown.treeprocessors import Treeprocessor

from wiki.text.anchors import ANCHOR_PREFIX
from wiki.text.markup.placeholders import Placeholder, PlaceholderStore

_HEADING = re.compile(r"h[1-6]\Z")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


@dataclass(frozen=True)
class TocEntry:
    """One heading: its level on the page (2 to 6), its id, its words."""

    level: int
    id: str
    title: str


class HeadingLevelProcessor(Treeprocessor):
    """Makes the highest heading of a text an h2: the page's title is the only h1."""

    def run(self, root: Element) -> None:
        """Shift all headings alike."""
        headings = [element for element in root.iter() if _HEADING.match(element.tag)]
        shift = 2 - min((int(heading.tag[1]) for heading in headings), default=2)
        for heading in headings:
            heading.tag = f"h{min(int(heading.tag[1]) + shift, 6)}"


class TaskProcessor(Treeprocessor):
    """Exchanges `[ ]` and `[x]` at the beginning of list items for placeholders."""

    def __init__(self, md: Markdown, store: PlaceholderStore) -> None:
        super().__init__(md)
        self.store = store

    def run(self, root: Element) -> None:
        """Look at each list item, loose or tight."""
        for item in root.iter("li"):
            holder = item[0] if not (item.text or "").strip() and len(item) and item[0].tag == "p" else item
            match = _TASK.match((holder.text or "").lstrip())
            if match:
                text = (holder.text or "").lstrip()
                done = match[1] != " "
                box = self.store.add_element(Placeholder("task", {"done": done}))
                box.tail = f" {text[match.end() :]}"
                holder.text = None
                holder.insert(0, box)


class AnchoredTocProcessor(TocTreeprocessor):
    """Python-Markdown's table of contents with our anchors."""

    def add_permalink(self, c: Element, elem_id: str) -> None:
        """Put a placeholder where the link to a heading goes."""
        store: PlaceholderStore = self.md.store  # type: ignore[attr-defined]
        c.append(store.add_element(Placeholder("anchor", {"id": ANCHOR_PREFIX + elem_id})))


class AnchoredTocExtension(TocExtension):
    """Registers AnchoredTocProcessor."""

    TreeProcessorClass = AnchoredTocProcessor


def flatten_toc(tokens: list[dict[str, Any]]) -> list[TocEntry]:
    """Python-Markdown's nested table of contents as a list in reading order."""
    entries: list[TocEntry] = []
    pending = list(reversed(tokens))
    while pending:
        token = pending.pop()
        entries.append(TocEntry(token["level"], ANCHOR_PREFIX + token["id"], unescape(token["name"])))
        pending.extend(reversed(token["children"]))
    return entries
