"""Reading the value of one entry of front matter: as written, unless the whole of it is a list, a link or YAML."""

from __future__ import annotations

import re
from enum import StrEnum

from wiki.text.frontmatter.frontmatter_entries import BLANKS, CLOSING_SIGNS, FrontMatterLines
from wiki.text.frontmatter.yaml_values import FrontMatterValue, YamlRefused, load_mapping, load_value
from wiki.text.problems import Problem

LINKS = re.compile(rf"\[\[[^\[\]]+\]\](?:[{BLANKS}]*,[{BLANKS}]*\[\[[^\[\]]+\]\])*")
LINK_TARGET = re.compile(r"\[\[\s*:?([^\[\]|]+?)\s*(?:\|[^\[\]]*)?\]\]")
_COMMENT = re.compile(r"(?:^|[ \t])#(?:[ \t]|$)")
_HASHTAG = re.compile(r"[ \t]#[^\s#]")
"""What YAML takes for a remark, and people do not."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_INDICATORS = ("|", ">")
YAML_KEY = "_value"


class ValueForm(StrEnum):
    """How the value of an entry is written."""

    PLAIN = "plain"
    """The text of one line."""
    LINKS = "links"
    """One line with one or several links."""
    YAML_VALUE = "yaml value"
    """One line in quotes, brackets or braces."""
    YAML_LINES = "yaml lines"
    """Several lines that are YAML, with the key."""
    ITEMS = "items"
    """Several lines that all begin with `-`, and are no YAML list."""
    LINES = "lines"
    """Several lines that are no YAML: one text."""


def value_of(entry: FrontMatterLines) -> tuple[FrontMatterValue, Problem | None]:
    """Return the value of an entry with a key, and what is to be said of it. Never raises.

    What YAML refuses is the text that it is: the lines of a list, or all lines joined.
    """
    if not entry.further_lines:
        return value_of_line(entry.first_value), None
    if _is_simple_list(entry):
        return _items(entry), None
    try:
        return _cleaned(_yaml_lines(entry)), None
    except YamlRefused as refused:
        form, text = _form_without_yaml(entry)
        return _items(entry) if form == ValueForm.ITEMS else _CONTROL.sub("", text), _problem(entry, refused.problem)


def form_of(entry: FrontMatterLines) -> tuple[ValueForm, str]:
    """Return how the value of an entry is written, and its text: without comment, the lines of a text joined."""
    if not entry.further_lines:
        return form_of_line(entry.first_value)
    if _is_simple_list(entry):
        return ValueForm.ITEMS, ""
    try:
        _yaml_lines(entry)
    except YamlRefused:
        return _form_without_yaml(entry)
    return ValueForm.YAML_LINES, ""


def _form_without_yaml(entry: FrontMatterLines) -> tuple[ValueForm, str]:
    """Return the form and the text, as `form_of` does, of an entry of several lines that are no YAML."""
    first, lines = entry.first_value, item_lines(entry)
    if not first and all(line.startswith("-") for line in lines):
        return ValueForm.ITEMS, ""
    return ValueForm.LINES, " ".join([*([first] if first not in ("", *_INDICATORS) else []), *lines])


def _yaml_lines(entry: FrontMatterLines) -> FrontMatterValue:
    """Return the value of an entry of several lines as YAML. Raises YamlRefused, also where YAML drops a hashtag."""
    if any(_HASHTAG.search(line) for line in [f": {entry.first_value}", *item_lines(entry)]):
        raise YamlRefused("front_matter_yaml")
    return load_mapping(yaml_source(entry))[YAML_KEY]


def yaml_source(entry: FrontMatterLines) -> str:
    """Return the lines of an entry as YAML with the key YAML_KEY: the key as written may be none in YAML."""
    return f"{YAML_KEY}: {entry.lines[len(entry.head) :]}"


def _problem(entry: FrontMatterLines, problem: Problem) -> Problem:
    """Return a problem of an entry with its line in the text."""
    if problem.code == "front_matter_yaml":
        return Problem("front_matter_lines", {"key": entry.key}, entry.line)
    return Problem(problem.code, problem.params, entry.line + (problem.line or 1) - 1)


def _is_simple_list(entry: FrontMatterLines) -> bool:
    """Return whether all lines below the key are items of a list that YAML would not take as such.

    A blank after `-` is missing, the indentation is a tab, or an item begins with a link or holds a hashtag.
    """
    items = item_lines(entry)
    if entry.first_value or not items or not all(item.startswith("-") for item in items):
        return False
    return any(
        item[1:2] not in (" ", "") or item[1:].strip(BLANKS).startswith("[[") or _HASHTAG.search(item) for item in items
    ) or any(line.startswith("\t") for line in entry.further_lines)


def item_lines(entry: FrontMatterLines) -> list[str]:
    """Return the stripped lines below the key, without remarks."""
    return [line.strip() for line in entry.further_lines if not line.lstrip().startswith("#")]


def _items(entry: FrontMatterLines) -> FrontMatterValue:
    return [value_of_line(item[1:].strip(BLANKS)) for item in item_lines(entry)]


def form_of_line(written: str) -> tuple[ValueForm, str]:
    """Return how a value on one line, stripped, is written, and its text without a comment.

    It is plain text as written, unless the whole of it is in quotes, a list `[a, b]`, a mapping `{a: b}`, or links; a
    `#` between blanks begins a comment.
    """
    without_comment = _without_comment(written)
    for text in (written, without_comment):
        if LINKS.fullmatch(text) or (text.startswith("[[[") and LINKS.fullmatch(text[1:-1])):
            return ValueForm.LINKS, text
        if (
            text[:1] in CLOSING_SIGNS
            and len(text) > 1
            and text[-1] == CLOSING_SIGNS[text[0]]
            and _loaded(text) is not None
        ):
            return ValueForm.YAML_VALUE, text
    return ValueForm.PLAIN, "" if without_comment in _INDICATORS else without_comment


def value_of_line(written: str) -> FrontMatterValue:
    """Return the value on one line, stripped (see `form_of_line`)."""
    form, text = form_of_line(written)
    if form == ValueForm.LINKS:
        return _targets(text)
    value = _loaded(text) if form == ValueForm.YAML_VALUE else None
    return _CONTROL.sub("", text) if value is None else value


def _without_comment(written: str) -> str:
    comment = _COMMENT.search(written)
    return written[: comment.start()].rstrip(BLANKS) if comment else written


def _loaded(text: str) -> FrontMatterValue | None:
    """Return the value of a text in quotes or brackets; None if the whole of it is none."""
    try:
        value = load_value(text)
    except YamlRefused:
        return None
    is_quoted = text[0] in "\"'"
    return _cleaned(value) if is_quoted == isinstance(value, str) else None


def _cleaned(value: FrontMatterValue) -> FrontMatterValue:
    """Return a value of YAML without control characters, and with the targets of links."""
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    text = _CONTROL.sub("", value)
    return _targets(text) if LINKS.fullmatch(text.strip(BLANKS)) else text


def _targets(links: str) -> FrontMatterValue:
    """Return the title that a link names, or a list of several."""
    titles: list[FrontMatterValue] = [match[1] for match in LINK_TARGET.finditer(links)]
    return titles[0] if len(titles) == 1 else titles
