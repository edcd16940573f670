"""Calls of parser functions `{{#name: argument | key=value}}` and transclusions `{{Page|…}}`.

A call is found in the source by its balanced braces, never in HTML.  Its output comes from a handler of
a higher layer, registered in PARSER_FUNCTIONS under the folded name (only in `apps.py`).  This package
only needs to know which names exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from html import escape

from wiki.text.markup.placeholders import Placeholder, PlaceholderStore, WikiLink
from wiki.text.titles import NAMESPACES, TitleProblem, clean_title, fold, is_relative, split_namespace

ParserFunctionHandler = Callable[[Placeholder, str], str]
"""Takes the placeholder of a call (see `placeholders.Placeholder`) and the full title of its page; returns HTML."""

PARSER_FUNCTIONS: dict[str, ParserFunctionHandler | None] = {}
"""Handlers by folded name (with `#` if it is written so); None for calls that are evaluated when the page is viewed."""

CALL_LIMIT = 20_000
"""Maximum length of one call in characters."""

CALL = r"(?<![\\{])\{\{(?=\s*(?:[#:]?\w|(?:/|(?:\.\./)+)\w))"
"""Pattern of the beginning of a call."""
_BRACES = re.compile(r"\{{2,}|\}{2,}")
_BRACKETS = re.compile(r"\{\{|\}\}|\[\[|\]\]|\|")
_PAGE_NAME_VARIABLE = re.compile(r"\{\{\s*(PAGENAME|FULLPAGENAME|NAMESPACE)\s*\}\}", re.IGNORECASE)
INCLUDE = "#include"
"""The name of the call that transcludes a page or one section of it; written `{{Page#Section|…}}`."""
_TRANSCLUDED_TITLE = re.compile(r"([^|{}\[\]<>#]+)(#[^|{}\[\]<>]*)?(?=\||\Z)")
_NAME = re.compile(r"\s*(#?[\w .-]{1,80}?)\s*(?::(?!:)|\||\Z)")


def end_of_call(text: str, start: int) -> int | None:
    """Return the index after the call that begins at `start` (with `{{`), or None if it is not closed."""
    return _call_ends(text).get(start)


@lru_cache(maxsize=32)
def _call_ends(text: str) -> Mapping[int, int]:
    """Return the index after each call of a text by the index of its first brace, in one pass.

    Runs of braces are matched as in MediaWiki: from the inside, by three for a parameter, else by two.
    """
    ends: dict[int, int] = {}
    opened: list[list[int]] = []  # index and remaining length of the runs that are not closed
    for run in _BRACES.finditer(text):
        if run[0][0] == "{":
            opened.append([run.start(), len(run[0])])
            continue
        end = run.start()
        while opened and run.end() - end >= 2:
            width = min(3, run.end() - end, opened[-1][1])
            end += width
            opened[-1][1] -= width
            if opened[-1][1] < 2:
                start = opened.pop()[0]
                if end - start <= CALL_LIMIT:
                    ends[start] = end
    return ends


def call_name(source: str) -> str | None:
    """Return the name of a call as written, or None if `{{…}}` does not have the form of a call."""
    match = _NAME.match(source[2:-2])
    return match[1] if match else None


def call_arguments(source: str) -> list[list[str]]:
    """Return the arguments of a call as [key, value] pairs, key "" if there is none.

    They are separated by `|`, except inside links and inner calls.
    """
    inner = source[2:-2]
    match = _NAME.match(inner)
    parts, depth, begin = [], 0, match.end() if match else 0
    if begin >= len(inner) and not inner.endswith(("|", ":")):
        return []
    for token in _BRACKETS.finditer(inner, begin):
        if token[0] in ("{{", "[["):
            depth += 1
        elif token[0] in ("}}", "]]"):
            depth -= 1
        elif depth <= 0:
            parts.append(inner[begin : token.start()])
            begin = token.end()
    parts.append(inner[begin:])
    return [_argument(part) for part in parts]


def _transclusion_arguments(source: str) -> list[list[str]] | None:
    """Return the arguments of `{{Page#Section|…}}`, the page first; None if there is no page title."""
    inner = source[2:-2].strip().removeprefix(":")
    match = _TRANSCLUDED_TITLE.match(inner)
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
    """Return the values of MediaWiki's variables PAGENAME, FULLPAGENAME and NAMESPACE for a page, by folded name."""
    number, title = split_namespace(full_title)
    return {"pagename": title, "fullpagename": full_title, "namespace": NAMESPACES[number].canonical}


def substitute_page_name_variables(text: str, full_title: str) -> str:
    """Replace `{{PAGENAME}}`, `{{FULLPAGENAME}}` and `{{NAMESPACE}}` in `text` by their values."""
    if "{{" not in text:
        return text
    names = page_name_variables(full_title)
    return _PAGE_NAME_VARIABLE.sub(lambda match: names[fold(match[1])], text)


class CallPlaceholderBuilder:
    """Makes the placeholders of the calls of one text; `known` are the folded names that exist."""

    def __init__(self, store: PlaceholderStore, known: Collection[str]) -> None:
        self.store = store
        self.known = known

    def placeholder(self, source: str) -> Placeholder:
        """Return the placeholder of a call or transclusion, or of a problem if its name is unknown."""
        name = call_name(source) or source[2:-2].strip()[:80]
        if fold(name) == "toc" and fold(name) not in self.known:
            return Placeholder("toc")
        arguments = call_arguments(source)
        if fold(name) not in self.known:
            transclusion = None if name.startswith("#") else _transclusion_arguments(source)
            if transclusion is None or INCLUDE not in self.known:
                return self.store.add_problem("call_unknown", source, name=name)
            name, arguments = INCLUDE, transclusion
        return Placeholder(
            "call", {"name": fold(name), "source": source, "arguments": arguments, "alone": False}, source
        )

    def links(self, placeholder: Placeholder) -> list[WikiLink]:
        """Return the links of a call: for a transclusion, one to its page; else none."""
        if placeholder.data.get("name") != INCLUDE or not placeholder.data["arguments"]:
            return []
        target, _, section = placeholder.data["arguments"][0][1].partition("#")
        try:
            title = target if is_relative(target) else clean_title(target)
        except TitleProblem:
            return []
        return [WikiLink(title, title, "link", section)]

    def unclosed_call_problem(self, text: str, start: int) -> Placeholder:
        """Return the placeholder of the problem that the call at `start` is not closed."""
        name = re.match(r"\s*(#?[\w-]{0,40})", text[start + 2 : start + 60])
        placeholder = self.store.add_problem("call_open", "{{", name=name[1] if name else "")
        self.store.problem_sources[-1] = text[start:].partition("\n")[0]
        return placeholder


def source_html(source: str) -> str:
    """Return HTML that shows a piece of source text."""
    return f'<pre class="source" tabindex="0">{escape(source)}</pre>'
