"""Steps written into a text beneath their heading; only what was changed in a row is written anew."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wiki.text.markup.images import picture_name
from wiki.text.step_sections import (
    LEVEL_LIMIT,
    NUMBER,
    PICTURE,
    Step,
    StepRow,
    StepSection,
    blank_lines_before,
    divide_heading,
    divide_trail,
    find_heading,
    find_section,
    line_offsets,
    trimmed,
)
from wiki.text.titles import CATEGORY, split_namespace

_CLOSING_MARKS = re.compile(r"(?:(?<=[ \t])|\A)(?=#+\Z)")
_CATEGORY_LINE = re.compile(r"[ \t]*(?:\[\[(?P<title>[^\[\]|]+)(?:\|[^\[\]]*)?\]\][ \t]*)?")
_SAFE_ADDRESS = str.maketrans({
    "%": "%25", " ": "_", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C", "\n": "_", "\t": "_",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The introduction, or a step as it is written now."""

    core: str
    trail: str = "\n\n"
    position: int | None = None
    """Its place in the section as it was: 0 for the introduction; None if it is new, or if its end was changed."""


def cut_steps(text: str, names: Collection[str]) -> tuple[StepSection, str] | None:
    """Return the section whose heading is one of `names`, and the text without its steps.

    None if there is no such section, or if `with_steps` would not give the text back: where the lines after the steps
    would go on in the introduction.
    """
    section = find_section(text, names)
    if section is None:
        return None
    rest = text[: section.steps_start] + text[section.end :]
    return (section, rest) if with_steps(rest, names, section, section.rows, "") == text else None


def with_steps(
    text: str, names: Collection[str], former: StepSection | None, rows: Sequence[StepRow], heading: str
) -> str:
    """Return a text with steps beneath the heading that is one of `names`.

    `text` has no rows of the section, which was `former` before it was cut out of the text. Where the heading is not
    there (any more), `heading` and the steps stand at the end of the text, before its categories; steps that only
    have the titles that they had are left out then.
    """
    steps = former.steps if former is not None else ()
    rows = [row for row in rows if not row.is_empty or _says_nothing(row, steps)]
    if not rows and not steps:
        return text
    place = _place_for_steps(text, names, former.step_level if former is not None else None)
    if place is None:
        if all(_says_nothing(row, steps) for row in rows):
            return text
        before, rest = _divide_at_end(text)
        core = f"{before}\n\n## {heading}" if before else f"## {heading}"
        return _joined([_Chunk(core), *_step_chunks(rows, former, 3)], rest, "\n")
    start, insertion, level = place
    core, trail = divide_trail(text[start:insertion])
    introduction = _Chunk(core, trail)
    if former is not None and core == divide_trail(former.introduction)[0]:
        introduction = _Chunk(core, divide_trail(former.introduction)[1], 0)
    chunks = [introduction, *_step_chunks(rows, former, level)]
    end_trail = divide_trail(former.source)[1] if former is not None else trail
    following = former.following if former is not None else ""
    return text[:start] + _joined(chunks, text[insertion:], end_trail, len(steps), following)


def _says_nothing(row: StepRow, steps: Sequence[Step]) -> bool:
    """Return whether a row has only the title that it had."""
    return row.origin is not None and StepRow(steps[row.origin].title, origin=row.origin) == row


def _place_for_steps(text: str, names: Collection[str], step_level: int | None) -> tuple[int, int, int] | None:
    """Return where the section begins, where its steps go, and their level; None if there is no such section.

    They go before the first heading in it that may be one of a step.
    """
    found = find_heading(text, names)
    if found is None:
        return None
    blocks, index = found
    level, line = blocks.headings[index].level, blocks.headings[index].line
    step_level = step_level or min(level + 1, LEVEL_LIMIT)
    offsets = line_offsets(text)
    following = (one.line for one in blocks.headings[index + 1 :] if one.level <= max(level, step_level))
    after = next(following, None)
    return offsets[line], len(text) if after is None else offsets[after], step_level


def _divide_at_end(text: str) -> tuple[str, str]:
    """Return a text without the links to categories in its last lines, and those."""
    lines = text.split("\n")
    end = len(lines)
    while end and (found := _CATEGORY_LINE.fullmatch(lines[end - 1])):
        if found["title"] and split_namespace(found["title"])[0] != CATEGORY:
            break
        end -= 1
    links = "\n".join(lines[end:]).strip("\n")
    return "\n".join(lines[:end]), f"{links}\n" if links.strip() else ""


