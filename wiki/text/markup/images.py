"""Pictures and addresses: what Markdown made of `![…](…)` and `[…](…)`, made ours.

`![description](File:name.jpg)` and `![description](name.jpg)` are pictures of this wiki
(a folder before the name is left out, as in texts that come from a repository); a picture
elsewhere on the web becomes a link to it, so that no reader is seen by a third party.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from wiki.text.markup.placeholders import PlaceholderStore
from wiki.text.markup.wikilinks import FILE, LinkBuilder, page_from_relative_url
from wiki.text.titles import TitleProblem, clean_title, split_namespace

_WEB = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_RAW_PICTURE = re.compile(r"<img\b[^>]*>?", re.IGNORECASE)
_RAW_HEADING = re.compile(r"<(/?)h1\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(src|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def picture_name(address: str) -> str | None:
    """The name of the uploaded file that an address means, or None if it means none."""
    path = unquote(address).strip()
    if _WEB.match(path):
        return None
    number, name = split_namespace(path)
    if number != FILE:
        if _SCHEME.match(path):
            return None
        name = path.rpartition("/")[2]
    try:
        return clean_title(name)
    except TitleProblem:
        return None


class AddressProcessor(Treeprocessor):
    """Exchanges `img` elements and relative links of the finished tree for placeholders."""

    def __init__(self, md: Markdown, store: PlaceholderStore, book: LinkBuilder) -> None:
        super().__init__(md)
        self.store = store
        self.book = book

    def run(self, root: Element) -> None:
        """Walk the tree once, without recursion."""
        for parent in list(root.iter()):
            for index, child in enumerate(parent):
                if child.tag == "img":
                    new = self._picture(parent, child)
                elif child.tag == "a":
                    new = self._link(child)
                else:
                    continue
                new.tail = child.tail
                parent[index] = new

    def _plain(self, text: str) -> str:
        """An attribute as its author meant it: backslashes and entities undone."""
        return unescape(self.md.treeprocessors["unescape"].unescape(text))  # type: ignore[attr-defined]

    def _picture(self, parent: Element, image: Element) -> Element:
        """What stands for an image that Markdown found."""
        address = self._plain(image.get("src", ""))
        description = self._plain(image.get("alt", ""))
        caption = self._plain(image.get("title", ""))
        name = picture_name(address)
        if name is not None:
            return self.book.picture(name, description, caption)
        if _WEB.match(address):
            link = Element("a" if parent.tag != "a" else "span", {"href": address})
            link.text = description or address
            return link
        source = f"![{description}]({address})"
        return self.store.add_element(self.store.add_problem("picture_address", source, source=source[:80]))

    def _link(self, link: Element) -> Element:
        """A link to a page where the address is relative; else the link as it was."""
        address = self._plain(link.get("href", ""))
        if address.lower().startswith("www."):
            link.set("href", f"http://{address}")
            return link
        page = page_from_relative_url(address)
        if page is None or link.find(".//img") is not None or self._has_hole(link):
            return link
        target, section = page
        label = "".join(link.itertext()) or target
        return self.book.page_link(target, self._plain(label), section)

    def _has_hole(self, link: Element) -> bool:
        return link.find(f".//{self.store.tag}") is not None


def fix_raw_html(html: str, store: PlaceholderStore) -> str:
    """Raw HTML of an author: a picture becomes a problem that says how to write it, h1 an h2."""

    def problem(match: re.Match[str]) -> str:
        """The placeholder of one `<img …>`, with the Markdown that would do instead."""
        values = {found[0].lower(): found[1] or found[2] or found[3] for found in _ATTRIBUTE.findall(match[0])}
        return store.add_markup(store.add_problem("picture_html", match[0], **_instead(values)))

    return _RAW_HEADING.sub(r"<\1h2", _RAW_PICTURE.sub(problem, html))


def _instead(values: dict[str, str]) -> dict[str, str]:
    """Parameters of the problem: what to write instead."""
    name = picture_name(unescape(values.get("src", ""))) or "name.jpg"
    return {"instead": f"![{unescape(values.get('alt', ''))}](File:{name})"}
