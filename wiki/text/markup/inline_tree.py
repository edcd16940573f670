"""Fills the tree of Python-Markdown with the markup that markdown-it-py finds within blocks (`inline_rules`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown.treeprocessors import Treeprocessor
from markdown.util import AMP_SUBSTITUTE, AtomicString
from markdown_it.token import Token

from wiki.text.markup.engine_protocol import EngineProtocol
from wiki.text.markup.inline_rules import WIKI_TOKEN, inline_parser
from wiki.text.markup.placeholders import Placeholder
from wiki.text.markup.wikilinks import WIKI_LINK

MARKS_LIMIT = 1_000
"""Marks of links in a text at most; what follows is shown as it is: markdown-it-py takes long for tens of thousands."""
_MARKS = re.compile(r"\[|<|(?:https?|mailto|xmpp):|www\.", re.IGNORECASE)
_LINK = re.compile(WIKI_LINK)


class InlineTreeBuilder(Treeprocessor):
    """Python-Markdown's step for inline markup, with markdown-it-py as its reader."""

    def __init__(self, md: Any) -> None:
        super().__init__(md)
        self.engine: EngineProtocol = md
        self._reader = inline_parser()

    def run(self, root: Element) -> None:
        """Replace the source texts of all elements by their markup."""
        for element in list(root.iter()):
            self.engine.store.line = self.engine.element_lines.get(element, self.engine.store.line)
            if element.tag not in ("code", self.engine.store.tag):
                self._read_tails(element)
                self._read_text(element)

    def _read_text(self, element: Element) -> None:
        text = element.text
        if text and not isinstance(text, AtomicString):
            children = list(element)
            element.text = None
            for child in children:
                element.remove(child)
            self._append_markup(element, text)
            element.extend(children)

    def _read_tails(self, element: Element) -> None:
        if not any(child.tail and not isinstance(child.tail, AtomicString) for child in element):
            return
        children = list(element)
        for child in children:
            element.remove(child)
        for child in children:
            tail, child.tail = child.tail, None
            element.append(child)
            if tail and not isinstance(tail, AtomicString):
                self._append_markup(element, tail)
            elif tail:
                child.tail = tail

    def _append_markup(self, element: Element, source: str) -> None:
        """Append the markup of a source text to an element."""
        at_start = not element.text and not len(element)
        lead = "" if at_start else source[: len(source) - len(source.lstrip())]
        limit = next(islice(_MARKS.finditer(source), MARKS_LIMIT, None), None)
        source, rest = (source[: limit.start()], source[limit.start() :]) if limit else (source, "")
        environment = {"references": self.engine.link_references, "footnotes": self.engine.footnotes.footnotes}
        _append_text(element, lead)
        for token in self._reader.parseInline(source.strip(" \n"), environment):
            self._append_tokens(element, token.children or [])
        _append_text(element, rest)

    def _append_tokens(self, parent: Element, tokens: Sequence[Token]) -> None:
        stack = [parent]
        for token in tokens:
            if token.nesting == 0:
                self._append_leaf(stack[-1], token)
            elif token.nesting == 1:
                attributes = {name: str(value) for name, value in token.attrs.items()}
                stack.append(SubElement(stack[-1], token.tag, attributes))
            else:
                stack.pop()

    def _append_leaf(self, parent: Element, token: Token) -> None:
        match token.type:
            case "text" | "text_special":
                _append_text(parent, token.content)
            case "softbreak":
                _append_text(parent, "\n")
            case "hardbreak":
                SubElement(parent, "br").tail = "\n"
            case "code_inline":
                SubElement(parent, "code").text = AtomicString(_with_ampersands(token.content))
            case "html_inline":
                html = _LINK.sub(lambda link: link[1].rpartition("|")[2], token.content)  # in an attribute, its text
                append_raw(parent, self.engine.htmlStash.store(html))
            case "math_inline" | "math_inline_double":
                is_block = token.type == "math_inline_double"
                formula = Placeholder("formula", {"source": token.content, "is_block": is_block}, token.content)
                parent.append(self.engine.store.add_element(formula))
            case "image":
                attributes = {name: str(value) for name, value in token.attrs.items() if name in ("src", "title")}
                SubElement(parent, "img", {**attributes, "alt": _plain(token.children or [])})
            case _ if token.type == WIKI_TOKEN:
                self._append_wiki(parent, token.meta["kind"], *token.meta["values"])

    def _append_wiki(self, parent: Element, kind: str, *values: Any) -> None:
        """Append the element of the wiki's own markup."""
        store, calls = self.engine.store, self.engine.calls
        if kind == "link":
            element = self.engine.links.from_markup(f"[[{values[0]}]]", *values)
            if label := self.engine.links.markup_of_label(element, *values):
                self._append_label(parent, element, label)
                element = store.add_element(Placeholder("link_end"))
            elif element.tag == "a" and element.text == element.get("href"):  # no link within a link
                element.text = AtomicString(_with_ampersands(str(element.text)))
            elif element.tag != store.tag:
                self._read_tails(element)
                self._read_text(element)
        elif kind == "call":
            placeholder = calls.placeholder(values[0])
            element = store.add_element(placeholder, *calls.links(placeholder))
        elif kind == "embed":
            embedded = self.engine.links.embedded_picture(values[0])
            element = embedded if embedded is not None else self._embedded_page(values[0])
        elif kind == "open call":
            element = store.add_element(calls.unclosed_call_problem(values[0], 0))
        elif kind == "switch":
            element = store.add_element(Placeholder("mark", {"switch": values[0]}))
        elif kind == "picture":
            element = Element("img", {"src": values[1], "alt": values[0], "title": values[2]})
        else:
            processor: Any = self.engine.inlinePatterns["footnote"]
            element = processor.handleMatch(re.match(r"(.*)", values[0]), values[0])[0]
        parent.append(element)

    def _append_label(self, parent: Element, link: Element, label: str) -> None:
        """Append the beginning of a link, and its label with the markup in it; a link within it is none."""
        parent.append(link)
        first = len(parent)
        self._append_markup(parent, label)
        for child in parent[first:]:
            for inner in child.iter("a"):
                inner.tag, inner.attrib = "span", {}

    def _embedded_page(self, inner: str) -> Element:
        """Return the element of the page that `![[inner]]` shows, as `{{Page#Section}}` does."""
        placeholder = self.engine.calls.placeholder(f"{{{{{inner.partition('|')[0].strip()}}}}}")
        return self.engine.store.add_element(placeholder, *self.engine.calls.links(placeholder))


