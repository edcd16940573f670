"""Call-outs: quotes that begin with `[!NOTE]`, as on GitHub and in Obsidian.

`[!tip] Title` has a title of its own; `[!tip]-` can be opened, `[!tip]+` is open and can be closed.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from markdown.treeprocessors import Treeprocessor

from wiki.text.markup.placeholders import Placeholder, PlaceholderStore

CALLOUTS = {
    "note": "note", "info": "note", "abstract": "note", "summary": "note", "tldr": "note", "todo": "note",
    "example": "note", "quote": "note", "cite": "note",
    "tip": "tip", "hint": "tip", "success": "tip", "check": "tip", "done": "tip",
    "important": "important", "question": "important", "help": "important", "faq": "important",
    "warning": "warning", "attention": "warning",
    "caution": "caution", "danger": "caution", "error": "caution", "failure": "caution", "fail": "caution",
    "missing": "caution", "bug": "caution",
}  # fmt: skip
"""The five types of GitHub by the names that people write; those of Obsidian are shown as one of them."""
_MARK = re.compile(r"\[!(\w+)\]([+-]?)(?:[ \t]+([^\n]*?))?[ \t]*(?:\n|\Z)")


class CalloutProcessor(Treeprocessor):
    """Makes call-outs of quotes that begin with the mark of one; runs before the markup within blocks is read."""

    store: PlaceholderStore

    def run(self, root: Element) -> None:
        """Replace the elements in place."""
        for quote in list(root.iter("blockquote")):
            first = quote[0] if len(quote) and quote[0].tag == "p" else None
            match = _MARK.match(first.text or "") if first is not None else None
            if first is None or match is None or match[1].lower() not in CALLOUTS:
                continue
            self._make_callout(quote, first, match)

    def _make_callout(self, quote: Element, first: Element, match: re.Match[str]) -> None:
        kind, folding, title = CALLOUTS[match[1].lower()], match[2], match[3]
        quote.tag = "details" if folding else "div"
        quote.set("class", f"callout callout-{kind}")
        if folding == "+":
            quote.set("open", "open")
        head = Element("summary" if folding else "p", {"class": "callout-title"})
        if title:
            head.text = title
        else:
            head.append(self.store.add_element(Placeholder("callout", {"type": kind})))
        first.text = (first.text or "")[match.end() :]
        if not first.text and not len(first):
            quote.remove(first)
        quote.insert(0, head)
