"""Holes: the places in cleaned HTML where trusted output is put in afterwards.

While a text is parsed, everything that is not plain Markdown (links to pages, pictures,
calls, highlighted code, problems) is set aside in a `Tray` and leaves an element behind.
Its tag name carries a random nonce, so no author can write one; only after the whole HTML
has been cleaned are the elements exchanged for what they stand for.  The element's text is
what stands there wherever markup is not possible (titles, alternative texts, contents).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal
from xml.etree import ElementTree

from markdown.util import AtomicString

from wiki.text.problems import Problem

HoleKind = Literal["link", "annotation", "picture", "call", "problem", "code", "anchor", "task", "mark"]


@dataclass(frozen=True)
class Hole:
    """What belongs in one place of the HTML.

    `data` by kind (all strings unless said):
    link      target, label, section, fragment ("" or "s-…"), redirect ("" or "yes")
    annotation  property, value, label ("" for the value itself)
    picture   name, description, caption, alone (bool: the only thing in its paragraph)
    call      name, source, arguments (list of [key or "", value]), alone (bool)
    problem   code, params (dict), source
    Filled by this room itself: code (code, language), anchor (id), task (done: bool),
    mark (where a category, an annotation with markup or the `switch` of that name was written; shows nothing).
    """

    kind: HoleKind
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""


LinkKind = Literal["link", "category", "file", "redirect", "annotation"]


@dataclass(frozen=True)
class Link:
    """One link as written: cleaned title, label, kind, and the section after `#`.

    A category has its canonical title (`Category:…`), a file `File:…`, a link to a section
    of its own page an empty target.  An annotation has the name of its `property`, and its
    value as `target`.
    """

    target: str
    label: str
    kind: LinkKind
    section: str = ""
    property: str = ""


@dataclass
class Tray:
    """What one parsing sets aside: its holes, and the problems found on the way."""

    nonce: str
    holes: dict[str, Hole] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """The name of the elements that stand for holes."""
        return f"h-{self.nonce}"

    def element(self, hole: Hole, *links: Link) -> ElementTree.Element:
        """Set a hole aside, with the links it makes; the element that stands for it in the tree."""
        number = self._add(hole)
        if links:
            self.links[number] = list(links)
        element = ElementTree.Element(self.tag, {"n": number})
        element.text = AtomicString(hole.text)
        return element

    def markup(self, hole: Hole, *links: Link) -> str:
        """Set a hole aside, with the links it makes; the markup that stands for it in a string of HTML."""
        number = self._add(hole)
        if links:
            self.links[number] = list(links)
        return f'<{self.tag} n="{number}">{escape(hole.text)}</{self.tag}>'

    def problem(self, code: str, source: str, /, **params: str) -> Hole:
        """Note a problem with the piece of text it is in; the hole that shows both."""
        self.problems.append(Problem(code, params))
        self.sources.append(source)
        data = {"code": code, "params": params, "source": source}
        return Hole("problem", data, source)

    def _add(self, hole: Hole) -> str:
        number = str(len(self.holes))
        self.holes[number] = hole
        return number


def pattern(nonce: str) -> re.Pattern[str]:
    """Matches the element of any hole; its number is group 1."""
    return re.compile(f'<h-{nonce} n="([0-9]+)">([^<]*)</h-{nonce}>')


def fill(html: str, nonce: str, holes: Mapping[str, Hole], render: Callable[[Hole], str | None]) -> str:
    """Exchange holes for the trusted HTML that `render` returns; None leaves a hole for later.

    What `render` returns is not looked through for holes again.
    """

    def replaced(match: re.Match[str]) -> str:
        """One hole, or its text where nothing is known of it."""
        hole = holes.get(match[1])
        if hole is None:
            return match[2]
        rendered = render(hole)
        return match[0] if rendered is None else rendered

    return pattern(nonce).sub(replaced, html)
