"""What the steps of the Markdown engine use of it: its parts, and what it knows of the text that is being read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from xml.etree.ElementTree import Element

from markdown.extensions.footnotes import FootnoteExtension
from markdown.util import HtmlStash, Registry

from wiki.text.markup.parser_functions import CallPlaceholderBuilder
from wiki.text.markup.placeholders import PlaceholderStore
from wiki.text.markup.wikilinks import LinkBuilder


class EngineProtocol(Protocol):
    """The engine, as the steps of reading see it (`markdown_engine.MarkdownEngine`)."""

    doc_tag: Any
    htmlStash: HtmlStash  # noqa: N815  # Python-Markdown's name
    inlinePatterns: Registry[Any]  # noqa: N815
    footnotes: FootnoteExtension
    store: PlaceholderStore
    links: LinkBuilder
    calls: CallPlaceholderBuilder
    html_blocks: set[str]
    link_references: Mapping[str, Any]
    abbreviations: dict[str, str]
    element_lines: dict[Element, int]
    source_blocks: list[tuple[str, int, int, int]]
