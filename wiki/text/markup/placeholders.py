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

PlaceholderKind = Literal["link", "annotation", "picture", "call", "problem", "code", "anchor", "task", "mark"]


@dataclass(frozen=True)
class Placeholder:
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

    kind: PlaceholderKind
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""


LinkKind = Literal["link", "category", "file", "redirect", "annotation"]


@dataclass(frozen=True)
class WikiLink:
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
class PlaceholderStore:
    """What one parsing sets aside: its placeholders, and the problems found on the way."""

    nonce: str
    placeholders: dict[str, Placeholder] = field(default_factory=dict)
    links: dict[str, list[WikiLink]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_sources: list[str] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """The name of the elements that stand for placeholders."""
        return f"h-{self.nonce}"

    def add_element(self, placeholder: Placeholder, *links: WikiLink) -> ElementTree.Element:
        """Set a placeholder aside, with the links it makes; the element that stands for it in the tree."""
        number = self._add(placeholder)
        if links:
            self.links[number] = list(links)
        element = ElementTree.Element(self.tag, {"n": number})
        element.text = AtomicString(placeholder.text)
        return element

    def add_markup(self, placeholder: Placeholder, *links: WikiLink) -> str:
        """Set a placeholder aside, with the links it makes; the markup that stands for it in a string of HTML."""
        number = self._add(placeholder)
        if links:
            self.links[number] = list(links)
        return f'<{self.tag} n="{number}">{escape(placeholder.text)}</{self.tag}>'

    def add_problem(self, code: str, source: str, /, **params: str) -> Placeholder:
        """Note a problem with the piece of text it is in; the placeholder that shows both."""
        self.problems.append(Problem(code, params))
        self.problem_sources.append(source)
        data = {"code": code, "params": params, "source": source}
        return Placeholder("problem", data, source)

    def _add(self, placeholder: Placeholder) -> str:
        number = str(len(self.placeholders))
        self.placeholders[number] = placeholder
        return number


def placeholder_pattern(nonce: str) -> re.Pattern[str]:
    """Matches the element of any placeholder; its number is group 1."""
    return re.compile(f'<h-{nonce} n="([0-9]+)">([^<]*)</h-{nonce}>')


def fill_placeholders(
    html: str, nonce: str, placeholders: Mapping[str, Placeholder], render: Callable[[Placeholder], str | None]
) -> str:
    """Exchange placeholders for the trusted HTML that `render` returns; None leaves a placeholder for later.

    What `render` returns is not looked through for placeholders again.
    """

    def replaced(match: re.Match[str]) -> str:
        """One placeholder, or its text where nothing is known of it."""
        placeholder = placeholders.get(match[1])
        if placeholder is None:
            return match[2]
        rendered = render(placeholder)
        return match[0] if rendered is None else rendered

    return placeholder_pattern(nonce).sub(replaced, html)
