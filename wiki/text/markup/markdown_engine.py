"""The Markdown engine: Python-Markdown with the extensions and the syntax of this wiki.

Creating one takes some milliseconds, so each thread reuses one (see `markdown_parser`); `prepare` sets
its state for one text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape
from xml.etree.ElementTree import Element

import markdown
from markdown import inlinepatterns as inline
from markdown.extensions.tables import TableProcessor
from markdown.postprocessors import RawHtmlPostprocessor
from markdown.util import INLINE_PLACEHOLDER_RE

from wiki.text.anchors import slug
from wiki.text.markup import code_blocks
from wiki.text.markup.headings import AnchoredTocExtension, HeadingLevelProcessor, TaskProcessor
from wiki.text.markup.images import ImageAndLinkProcessor, fix_raw_html
from wiki.text.markup.parser_functions import (
    CallBlockPreprocessor,
    CallPlaceholderBuilder,
    CallProcessor,
    SwitchProcessor,
    end_of_call,
)
from wiki.text.markup.placeholders import PlaceholderStore
from wiki.text.markup.wikilinks import LinkBuilder, WikiLinkProcessor

BRACKET_LIMIT = 32
"""Maximum nesting of brackets in a link text."""

ADDRESS_LIMIT = 4_000
"""Maximum length in characters of a link's URL with its title."""


class MarkdownEngine(markdown.Markdown):
    """Python-Markdown with the wiki's syntax, and the placeholders of the text that is being parsed."""

    def __init__(self) -> None:
        fences = [
            {"name": "*", "class": "", "format": code_blocks.format_fence, "validator": code_blocks.validate_fence}
        ]
        self.store = PlaceholderStore("0")
        self.links = LinkBuilder(self.store)
        self.calls = CallPlaceholderBuilder(self.store, ())
        super().__init__(
            extensions=[
                "tables",
                "footnotes",
                "def_list",
                "abbr",
                "sane_lists",
                "pymdownx.superfences",
                "pymdownx.magiclink",
                AnchoredTocExtension(slugify=slug, marker="", permalink=True),
            ],
            extension_configs={
                "tables": {"use_align_attribute": True},
                "footnotes": {"BACKLINK_TITLE": ""},
                "pymdownx.superfences": {"custom_fences": fences},
            },
            output_format="html",
        )
        self._register_processors()

    def prepare(self, store: PlaceholderStore, known_calls: Collection[str]) -> LinkBuilder:
        """Reset the engine for a new text, whose placeholders go to `store`; return the builder of its links."""
        self.reset()
        self.store = store
        self.links = LinkBuilder(store)
        self.calls = CallPlaceholderBuilder(store, known_calls)
        self.inlinePatterns["wiki_link"].builder = self.links  # type: ignore[attr-defined]
        self.inlinePatterns["wiki_call"].registry = self.calls  # type: ignore[attr-defined]
        self.preprocessors["wiki_call_block"].registry = self.calls  # type: ignore[attr-defined]
        self.treeprocessors["wiki_task"].store = store  # type: ignore[attr-defined]
        address_processor = self.treeprocessors["wiki_address"]
        address_processor.store, address_processor.builder = store, self.links  # type: ignore[attr-defined]
        return self.links

    def _register_processors(self) -> None:
        """Register the wiki's own syntax, and bounded versions of processors that are quadratic."""
        patterns = self.inlinePatterns
        # Priorities: after code spans (190) and before backslash escapes (180), since `\|` in a table must
        # still be escaped; calls before links, since calls can contain links.
        patterns.register(WikiLinkProcessor(self, self.links), "wiki_link", 186)
        patterns.register(CallProcessor(self, self.calls), "wiki_call", 187)
        patterns.register(SwitchProcessor(self), "wiki_switch", 185)
        patterns.register(BoundedReference(inline.REFERENCE_RE, self), "reference", 170)
        patterns.register(BoundedLink(inline.LINK_RE, self), "link", 160)
        patterns.register(BoundedImage(inline.IMAGE_LINK_RE, self), "image_link", 150)
        patterns.register(BoundedImageReference(inline.IMAGE_REFERENCE_RE, self), "image_reference", 140)
        patterns.register(BoundedShortReference(inline.REFERENCE_RE, self), "short_reference", 130)
        patterns.register(BoundedShortImageReference(inline.IMAGE_REFERENCE_RE, self), "short_image_ref", 125)
        patterns.register(InlineRawHtml(inline.HTML_RE, self), "html", 90)
        # After fences (25), before raw HTML (20).
        self.preprocessors.register(CallBlockPreprocessor(self, self.calls), "wiki_call_block", 22)
        self.treeprocessors.register(TaskProcessor(self, self.store), "wiki_task", 30)
        self.treeprocessors.register(ImageAndLinkProcessor(self, self.store, self.links), "wiki_address", 15)
        self.treeprocessors.register(HeadingLevelProcessor(self), "wiki_shift", 14)
        self.treeprocessors.deregister("prettify")
        self.postprocessors.register(WikiRawHtmlPostprocessor(self), "raw_html", 30)
        table = WikiTableProcessor(self.parser, {"use_align_attribute": True})
        self.parser.blockprocessors.register(table, "table", 75)


