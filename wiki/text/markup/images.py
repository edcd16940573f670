"""Pictures and URLs: what Python-Markdown made of `![…](…)` and `[…](…)`, as pictures and links of the wiki.

`![description](File:name.jpg)` and `![description](name.jpg)` are pictures of this wiki (a folder
before the name is dropped, as in texts from a repository).  A picture on another site becomes a link
to it, so that readers do not send requests to third parties.
"""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

from wiki.text.markup.placeholders import PlaceholderStore
from wiki.text.markup.wikilinks import MAX_WIDTH, LinkBuilder, page_from_relative_url
from wiki.text.titles import FILE, TitleProblem, clean_title, split_namespace

_WEB = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_RAW_PICTURE = re.compile(r"<img\b[^>]*>?", re.IGNORECASE)
_RAW_PLAYER = re.compile(r"<(?:iframe|video|audio|embed|source)\b[^>]*>", re.IGNORECASE)
_RAW_HEADING = re.compile(r"<(/?)h1\b", re.IGNORECASE)
_SIZE_IN_LABEL = re.compile(r"\|\s*(\d{1,5})(?:x\d{1,5})?\s*\Z")
"""The size that Obsidian writes behind a description."""
_ATTRIBUTES = re.compile(r"\{:?([^{}\n]{1,200})\}")
_WIDTH = re.compile(r"""\bwidth\s*=\s*["']?(\d{1,5})(px|%|)["']?(?![\w%])""")
_ATTRIBUTE = re.compile(r"""\b(src|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def picture_name(url: str) -> str | None:
    """Return the name of the uploaded file that a URL of an image means, or None if it means none."""
    path = unquote(url).strip()
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


class ImageAndLinkProcessor(Treeprocessor):
    """Replaces `img` elements and relative links of the tree by placeholders."""

    def __init__(self, md: Markdown, store: PlaceholderStore, builder: LinkBuilder) -> None:
        super().__init__(md)
        self.store = store
        self.builder = builder

    def run(self, root: Element) -> None:
        """Replace the elements in one pass over the tree, without recursion."""
        for parent in list(root.iter()):
            for index, child in enumerate(parent):
                if child.tag == "img":
                    width, child.tail = _width_behind(child.tail or "")
                    new = self._picture(parent, child, width)
                elif child.tag == "a":
                    new = self._link(child)
                else:
                    continue
                new.tail = child.tail
                parent[index] = new

    def _picture(self, parent: Element, image: Element, width: int) -> Element:
        """Return the element that replaces an image: a picture, a link to another site, or a problem."""
        url = image.get("src", "")
        description = image.get("alt", "")
        if size := _SIZE_IN_LABEL.search(description):
            width, description = width or int(size[1]), description[: size.start()].strip()
        caption = image.get("title", "")
        name = picture_name(url)
        if name is not None:
            return self.builder.picture(name, description, caption, min(width, MAX_WIDTH))
        if _WEB.match(url):
            link = Element("a" if parent.tag != "a" else "span", {"href": url})
            link.text = description or url
            return link
        source = f"![{description}]({url})"
        return self.store.add_element(self.store.add_problem("picture_address", source, source=source[:80]))

    def _link(self, link: Element) -> Element:
        """Return a link to a page if the URL is relative; else the link itself."""
        url = link.get("href", "")
        if url.lower().startswith("www."):
            link.set("href", f"http://{url}")
            return link
        page = page_from_relative_url(url)
        if page is None or link.find(".//img") is not None or self._has_placeholder(link):
            return link
        target, section = page
        label = HTML_PLACEHOLDER_RE.sub("", "".join(link.itertext())) or target  # without raw HTML
        return self.builder.page_link(target, label, section)

    def _has_placeholder(self, link: Element) -> bool:
        return link.find(f".//{self.store.tag}") is not None


def _width_behind(tail: str) -> tuple[int, str]:
    """Return the width that attributes behind a picture give, and what follows them.

    They are `{width=300}` or `{: width="300px" }`; a percentage is read, and gives none.
    """
    match = _ATTRIBUTES.match(tail)
    size = _WIDTH.search(match[1]) if match else None
    if match is None or size is None:
        return 0, tail
    return 0 if size[2] == "%" else int(size[1]), tail[match.end() :]


def fix_raw_html(html: str, store: PlaceholderStore) -> str:
    """Replace `<img …>` in raw HTML of an author by a problem that shows the Markdown to write, and h1 by h2.

    Of what plays films and sounds of another site the address is left, as a link: readers' browsers ask only this site.
    """

    def problem(match: re.Match[str]) -> str:
        """Return the placeholder of one `<img …>`."""
        values = {found[0].lower(): found[1] or found[2] or found[3] for found in _ATTRIBUTE.findall(match[0])}
        return store.add_markup(store.add_problem("picture_html", match[0], instead=_as_markdown(values)))

    def link(match: re.Match[str]) -> str:
        """Return the link to what one player shows; the tag, which the sanitizer removes, if it has no address."""
        values = {found[0].lower(): found[1] or found[2] or found[3] for found in _ATTRIBUTE.findall(match[0])}
        url = escape(unescape(values.get("src", "")))
        return f'<a href="{url}">{url}</a>' if _WEB.match(url) else match[0]

    return _RAW_HEADING.sub(r"<\1h2", _RAW_PLAYER.sub(link, _RAW_PICTURE.sub(problem, html)))


def _as_markdown(attributes: dict[str, str]) -> str:
    """Return the Markdown for a picture with these HTML attributes."""
    name = picture_name(unescape(attributes.get("src", ""))) or "name.jpg"
    return f"![{unescape(attributes.get('alt', ''))}](File:{name})"
