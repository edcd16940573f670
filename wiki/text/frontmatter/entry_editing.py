"""Changing values in the front matter of a text: only the lines of what changes are written, the rest stays as it is.

How a value is written follows how it was: a list in brackets stays one, links stay links, a comment at the end of the
line stays. Each written entry is read again before it is used, so that it means what was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wiki.text.frontmatter import entry_values
from wiki.text.frontmatter.entry_values import LINKS, ValueForm
from wiki.text.frontmatter.frontmatter_entries import BLANKS, LINE, FrontMatterLines, LineKind, split_entries
from wiki.text.frontmatter.frontmatter_reader import FRONT_MATTER_LIMIT, find_block, parse_front_matter
from wiki.text.frontmatter.frontmatter_writer import dump_yaml
from wiki.text.frontmatter.yaml_values import FrontMatterValue, YamlRefused, load_mapping
from wiki.text.titles import fold

_COMMENT = re.compile(rf"[{BLANKS}]+#(?:[ \t][^\r\n]*)?\Z")
_LINE_END = re.compile(r"\r\n|\n|\r")


class UnwritableValue(ValueError):
    """A value that no way of writing an entry gives back as it is."""


def can_be_edited(text: str) -> bool:
    """Return whether values in the front matter of a text can be changed: it has none, or one that is read."""
    found = find_block(text)
    return found is None or len(text[found.start : found.end].encode("utf-8", "replace")) <= FRONT_MATTER_LIMIT


def with_values(text: str, values: Mapping[str, FrontMatterValue | None]) -> str:
    """Return `text` with other values for some keys of its front matter; None or an empty value takes the key out.

    Keys are found as readers find them, without case and accents; new ones go before the closing line. All lines of
    other keys stay byte for byte. Raises UnwritableValue.
    """
    changes = {fold(key): (key, value) for key, value in values.items()}
    found = find_block(text)
    if found is None:
        return _with_new_block(text, [change for change in changes.values() if not _is_empty(change[1])])
    block = text[found.start : found.end]
    newline = line_end_of(text[: found.start])
    if block.lstrip().startswith("{") and (data := parse_front_matter(text).data):
        block = dump_yaml({entry.key: entry.value for entry in data}).replace("\n", newline)
    return text[: found.start] + "".join(_changed_entries(block, changes, newline)) + text[found.end :]


def line_end_of(text: str) -> str:
    """Return the first line end of a text; a line feed if it has none."""
    found = _LINE_END.search(text)
    return found[0] if found else "\n"


def _is_empty(value: FrontMatterValue | None) -> bool:
    return value is None or value in ("", [], {})


def _with_new_block(text: str, changes: Sequence[tuple[str, FrontMatterValue | None]]) -> str:
    if not changes:
        return text
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    newline = line_end_of(body)
    entries = "".join(new_entry(key, value, newline) for key, value in changes if value is not None)
    return f"{mark}---{newline}{entries}---{newline}{body}"


def _changed_entries(
    block: str, changes: Mapping[str, tuple[str, FrontMatterValue | None]], newline: str
) -> Iterator[str]:
    """Yield the lines of a block with the changes: the first entry of a key is replaced, others of this key go."""
    written = set()
    for entry in split_entries(block):
        name = fold(entry.key)
        if entry.kind != LineKind.KEY or name not in changes:
            yield entry.lines
            continue
        _, value = changes[name]
        if value is None or _is_empty(value) or name in written:
            yield _without_value(entry)
        else:
            yield changed_entry(entry, value, newline)
            written.add(name)
    for name, (key, value) in changes.items():
        if name not in written and value is not None and not _is_empty(value):
            yield new_entry(key, value, newline)


def _without_value(entry: FrontMatterLines) -> str:
    """Return what stays of an entry that goes: the blank lines after it, and remarks at the margin within it."""
    kept = [line for line in LINE.findall(entry.lines)[1:] if line.startswith("#")]
    return "".join(kept) + _blank_lines_after(entry)


def _blank_lines_after(entry: FrontMatterLines) -> str:
    """Return the blank lines at the end of an entry."""
    lines = LINE.findall(entry.lines)
    last = len(lines)
    while last > 1 and not lines[last - 1].strip():
        last -= 1
    return "".join(lines[last:])


def changed_entry(entry: FrontMatterLines, value: FrontMatterValue, newline: str) -> str:
    """Return the lines of an entry with another value, written as the former one was where that is possible.

    Raises UnwritableValue.
    """
    for candidate in _candidates(value, _style_of(entry), newline):
        lines = f"{_joined(entry.head, candidate)}{newline}{_blank_lines_after(entry)}"
        if _reads_as(lines, entry.key, value):
            return lines
    return new_entry(entry.key, value, newline) + _blank_lines_after(entry)


def new_entry(key: str, value: FrontMatterValue, newline: str) -> str:
    """Return the lines of a new entry. Raises UnwritableValue."""
    for head in (f"{key}:", f"{json.dumps(key, ensure_ascii=False)}:"):
        for candidate in _candidates(value, _Style(), newline):
            lines = f"{_joined(head, candidate)}{newline}"
            if _reads_as(lines, key, value):
                return lines
    raise UnwritableValue(key)


def _joined(head: str, candidate: str) -> str:
    """Return a key with its colon, and a value, with a blank between them if they stand on one line."""
    if candidate[:1] in ("\r", "\n"):
        return head.rstrip(BLANKS) + candidate
    return f"{head}{'' if head[-1:] in BLANKS else ' '}{candidate}"


@dataclass(frozen=True, slots=True)
class _Style:
    """How the value of an entry is written."""

    is_list: bool = False
    """Whether a single value stands in a list too."""
    is_lines: bool = False
    """Whether the items of a list stand on lines of their own."""
    has_links: bool = False
    indent: str = "  "
    comment: str = ""


def _style_of(entry: FrontMatterLines) -> _Style:
    """Return how the value of an entry is written."""
    form, text = entry_values.form_of(entry)
    first = entry.first_value
    rest = first[len(text) :] if first.startswith(text) and text else ""
    comment = rest if _COMMENT.fullmatch(rest) else ""
    items = [line for line in entry.further_lines if line.lstrip().startswith("-")]
    indent = items[0][: len(items[0]) - len(items[0].lstrip())] if items else "  "
    is_lines = form in (ValueForm.ITEMS, ValueForm.YAML_LINES) and bool(items)
    is_list = is_lines or (form == ValueForm.YAML_VALUE and text.startswith("["))
    return _Style(is_list, is_lines, form == ValueForm.LINKS, indent, comment)


def _candidates(value: FrontMatterValue, style: _Style, newline: str) -> Iterator[str]:
    """Yield ways to write a value after its key and colon, the best first."""
    if isinstance(value, str):
        if style.has_links:
            yield f"[[{value}]]{style.comment}"
        if style.is_list:
            yield from _candidates([value], style, newline)
        yield from _text_candidates(value, style.comment, newline)
        return
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        items = [str(item) for item in value]
        if style.has_links:
            yield ", ".join(f"[[{item}]]" for item in items) + style.comment
        if not style.is_lines:
            yield f"[{', '.join(_in_flow(item) for item in items)}]{style.comment}"
        yield "".join(f"{newline}{style.indent}- {_plain_or_quoted(item)}" for item in items)
    dumped = dump_yaml({entry_values.YAML_KEY: value})[len(entry_values.YAML_KEY) + 1 :]
    yield dumped.rstrip("\n").strip(" ").replace("\n", newline)


def _text_candidates(value: str, comment: str, newline: str) -> Iterator[str]:
    """Yield ways to write a text: as it is, as a block of its lines, or in quotes."""
    if "\n" in value:
        yield f"|-{newline}" + newline.join(f"  {line}" if line else "" for line in value.split("\n"))
    elif _is_plain_in_yaml(value):
        yield f"{value}{comment}"
    yield json.dumps(value, ensure_ascii=False) + comment


def _is_plain_in_yaml(value: str) -> bool:
    """Return whether other readers of YAML read a plain value as it is."""
    try:
        return load_mapping(f"{entry_values.YAML_KEY}: {value}") == {entry_values.YAML_KEY: value}
    except YamlRefused:
        return False


def _in_flow(item: str) -> str:
    """Return an item of a list in brackets: plain, or in quotes where it would be read otherwise."""
    try:
        is_plain = load_mapping(f"{entry_values.YAML_KEY}: [{item}]") == {entry_values.YAML_KEY: [item]}
    except YamlRefused:
        is_plain = False
    return item if is_plain else json.dumps(item, ensure_ascii=False)


def _plain_or_quoted(item: str) -> str:
    """Return an item of a list on a line of its own."""
    is_plain = "\n" not in item and not LINKS.fullmatch(item) and _is_item_in_yaml(item)
    return item if is_plain else json.dumps(item, ensure_ascii=False)


def _is_item_in_yaml(item: str) -> bool:
    try:
        return load_mapping(f"{entry_values.YAML_KEY}:\n- {item}") == {entry_values.YAML_KEY: [item]}
    except YamlRefused:
        return False


def _reads_as(lines: str, key: str, value: FrontMatterValue) -> bool:
    """Return whether lines are one entry of this key with this value."""
    entries = split_entries(lines)
    if len(entries) != 1 or entries[0].kind != LineKind.KEY or entries[0].key != key:
        return False
    read, problem = entry_values.value_of(entries[0])
    return problem is None and (read == value or (read == [value] and isinstance(value, str)))
