"""The reader of Markdown on the examples of CommonMark 0.31.2, whose text is in the npm package `commonmark-spec`."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

from wiki.text.markup.markdown_engine import MarkdownEngine
from wiki.text.markup.placeholders import PlaceholderStore, fill_placeholders

SPECIFICATION = Path(__file__).parents[2] / "node_modules/commonmark-spec/spec.txt"
EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.DOTALL | re.MULTILINE)
ON_PURPOSE = {
    41: "where a link leads may hold blanks, as titles of pages do",
    488: "where a link leads may hold blanks, as titles of pages do",
    475: "a picture in raw HTML is a problem, which says how to write it",
    559: "`[[…]]` is a link of the wiki",
    590: "`[[…]]` is a link of the wiki",
    608: "an address without brackets is a link, as in GFM",
    611: "an address without brackets is a link, as in GFM",
    612: "an address without brackets is a link, as in GFM",
}
"""By number of the example: why the wiki reads it otherwise."""


def examples() -> list[Any]:
    """Return source and HTML of all examples, with their numbers as ids."""
    text = SPECIFICATION.read_text(encoding="utf-8").replace("→", "\t")
    found = EXAMPLE.findall(text)
    return [pytest.param(number, *pair, id=str(number)) for number, pair in enumerate(found, start=1)]


@pytest.fixture(scope="module")
def engine() -> MarkdownEngine:
    """An engine without what the wiki makes of headings, links and pictures after they are read."""
    engine = MarkdownEngine()
    for name in ("wiki_address", "wiki_shift", "wiki_task", "toc"):
        engine.treeprocessors[name].run = lambda root: None  # type: ignore[method-assign]
    return engine


def html_of(engine: MarkdownEngine, source: str) -> str:
    """Return the HTML of a source text, with its blocks of code as in the specification."""
    store = PlaceholderStore("0")
    engine.prepare(store, ())

    def code(placeholder: Any) -> str | None:
        if placeholder.kind != "code":
            return None
        language, content = placeholder.data["language"], placeholder.data["code"]
        attribute = f' class="language-{escape(language)}"' if language else ""
        return f"<pre><code{attribute}>{escape(content)}\n</code></pre>"

    return fill_placeholders(engine.convert(source), store.nonce, store.placeholders, code)


def tree(html: str) -> list[Any]:
    """Return HTML as nested lists, in which white space and the spelling of addresses do not count."""
    return children(BeautifulSoup(html, "html.parser"), preformatted=False)


def children(tag: Tag, *, preformatted: bool) -> list[Any]:
    found: list[Any] = []
    for child in tag.children:
        if isinstance(child, Tag):
            attributes = sorted((name, unquote(str(value))) for name, value in child.attrs.items())
            inner = children(child, preformatted=preformatted or child.name == "pre")
            found.append([child.name, attributes, inner])
        elif isinstance(child, PreformattedString):  # a comment, a declaration
            found.append("".join(str(child).split()))
        elif isinstance(child, NavigableString):
            text = str(child).rstrip("\n") if preformatted else " ".join(str(child).split())
            found += [text] if text else []
    return found


@pytest.mark.parametrize(("number", "source", "html"), examples() if SPECIFICATION.exists() else [])
def test_examples_are_read_as_specified(engine: MarkdownEngine, number: int, source: str, html: str) -> None:
    assert (tree(html_of(engine, source)) == tree(html)) is (number not in ON_PURPOSE)


def test_all_examples_are_there() -> None:
    assert len(examples()) == 652, "run `make test`, which installs them"
