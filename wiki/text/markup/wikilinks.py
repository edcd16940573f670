"""Links between pages: `[[Title]]`, `[[Title#Section|label]]`, categories, annotations.

Also `[label](Title)`: a relative URL in Markdown names a page, as in texts from GitHub.  Higher layers
find out whether a page exists and in which place its title is looked up first; here a link is what was
written.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from markdown.util import AtomicString

from wiki.text.anchors import section_id
from wiki.text.markup.placeholders import Placeholder, PlaceholderStore, WikiLink
from wiki.text.titles import CATEGORY, FILE, TitleProblem, build_full_title, clean_title, is_relative, split_namespace

WIKI_LINK = r"(?<![\\\[])\[\[((?:[^\[\]]|\](?!\])){1,2000})\]\]([a-zà-öø-ÿœ]*)"
"""A link as written, and the lower-case letters after it, which belong to its label."""
_REDIRECT = re.compile(
    r"\s*#(?:REDIRECT|REDIRECTION)\s*:?\s*\[\[([^\[\]|]+)(?:\|[^\[\]]*)?\]\][^\S\n]*\n?",
    re.IGNORECASE,
)
_EXTERNAL_URL = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_PICTURE_OPTION = re.compile(
    r"(?:thumb(?:nail)?|vignette|frame(?:less|d)?|cadre|border|bordure|left|gauche|right|droite|"
    r"center|centr[eé]|none|néant|upright(?:=.*)?|redresse(?:=.*)?|\d*x?\d+px|"
    r"(?:link|lien|page|lang|class)=.*)\Z",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(\d{1,5})(?:x\d{0,5})?(?:px)?", re.IGNORECASE)
MAX_WIDTH = 4_000
"""Maximum width that an author can give a picture, in CSS pixels."""
_PICTURE_NAME = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic|pdf|od[tsp]|docx|xlsx|pptx|csv|stl|3mf|dxf|gpx"
    r"|mp3|og[gav]|opus|wav|flac|m4a|mp4|webm)$",
    re.IGNORECASE,
)
_BAR_OR_PARAMETER = re.compile(r"\{\{\{|\}\}\}|\\?\|")
_MARKUP = re.compile(r"[*_`\\<\[\]\x02]|\{\{|~~|==")
"""In a label: signs of markup, and the character by which Python-Markdown marks processed text."""


def split_redirect(body: str) -> tuple[str | None, str]:
    """Return the title that a body redirects to (or None), and the body without the redirect line."""
    match = _REDIRECT.match(body)
    if not match:
        return None, body
    try:
        title, _ = _target(f":{match[1].strip().removeprefix(':')}")
    except TitleProblem:
        return None, body
    return (title.removeprefix(":"), body[match.end() :]) if title else (None, body)


def redirect_section(body: str) -> str:
    """Return the section that a body redirects to; "" for none."""
    match = _REDIRECT.match(body)
    return match[1].partition("#")[2].replace("_", " ").strip() if match else ""


def _target(written: str) -> tuple[str, str]:
    """Return validated title and section of a link's target; an empty title means the same page.

    A relative title is returned as written; `:` stays before one that would be relative without it. Raises
    TitleProblem.
    """
    title, _, section = written.strip().partition("#")
    section = section.replace("_", " ").strip()
    if section and not title.strip(": "):
        return "", section
    title = title.strip()
    if is_relative(title):
        if below := title.replace("../", "").strip("./ "):
            clean_title(below)
        return title, section
    title = clean_title(title.removeprefix(":"))
    return f":{title}" if is_relative(title) else title, section


def _split_at_bars(inner: str) -> list[str]:
    """Split at bars (escaped in tables), but not at those of a parameter `{{{name|default}}}`."""
    parts, begin, depth = [], 0, 0
    for token in _BAR_OR_PARAMETER.finditer(inner):
        if token[0] == "{{{":
            depth += 1
        elif token[0] == "}}}":
            depth = max(0, depth - 1)
        elif not depth:
            parts.append(inner[begin : token.start()])
            begin = token.end()
    return [*parts, inner[begin:]]


class LinkBuilder:
    """Makes the elements that stand for the links of one text, and stores their placeholders."""

    def __init__(self, store: PlaceholderStore) -> None:
        self.store = store

    def from_markup(self, source: str, inner: str, trail: str = "") -> Element:
        """Return the element for `[[inner]]trail`; `source` is the link as written."""
        first, *others = [unescape(part).strip() for part in _split_at_bars(inner)]
        if _EXTERNAL_URL.match(first):
            return _external_link(first, "|".join(others) or first)
        if "::" in first and first[0] == ":" and not first.startswith("::"):
            return _literal(source)
        if "::" in first or ":=" in first:
            return self._annotation(source, first, others)
        try:
            target, section = _target(first)
        except TitleProblem:
            return self.store.add_element(self.store.add_problem("link_title", source, source=source[:80]))
        number, name = (0, target) if is_relative(target) else split_namespace(target)
        if not first.startswith(":") and number == CATEGORY:
            sort_key = "|".join(others) or " " if others else ""
            return self._add_mark(WikiLink(build_full_title(CATEGORY, None, name), name, "category", sort_key=sort_key))
        if not first.startswith(":") and number == FILE:
            return self._file(name, others)
        label = "|".join(others) or (_without_prefix(target) if others else _label_of(first))
        return self.page_link(target, label + trail, section)

    def markup_of_label(self, element: Element, inner: str, trail: str = "") -> str:
        """Return the label of the link `[[inner]]trail` as source, if it has markup; "" for others, and for no link.

        The element of the link then stands for its beginning only.
        """
        label = "|".join(_split_at_bars(inner)[1:]).strip()
        placeholder = self.store.placeholders.get(element.get("n", "")) if element.tag == self.store.tag else None
        if placeholder is None or placeholder.kind != "link" or "<" in label or not _MARKUP.search(label):
            return ""  # raw HTML in a label could end the link elsewhere: it is shown as it is written
        placeholder.data["open"], element.text = True, AtomicString("")
        return label + trail

    def embedded_picture(self, inner: str) -> Element | None:
        """Return the element of the picture `![[inner]]`; None for a page."""
        target, *options = [unescape(part).strip() for part in _split_at_bars(inner)]
        if not _PICTURE_NAME.search(target):
            return None
        number, name = split_namespace(target)
        return self._file(name if number == FILE else target.rpartition("/")[2], options)

    def page_link(self, target: str, label: str, section: str = "", redirect: bool = False) -> Element:
        """Return the element of a link to a page."""
        data = {
            "target": target,
            "label": label,
            "section": section,
            "fragment": section_id(section) if section else "",
            "redirect": "yes" if redirect else "",
        }
        link = WikiLink(target, label, "redirect" if redirect else "link", section)
        return self.store.add_element(Placeholder("link", data, label), link)

    def picture(self, name: str, description: str, caption: str = "", width: int = 0) -> Element:
        """Return the element of a picture; `width` in CSS pixels, 0 for any."""
        data = {"name": name, "description": description, "caption": caption, "width": width, "alone": False}
        link = WikiLink(build_full_title(FILE, None, name), caption or description, "file")
        return self.store.add_element(Placeholder("picture", data, description), link)

    def _file(self, name: str, options: list[str]) -> Element:
        """Return the element of `[[File:name|options|caption]]`, as in MediaWiki: of its options, a width counts.

        `300` and `300x200` are widths too, as in Obsidian.
        """
        description, caption, width = "", "", 0
        for option in options:
            if size := _SIZE.fullmatch(option):
                width = min(int(size[1]), MAX_WIDTH)
            elif option.lower().startswith("alt="):
                description = option[4:].strip()
            elif option and not _PICTURE_OPTION.match(option):
                caption = option
        return self.picture(name, description or caption, caption, width)

    def _annotation(self, source: str, first: str, others: list[str]) -> Element:
        """Return the element of `[[Property::value|label]]`; the first `::` separates, as in SMW's strict mode."""
        name, _, value = first.partition("::" if "::" in first else ":=")
        value = value.strip()
        label = "|".join(others) if others else value
        try:
            name = clean_title(name)
        except TitleProblem:
            return self.store.add_element(self.store.add_problem("annotation_property", source, source=source[:80]))
        link = WikiLink(value, label, "annotation", property=name)
        is_plain = not (others and _MARKUP.search(label)) and not _EXTERNAL_URL.match(label)
        if label.strip() and is_plain:
            data = {"property": name, "value": value, "label": label if others else ""}
            return self.store.add_element(Placeholder("annotation", data, label), link)
        mark = self._add_mark(link)
        mark.tail = label
        span = Element("span")
        span.append(mark)
        return span

    def _add_mark(self, *links: WikiLink) -> Element:
        """Return an invisible element that marks the position of `links` in the text."""
        return self.store.add_element(Placeholder("mark"), *links)


