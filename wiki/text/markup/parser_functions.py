"""Calls: `{{#name: argument | key=value}}` and `{{Page|…}}`, found by balanced braces.

A call is a token of the text, never a pattern over HTML.  What a call does is said by
a handler upstairs; rooms register theirs in `CALLS` (in `apps.py`, nowhere else) under the
folded name.  This room only needs to know which names exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from html import escape
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

from wiki.text.markup.placeholders import Placeholder, PlaceholderStore, WikiLink
from wiki.text.titles import NAMESPACES, TitleProblem, clean_title, fold, split_namespace

ParserFunctionHandler = Callable[[Placeholder, str], str]
"""Gets the placeholder of a call (see placeholders.Hole) and the full title of its page, returns the HTML that stands there."""

PARSER_FUNCTIONS: dict[str, ParserFunctionHandler | None] = {}
"""Folded name, with `#` where it is written so, to handler; None where the call is filled when the page is read."""

CALL_LIMIT = 20_000
"""Characters of one call."""

_BRACES = re.compile(r"\{\{|\}\}")
_BRACKETS = re.compile(r"\{\{|\}\}|\[\[|\]\]|\|")
_OWN_NAME = re.compile(r"\{\{\s*(PAGENAME|FULLPAGENAME|NAMESPACE)\s*\}\}", re.IGNORECASE)
INCLUDE = "#include"
"""The name of the call that shows a page, or `#` a section of it, in another: written `{{Page#Section|…}}`."""
_INCLUDED = re.compile(r"([^|{}\[\]<>#]+)(#[^|{}\[\]<>]*)?(?=\||\Z)")
_NAME = re.compile(r"\s*(#?[\w .-]{1,80}?)\s*(?::(?!:)|\||\Z)")


def end_of_call(text: str, start: int) -> int | None:
    """Where the call that begins at `start` (with `{{`) ends, or None if it is not closed."""
    depth = 0
    for brace in _BRACES.finditer(text, start, start + CALL_LIMIT):
        depth += 1 if brace[0] == "{{" else -1
        if depth == 0:
            return brace.end()
    return None


def call_name(source: str) -> str | None:
    """The name of a call, or None where `{{…}}` is no call at all."""
    match = _NAME.match(source[2:-2])
    return match[1] if match else None


def call_arguments(source: str) -> list[list[str]]:
    """Arguments of a call as [key, value], key "" where none is written.

    `|` divides them, save inside links and inner calls.
    """
    inner = source[2:-2]
    match = _NAME.match(inner)
    parts, depth, begin = [], 0, match.end() if match else 0
    if begin >= len(inner) and not inner.endswith(("|", ":")):
        return []
    for sign in _BRACKETS.finditer(inner, begin):
        if sign[0] in ("{{", "[["):
            depth += 1
        elif sign[0] in ("}}", "]]"):
            depth -= 1
        elif depth <= 0:
            parts.append(inner[begin : sign.start()])
            begin = sign.end()
    parts.append(inner[begin:])
    return [_argument(part) for part in parts]


def _included(source: str) -> list[list[str]] | None:
    """The arguments of `{{Page#Section|…}}`, the page first; None where it names no page."""
    inner = source[2:-2].strip().removeprefix(":")
    match = _INCLUDED.match(inner)
    if match is None or not match[1].strip():
        return None
    rest = call_arguments("{{x" + inner[match.end() :] + "}}")
    return [["", match[1].strip() + (match[2] or "").rstrip()], *rest]


def _argument(part: str) -> list[str]:
    key, equals, value = part.partition("=")
    if equals and re.fullmatch(r"[\w ?.-]+", key.strip()):
        return [key.strip(), value.strip()]
    return ["", part.strip()]


def page_name_variables(full_title: str) -> dict[str, str]:
    """What `PAGENAME`, `FULLPAGENAME` and `NAMESPACE` stand for in the page of that title, by folded name."""
    number, bare = split_namespace(full_title)
    return {"pagename": bare, "fullpagename": full_title, "namespace": NAMESPACES[number].canonical}


def substitute_page_name_variables(text: str, full_title: str) -> str:
    """`text` with `{{PAGENAME}}` and the like exchanged for what they stand for."""
    if "{{" not in text:
        return text
    names = page_name_variables(full_title)
    return _OWN_NAME.sub(lambda match: names[fold(match[1])], text)


class ParserFunctionRegistry:
    """Makes the placeholders of the calls of one text."""

    def __init__(self, store: PlaceholderStore, known: Collection[str]) -> None:
        self.store = store
        self.known = known

    def placeholder(self, source: str) -> Placeholder:
        """The placeholder of a call, or of the problem where nobody knows its name."""
        name = call_name(source) or source[2:-2].strip()[:80]
        arguments = call_arguments(source)
        if fold(name) not in self.known:
            included = None if name.startswith("#") else _included(source)
            if included is None or INCLUDE not in self.known:
                return self.store.add_problem("call_unknown", source, name=name)
            name, arguments = INCLUDE, included
        return Placeholder(
            "call", {"name": fold(name), "source": source, "arguments": arguments, "alone": False}, source
        )

    def links(self, placeholder: Placeholder) -> list[WikiLink]:
        """The links that a call makes: to the page that it shows."""
        if placeholder.data.get("name") != INCLUDE or not placeholder.data["arguments"]:
            return []
        target, _, section = placeholder.data["arguments"][0][1].partition("#")
        try:
            title = clean_title(target)
        except TitleProblem:
            return []
        return [WikiLink(title, title, "link", section)]

    def unclosed_call_problem(self, text: str, start: int) -> Placeholder:
        """The placeholder of the problem that a call is not closed."""
        name = re.match(r"\s*(#?[\w-]{0,40})", text[start + 2 : start + 60])
        placeholder = self.store.add_problem("call_open", "{{", name=name[1] if name else "")
        self.store.problem_sources[-1] = text[start:].partition("\n")[0]
        return placeholder


class CallProcessor(InlineProcessor):
    """Finds calls in the text of a block."""

    def __init__(self, md: Markdown, book: ParserFunctionRegistry) -> None:
        super().__init__(r"(?<![\\{])\{\{(?=\s*[#:]?\w)", md)
        self.book = book

    def handleMatch(  # type: ignore[override]  # noqa: N802  # their name; the stub asks for fewer results
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        """The element that stands for one call, and where the call was."""
        end = end_of_call(data, m.start())
        if end is None:
            return self.book.store.add_element(self.book.unclosed_call_problem(data, m.start())), m.start(), m.end()
        placeholder = self.book.placeholder(self.unescape(data[m.start() : end]))
        return self.book.store.add_element(placeholder, *self.book.links(placeholder)), m.start(), end


class SwitchProcessor(InlineProcessor):
    """Finds `__NOFACTBOX__`, which shows nothing and says how the page is shown."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(r"__(NOFACTBOX|SHOWFACTBOX)__", md)

    def handleMatch(  # type: ignore[override]  # noqa: N802  # their name; the stub asks for fewer results
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        """An element that shows nothing and keeps the name of the switch."""
        store: PlaceholderStore = self.md.store  # type: ignore[attr-defined]
        return store.add_element(Placeholder("mark", {"switch": m[1]})), m.start(), m.end()


class CallBlockPreprocessor(Preprocessor):
    """Sets aside calls that begin a line and go over several, before blank lines divide them."""

    def __init__(self, md: Markdown, book: ParserFunctionRegistry) -> None:
        super().__init__(md)
        self.book = book

    def run(self, lines: list[str]) -> list[str]:
        """The lines, with each such call exchanged for a placeholder."""
        text = "\n".join(lines)
        if "\n{{" not in f"\n{text}":
            return lines
        done, position = [], 0
        for match in re.finditer(r"^\{\{(?=\s*[#:]?\w)", text, re.MULTILINE):
            if match.start() < position:
                continue
            end = end_of_call(text, match.start())
            if end is None or "\n" not in text[match.start() : end]:
                continue
            placeholder = self.book.placeholder(text[match.start() : end])
            placeholder.data["alone"] = not text[end:].partition("\n")[0].strip()
            done.append(text[position : match.start()])
            done.append(self.md.htmlStash.store(self.book.store.add_markup(placeholder, *self.book.links(placeholder))))
            position = end
        done.append(text[position:])
        return "".join(done).split("\n")


def source_html(source: str) -> str:
    """A piece of source text as it is shown where it cannot be laid out."""
    return f'<pre class="source" tabindex="0">{escape(source)}</pre>'