def _joined(chunks: Sequence[_Chunk], rest: str, end_trail: str, last: int | None = None, following: str = "") -> str:
    """Return chunks and what follows them; blank lines stay where neither side was changed or moved.

    Of the section as it was, `end_trail` is the blank lines at its end, `last` the position of its last chunk, and
    `following` the heading after it.
    """
    parts = []
    for chunk, next_chunk in pairwise(chunks):
        is_next = chunk.position is not None and next_chunk.position == chunk.position + 1
        parts += [chunk.core, chunk.trail if is_next and chunk.trail else _blank_line(chunk.trail)]
    final = chunks[-1]
    is_last = final.position is not None and final.position == last
    is_kept = not rest or (is_last and following != "" and rest.startswith(following))
    return "".join([*parts, final.core, end_trail if is_kept else _blank_line(end_trail), rest])


def _blank_line(trail: str) -> str:
    return trail if trail.count("\n") > 1 else "\n\n"


def _step_chunks(rows: Sequence[StepRow], former: StepSection | None, level: int) -> list[_Chunk]:
    """Return the steps as they are written now, with their numbers."""
    steps = former.steps if former is not None else ()
    is_numbered = former is None or former.is_numbered
    kept = [row.origin for row in rows][: len(steps)]
    is_in_order = kept == list(range(len(steps))) and all(row.origin is None for row in rows[len(steps) :])
    first = (steps[0].number or 0) if steps else 1
    chunks = []
    for index, row in enumerate(rows):
        number = first + index
        if row.origin is None:
            if is_in_order and steps:
                number = (steps[-1].number or 0) + index - len(steps) + 1
            mark = f" {number}." if is_numbered else ""
            chunks.append(_Chunk(_new_source("#" * level + mark, _new_title(row.title, is_numbered), row)))
            continue
        step = steps[row.origin]
        is_same_end = (row.text, row.picture) == (step.text, step.picture)
        new_number = number if is_numbered and not is_in_order else None
        core = _heading_of(step, row, new_number, is_numbered) + _content_of(step, row)
        chunks.append(_Chunk(core, step.trail or "\n\n", row.origin + 1 if is_same_end else None))
    return chunks


def _new_title(title: str, is_numbered: bool) -> str:
    """Return how a title is written: in one line, without a number of its own, no marks at its end that close it."""
    title = " ".join(title.split("\n")).strip()
    found = NUMBER.match(title) if is_numbered else None
    return _CLOSING_MARKS.sub(r"\\", title[found.end() :] if found else title)


def _new_source(marks: str, title: str, row: StepRow) -> str:
    return "\n\n".join(filter(None, [f"{marks} {title}".rstrip(), picture_line(row.picture), row.text]))


def _heading_of(step: Step, row: StepRow, number: int | None, is_numbered: bool) -> str:
    """Return the line of the heading of a step, with another title or number if it has one."""
    if row.title == step.title and number in (None, step.number):
        return step.heading
    marks, words, end = divide_heading(step.heading)
    mark = NUMBER.match(words) if is_numbered else None
    before = words[: mark.end()] if mark else ""
    if mark and number is not None:
        before = f"{number}{before[len(mark['number']) :]}"
    title = step.title if row.title == step.title else _new_title(row.title, is_numbered)
    if title and (mark and before.endswith(mark["mark"])):
        before += " "
    if title and marks.endswith("#"):
        marks += " "
    return f"{marks}{before}{title}{end}" if title else f"{marks}{before}".rstrip(" \t") + end


def picture_line(name: str, size: str = "") -> str:
    """Return the line that shows a picture; "" for no name. Its description is that of the picture."""
    if not name:
        return ""
    address = name.translate(_SAFE_ADDRESS)
    is_name = picture_name(address) is not None
    return f"![](File:{address}){size}" if is_name else f"![]({address.replace('%25', '%')}){size}"


def _content_of(step: Step, row: StepRow) -> str:
    """Return what follows the heading of a step, with another text or picture if it has one."""
    if (row.text, row.picture) == (step.text, step.picture):
        return step.content
    line = ""
    if step.picture_span is not None:
        line = step.content[slice(*step.picture_span)]
        if row.picture and row.text == step.text:
            first, last = step.picture_span
            return step.content[:first] + _other_picture(line, row.picture) + step.content[last:]
    if row.picture != step.picture:
        line = _other_picture(line, row.picture)
    blank = step.content[: blank_lines_before(step.content)] or "\n\n"
    text_before, text_after = _divide_text(step, row.text)
    content = "\n\n".join(filter(None, [text_before, line, text_after]))
    return blank + content if content else ""


def _other_picture(line: str, name: str) -> str:
    """Return the line of a picture with another one in its place, as wide as it was."""
    found = PICTURE.fullmatch(line)
    return picture_line(name, found["size"] if found else "")


def _divide_text(step: Step, text: str) -> tuple[str, str]:
    """Return which part of a text stands before the picture of a step, and which after it, as it was if possible."""
    before, after = step.around_picture if step.picture_span is not None else ("", "")
    if before and f"{text}\n\n".startswith(f"{before}\n\n"):
        return before, trimmed(text[len(before) :])
    if before and after and text.endswith(f"\n\n{after}"):
        return trimmed(text[: -len(after)]), after
    return (text, "") if before and not after else ("", text)