class _Bounded:
    """Limits for link texts and URLs: without them, 8,000 `[` take 20 seconds."""

    def getText(  # noqa: N802  # Python-Markdown's name
        self, data: str, index: int
    ) -> tuple[str, int, bool]:
        """Return the text up to its closing bracket, the index after it, and whether there is one."""
        depth, start = 1, index
        for bracket in _BRACKET.finditer(data, index):
            depth += 1 if bracket[0] == "[" else -1
            if depth == 0:
                return data[start : bracket.start()], bracket.end(), True
            if depth > BRACKET_LIMIT:
                break
        return "", index, False

    def getLink(  # noqa: N802  # Python-Markdown's name
        self, data: str, index: int
    ) -> tuple[str, str | None, int, bool]:
        """Return URL and title in parentheses, the index after them, and whether there are any."""
        if not data.startswith("(", index):
            return "", None, index, False
        part = data[index : index + ADDRESS_LIMIT]
        href, title, end, handled = super().getLink(part, 0)  # type: ignore[misc]
        return href, title, index + end, handled


_BRACKET = re.compile(r"[\[\]]")


class BoundedLink(_Bounded, inline.LinkInlineProcessor):
    """`[text](url)`."""


class BoundedImage(_Bounded, inline.ImageInlineProcessor):
    """`![description](url)`."""


class BoundedReference(_Bounded, inline.ReferenceInlineProcessor):
    """`[text][id]`."""


class BoundedShortReference(_Bounded, inline.ShortReferenceInlineProcessor):
    """`[id]`."""


class BoundedImageReference(_Bounded, inline.ImageReferenceInlineProcessor):
    """`![description][id]`."""


class BoundedShortImageReference(_Bounded, inline.ShortImageReferenceInlineProcessor):
    """`![id]`."""


class InlineRawHtml(inline.HtmlInlineProcessor):
    """Inline HTML; a placeholder inside an attribute is replaced by its text."""

    def unescape(self, text: str) -> str:
        """Return the HTML with placeholders replaced by their text."""
        stash = self.md.treeprocessors["inline"].stashed_nodes  # type: ignore[attr-defined]
        tag = self.md.store.tag  # type: ignore[attr-defined]

        def plain(match: re.Match[str]) -> str:
            """Return the text of a placeholder of the wiki; leave those of Python-Markdown unchanged."""
            node = stash.get(match[1])
            if isinstance(node, Element) and node.tag == tag:
                return escape(node.text or "")
            return match[0]

        return super().unescape(INLINE_PLACEHOLDER_RE.sub(plain, text))


class WikiRawHtmlPostprocessor(RawHtmlPostprocessor):
    """Restores raw HTML; its pictures are shown as problems, its h1 become h2."""

    def stash_to_string(self, text: str) -> str:
        """Return one piece of stashed raw HTML."""
        html = str(text)
        store: PlaceholderStore = self.md.store  # type: ignore[attr-defined]
        return fix_raw_html(html, store) if "<" in html else html


class WikiTableProcessor(TableProcessor):
    """Tables whose cells can contain `[[Title|label]]` and `{{call|…}}`: their bars do not separate cells."""

    _START = re.compile(r"\[\[[^\[\]]*\]\]|\{\{")
    _BAR, _HIDDEN_BAR = re.compile(r"\\?\|"), "\ue002"

    def _split(self, row: str) -> list[str]:
        """Return the cells of a row."""
        if "|" in row and ("[[" in row or "{{" in row):
            row = self._with_hidden_bars(row)
        cells: list[str] = super()._split(row)  # type: ignore[misc]  # not in the stubs
        return [cell.replace(self._HIDDEN_BAR, "|") for cell in cells]

    def _with_hidden_bars(self, row: str) -> str:
        """Replace the bars in links and calls, escaped or not, by a private-use character."""
        parts, position = [], 0
        while match := self._START.search(row, position):
            end = end_of_call(row, match.start()) if match[0] == "{{" else match.end()
            end = end or match.end()
            parts += [row[position : match.start()], self._BAR.sub(self._HIDDEN_BAR, row[match.start() : end])]
            position = end
        return "".join([*parts, row[position:]])
