"""Builds the element tree of Python-Markdown from the blocks that markdown-it-py finds (`block_rules`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, tostring

from markdown import util
from markdown.blockparser import BlockParser
from markdown.util import AtomicString
from markdown_it.token import Token

from wiki.text.markup.block_rules import ABBREVIATIONS, CALL_BLOCK, block_parser
from wiki.text.markup.engine_protocol import EngineProtocol
from wiki.text.markup.inline_tree import append_raw
from wiki.text.markup.parser_functions import CALL, end_of_call
from wiki.text.markup.placeholders import Placeholder
from wiki.text.markup.source_lines import blocks_of

_IN_HTML = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|pre|code|textarea)\b.*?(?:</\1\s*>|\Z)|</?[a-z][^<>]*>"
    rf"|(?P<call>{CALL})"
    r"|(?<!\[)\[\[(?P<link>[^\[\]\n]{1,2000})\]\]",
    re.IGNORECASE | re.DOTALL,
)
"""What is read within raw HTML: calls and links, but not in comments, code and tags."""
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


class BlockTreeBuilder(BlockParser):
    """Python-Markdown's block parser, with markdown-it-py as its reader."""

    def __init__(self, md: Any) -> None:
        super().__init__(md)
        self.engine: EngineProtocol = md
        self._reader = block_parser()
        self._footnotes: dict[str, list[Element]] = {}

    def parseDocument(self, lines: Sequence[str]) -> ElementTree:  # type: ignore[override]  # noqa: N802
        """Return the tree of a text; set references, abbreviations and footnotes of the engine."""
        self.root, self._footnotes = Element(self.engine.doc_tag), {}
        environment: dict[str, Any] = {}
        tokens = self._reader.parse("\n".join(lines), environment)
        self.engine.source_blocks = blocks_of(tokens, lines)
        self.engine.link_references = environment.get("references", {})
        self.engine.abbreviations.update(environment.get(ABBREVIATIONS, {}))
        self._build(self.root, iter(tokens))
        _join_terms(self.root)
        return ElementTree(self.root)

    def parseChunk(self, parent: Element, text: str) -> None:  # noqa: N802  # Python-Markdown's name
        """Append the blocks of a footnote, whose label is `text` (called by Python-Markdown's footnotes)."""
        parent.extend(self._footnotes.pop(text, []))

    def _build(self, parent: Element, tokens: Iterator[Token], until: str = "") -> None:
        """Append the elements of the tokens to `parent`, up to the token of type `until`."""
        stack = [parent]
        for token in tokens:
            if token.type == until:
                return
            if token.type == "footnote_reference_open":
                self._footnote(str(token.meta["label"]), tokens)
            elif token.type == "inline":
                append_raw(stack[-1], f"\n{token.content}" if len(stack[-1]) else token.content)
            elif token.nesting == 0:
                self._leaf(stack[-1], token)
            elif token.hidden:  # the paragraph of a tight list
                continue
            elif token.nesting == 1:
                stack.append(SubElement(stack[-1], token.tag, _attributes(token)))
                if token.map:
                    self.engine.element_lines[stack[-1]] = token.map[0]
            else:
                stack.pop()

    def _footnote(self, label: str, tokens: Iterator[Token]) -> None:
        """Build the text of a footnote, which Python-Markdown places below the page; those of one label are joined."""
        content = Element("div")
        self._build(content, tokens, "footnote_reference_close")
        self._footnotes.setdefault(label, []).extend(content)
        self.engine.footnotes.setFootnote(label, label)

    def _leaf(self, parent: Element, token: Token) -> None:
        self.engine.store.line = token.map[0] if token.map else None
        if token.type == "hr":
            SubElement(parent, "hr")
        elif token.type == "fence":
            language = _ESCAPE.sub(r"\1", unescape(token.info)).split()
            code = token.content.removesuffix("\n") if not token.content.strip("\n") else token.content.rstrip("\n")
            data = {"code": code, "language": language[0].strip("{}").lstrip(".") if language else ""}
            parent.append(self.engine.store.add_element(Placeholder("code", data)))
        elif token.type == "code_block":
            code_element = SubElement(SubElement(parent, "pre"), "code")
            code_element.text = AtomicString(util.code_escape(token.content))
        elif token.type == "html_block":
            html = self._with_wiki_markup(token.content.rstrip("\n"))
            self.engine.html_blocks.add(html)
            SubElement(parent, "p").text = self.engine.htmlStash.store(html)
        elif token.type == "math_block":
            formula = Placeholder("formula", {"source": token.content.strip(), "is_block": True}, token.content.strip())
            parent.append(self.engine.store.add_element(formula))
        elif token.type == CALL_BLOCK:
            placeholder = self.engine.calls.placeholder(token.content)
            placeholder.data["alone"] = token.meta["alone"]
            parent.append(self.engine.store.add_element(placeholder, *self.engine.calls.links(placeholder)))

    def _with_wiki_markup(self, html: str) -> str:
        """Return raw HTML with the calls and links between its tags replaced by the markup of their placeholders."""
        if "{{" not in html and "[[" not in html:
            return html
        parts, position = list[str](), 0
        for match in _IN_HTML.finditer(html):
            if match.start() < position:
                continue
            end = end_of_call(html, match.start()) if match["call"] else match.end()
            if end is None:
                continue
            parts.append(html[position : match.start()])
            position = end
            if match["call"]:
                placeholder = self.engine.calls.placeholder(html[match.start() : end])
                parts.append(self.engine.store.add_markup(placeholder, *self.engine.calls.links(placeholder)))
            elif match["link"]:
                element = self.engine.links.from_markup(match[0], match["link"])
                parts.append(tostring(element, encoding="unicode", short_empty_elements=False))
            else:  # a tag, a comment, code
                parts.append(match[0])
        return "".join([*parts, html[position:]])


def _join_terms(root: Element) -> None:
    """Move terms that stand before a list of definitions into it."""
    for parent in [parent for parent in root.iter() if parent.tag != "dl" and parent.find("dt") is not None]:
        terms = list[Element]()
        for child in list(parent):
            if child.tag == "dt":
                terms.append(child)
            elif child.tag == "dl" and terms:
                for term in reversed(terms):
                    parent.remove(term)
                    child.insert(0, term)
                terms = []


def _attributes(token: Token) -> dict[str, str]:
    """Return the attributes of an element: the number with which a list begins, the alignment of a cell."""
    found = {name: str(value) for name, value in token.attrs.items() if name == "start"}
    style = str(token.attrs.get("style", ""))
    return found | ({"align": style.partition(":")[2]} if style else {})
