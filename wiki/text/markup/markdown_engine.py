"""The Markdown engine: Python-Markdown with markdown-it-py as its reader, and the syntax of this wiki.

markdown-it-py finds the blocks and the markup within them, by CommonMark 0.31.2 and GFM; Python-Markdown's tree, its
extensions (table of contents, footnotes, abbreviations) and its serializer make the HTML. Creating an engine takes some
milliseconds, so each thread reuses one (see `markdown_parser`); `prepare` sets its state for one text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from xml.etree.ElementTree import Element

import markdown
from markdown.extensions.abbr import AbbrExtension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.postprocessors import RawHtmlPostprocessor
from markdown.preprocessors import Preprocessor

from wiki.text.anchors import slug
from wiki.text.markup.block_tree import BlockTreeBuilder
from wiki.text.markup.callouts import CalloutProcessor
from wiki.text.markup.headings import (
    AnchoredTocExtension,
    HeadingLevelProcessor,
    TaskProcessor,
    TocEntry,
    TocMarkProcessor,
    flatten_toc,
)
from wiki.text.markup.images import ImageAndLinkProcessor, fix_raw_html
from wiki.text.markup.inline_tree import AttributeEscaper, InlineTreeBuilder
from wiki.text.markup.parser_functions import CallPlaceholderBuilder
from wiki.text.markup.placeholders import PlaceholderStore
from wiki.text.markup.source_lines import SourceLines
from wiki.text.markup.wikilinks import LinkBuilder


class MarkdownEngine(markdown.Markdown):
    """Python-Markdown with the wiki's syntax, and the placeholders of the text that is being parsed."""

    def __init__(self) -> None:
        self.store = PlaceholderStore("0")
        self.links = LinkBuilder(self.store)
        self.calls = CallPlaceholderBuilder(self.store, ())
        self.html_blocks: set[str] = set()
        """The blocks of raw HTML in the text."""
        self.link_references: Mapping[str, Any] = {}
        """The targets of `[label]: target` as markdown-it-py gives them."""
        self.element_lines: dict[Element, int] = {}
        """The lines (from 0) on which elements of the tree begin in what is read."""
        self.source_blocks: list[tuple[str, int, int, int]] = []
        """The blocks of the text (`source_lines.blocks_of`)."""
        self.footnotes = FootnoteExtension(BACKLINK_TITLE="")
        abbreviations: Any = AbbrExtension()
        self.abbreviations: dict[str, str] = abbreviations.abbrs
        toc = AnchoredTocExtension(slugify=slug, marker="", permalink=True)
        super().__init__(extensions=[self.footnotes, abbreviations, toc], output_format="html")
        self.preprocessors.deregister("html_block")
        self.preprocessors.register(MarkerPreprocessor(self), "normalize_whitespace", 30)
        self.parser = self.footnotes.parser = BlockTreeBuilder(self)
        self.treeprocessors.register(InlineTreeBuilder(self), "inline", 20)
        self.treeprocessors.register(TaskProcessor(self, self.store), "wiki_task", 30)
        self.treeprocessors.register(CalloutProcessor(self), "wiki_callout", 31)
        self.treeprocessors.register(TocMarkProcessor(self), "wiki_toc", 32)
        self.treeprocessors.register(ImageAndLinkProcessor(self, self.store, self.links), "wiki_address", 15)
        self.treeprocessors.register(HeadingLevelProcessor(self), "wiki_shift", 14)
        self.treeprocessors.register(
            AttributeEscaper(self), "wiki_attributes", 8
        )  # before abbreviations, which are source
        self.treeprocessors.deregister("prettify")
        self.treeprocessors.deregister("unescape")
        self.postprocessors.register(WikiRawHtmlPostprocessor(self), "raw_html", 30)

    def contents(self, lines: SourceLines) -> list[TocEntry]:
        """Return the headings of the text that was converted, with their lines."""
        found: list[int | None] = self.treeprocessors["toc"].lines  # type: ignore[attr-defined]
        numbers = [0 if line is None else lines.number(line) for line in found]
        return flatten_toc(self.toc_tokens, numbers)  # type: ignore[attr-defined]

    def prepare(self, store: PlaceholderStore, known_calls: Collection[str]) -> LinkBuilder:
        """Reset the engine for a new text, whose placeholders go to `store`; return the builder of its links."""
        self.reset()
        self.html_blocks, self.element_lines, self.source_blocks = set(), {}, []
        self.store = store
        self.links = LinkBuilder(store)
        self.calls = CallPlaceholderBuilder(store, known_calls)
        for name in ("wiki_callout", "wiki_toc", "wiki_task"):
            self.treeprocessors[name].store = store  # type: ignore[attr-defined]
        address_processor = self.treeprocessors["wiki_address"]
        address_processor.store, address_processor.builder = store, self.links  # type: ignore[attr-defined]
        return self.links


class MarkerPreprocessor(Preprocessor):
    """Removes the characters by which Python-Markdown marks processed text; white space stays as it is."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines without STX and ETX."""
        return [line.replace("\x02", "").replace("\x03", "") for line in lines]


class WikiRawHtmlPostprocessor(RawHtmlPostprocessor):
    """Restores raw HTML; its pictures are shown as problems, its h1 become h2."""

    def stash_to_string(self, text: str) -> str:
        """Return one piece of stashed raw HTML."""
        html = str(text)
        store: PlaceholderStore = self.md.store  # type: ignore[attr-defined]
        return fix_raw_html(html, store) if "<" in html else html

    def isblocklevel(self, html: str) -> bool:
        """Return whether a piece of raw HTML is a block."""
        return html in self.md.html_blocks or super().isblocklevel(html)  # type: ignore[attr-defined]
