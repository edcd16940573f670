"""Placeholders: elements in sanitized HTML that are replaced by trusted output afterwards.

While a text is parsed, everything that is not plain Markdown (links to pages, pictures, calls,
highlighted code, problems) is stored in a `PlaceholderStore`, and an element takes its place.  The tag
name of the element has a random nonce, so that authors cannot write it; the elements are replaced only
after all the HTML is sanitized.  The text of the element is used where markup is not possible (titles,
alternative texts, table of contents).
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

PlaceholderKind = Literal[
    "link",
    "link_end",
    "annotation",
    "picture",
    "call",
    "callout",
    "problem",
    "code",
    "anchor",
    "formula",
    "task",
    "toc",
    "mark",
]


@dataclass(frozen=True)
class Placeholder:
    """The content that replaces one element of the HTML.

    `data` by kind (strings unless noted):
    link      target, label, section, fragment ("" or "s-…"), redirect ("" or "yes"), open (bool: only the beginning of
              a link whose label, which has markup, follows, and then a placeholder `link_end`)
    annotation  property, value, label ("" for the value itself)
    picture   name, description, caption, width (int: CSS pixels, 0 for any), alone (bool: the only thing in its
              paragraph)
    callout   type (the name of the title that a call-out has without one)
    call      name, source, arguments (list of [key or "", value]), alone (bool)
    problem   code, params (dict), source
    Filled by this package itself: code (code, language), anchor (id), task (done: bool), toc,
    formula (source, is_block: bool),
    mark (invisible: the position of a category, an annotation with markup or the behavior switch `switch`).
    """

    kind: PlaceholderKind
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""


LinkKind = Literal["link", "category", "file", "redirect", "annotation"]


@dataclass(frozen=True)
class WikiLink:
    """One link as written: validated title, label, kind, and the section after `#`.

    The target of a category is its canonical title (`Category:…`), that of a file `File:…`, that of a
    link to a section of the same page "".  An annotation has the name of its `property`, and its value
    as `target`.  `sort_key` is that of a category, `[[Category:C|key]]`; "" for none.
    """

    target: str
    label: str
    kind: LinkKind
    section: str = ""
    property: str = ""
    sort_key: str = ""


@dataclass
class PlaceholderStore:
    """The placeholders, links and problems found while one text is parsed.

    `links` are the links by the number of their placeholder; `problem_sources` has for each of
    `problems` the piece of text it is in, and `problem_lines` the line of its block (`line`, where it is known).
    """

    nonce: str
    placeholders: dict[str, Placeholder] = field(default_factory=dict)
    links: dict[str, list[WikiLink]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_sources: list[str] = field(default_factory=list)
    problem_lines: list[int | None] = field(default_factory=list)
    line: int | None = None
    """The line on which the block begins that is being read, from 0, in what is read as Markdown."""

    @property
    def tag(self) -> str:
        """The tag name of the elements that stand for placeholders."""
        return f"h-{self.nonce}"

    def add_element(self, placeholder: Placeholder, *links: WikiLink) -> ElementTree.Element:
        """Store a placeholder and its links; return the element that stands for it in the tree."""
        number = self._add(placeholder)
        if links:
            self.links[number] = list(links)
        element = ElementTree.Element(self.tag, {"n": number})
        element.text = AtomicString(placeholder.text)
        return element

    def add_markup(self, placeholder: Placeholder, *links: WikiLink) -> str:
        """Store a placeholder and its links; return the markup that stands for it in a string of HTML."""
        number = self._add(placeholder)
        if links:
            self.links[number] = list(links)
        return f'<{self.tag} n="{number}">{escape(placeholder.text)}</{self.tag}>'

    def add_problem(self, code: str, source: str, /, **params: str) -> Placeholder:
        """Store a problem and the piece of text it is in; return the placeholder that shows both (not yet stored)."""
        self.problems.append(Problem(code, params))
        self.problem_sources.append(source)
        self.problem_lines.append(self.line)
        data = {"code": code, "params": params, "source": source}
        return Placeholder("problem", data, source)

    def _add(self, placeholder: Placeholder) -> str:
        number = str(len(self.placeholders))
        self.placeholders[number] = placeholder
        return number


def placeholder_pattern(nonce: str) -> re.Pattern[str]:
    """Return the pattern of a placeholder's element: its number is group 1, its text group 2."""
    return re.compile(f'<h-{nonce} n="([0-9]+)">([^<]*)</h-{nonce}>')


def fill_placeholders(
    html: str, nonce: str, placeholders: Mapping[str, Placeholder], render: Callable[[Placeholder], str | None]
) -> str:
    """Replace placeholders by the trusted HTML that `render` returns; None leaves a placeholder for later.

    The result of `render` is not searched for placeholders.
    """

    def replacement(match: re.Match[str]) -> str:
        """Return the HTML of one placeholder; its escaped text if its number is unknown."""
        placeholder = placeholders.get(match[1])
        if placeholder is None:
            return match[2]
        rendered = render(placeholder)
        return match[0] if rendered is None else rendered

    return placeholder_pattern(nonce).sub(replacement, html)