def _external_link(url: str, label: str) -> Element:
    """Return the element of a link to another site."""
    element = Element("a", {"href": url})
    element.text = label
    return element


def _literal(source: str) -> Element:
    """Return an element that shows source without meaning as it is (`[[:P::v]]`)."""
    element = Element("span")
    element.text = AtomicString(source)
    return element


def _label_of(written: str) -> str:
    """Return the label of a link without one: its target; only the last part of a relative one that ends with `/`."""
    below = written.replace("../", "").strip("/ ")
    return below if written.endswith("/") and is_relative(written) and below else written.removeprefix(":")


def _without_prefix(target: str) -> str:
    """Return a title without its prefix and its addition in brackets (MediaWiki's pipe trick)."""
    last = target.rpartition(":")[2].strip()
    return re.sub(r"\s*\([^()]*\)$", "", last) or last


def page_from_relative_url(href: str) -> tuple[str, str] | None:
    """Return title and section that a relative URL in Markdown names; None for other URLs and invalid titles.

    `Charte.md`, `./Charte` and `Charte#but` are pages; `#but`, `/search`, `?x` are not.
    """
    if not href or href[0] in "#/?" or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?=//|\S+@)", href):
        return None
    if re.match(r"(?:https?|mailto|tel|javascript|data|vbscript|ftp|file):", href, re.IGNORECASE):
        return None
    path, _, section = unquote(href).partition("#")
    path = re.sub(r"\.(?:md|markdown)$", "", path.removeprefix("./"), flags=re.IGNORECASE)
    try:
        return clean_title(path), section
    except TitleProblem:
        return None