class AttributeEscaper(Treeprocessor):
    """Lets attributes be what they are: to Python-Markdown's serializer `&name;` in them would be an entity."""

    def run(self, root: Element) -> None:
        """Replace `&` in all attributes."""
        for element in root.iter():
            for name, value in element.attrib.items():
                if "&" in value:
                    element.set(name, _with_ampersands(value))


def _plain(tokens: Sequence[Token]) -> str:
    """Return the text of tokens without markup, as an alternative text."""
    return "".join(
        _plain(token.children) if token.children else " " if "break" in token.type else _wiki_text(token)
        for token in tokens
    )


def _wiki_text(token: Token) -> str:
    return str(token.meta["values"][0]) if token.type == WIKI_TOKEN else token.content


def _with_ampersands(text: str) -> str:
    """Return a text whose `&` is no entity to Python-Markdown's serializer."""
    return text.replace("&", f"{AMP_SUBSTITUTE}amp;")


def _append_text(element: Element, text: str) -> None:
    append_raw(element, _with_ampersands(text))


def append_raw(element: Element, text: str) -> None:
    """Append a text after the last child, or to the text of the element."""
    if not text:
        return
    if len(element):
        element[-1].tail = f"{element[-1].tail or ''}{text}"
    else:
        element.text = f"{element.text or ''}{text}"
