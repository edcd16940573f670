"""Text in MediaWiki's markup: `looks_like_mediawiki` notices it, `to_markdown` turns it into Markdown.

Links, categories, calls, redirects and files are written alike in both and stay as they are. Source of the markup:
MediaWiki's help pages «Formatting», «Lists», «Tables» and «Links».
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, pairwise

from wiki.text.conversion.mediawiki_tables import ends_of_tables, table_to_markdown
from wiki.text.frontmatter.frontmatter_reader import split_front_matter

_SIGNS = re.compile(
    r"'''(?=\S)[^\n']+'''"  # bold
    r"|^\{\|[^\n]*\n(?:[|!][^\n]*\n)+"  # a table
    r"|^\*{2,}[ \t]+\S",  # a list within a list
    re.MULTILINE,
)
_FENCE = re.compile(r"[ ]{0,3}(?:`{3,}|~{3,})")
_LIST = re.compile(r"([*#:;]+)[ \t]*(.*)")
_OPENING = re.compile(r"<(nowiki|pre|source|syntaxhighlight|ref)\b([^<>]*)>|<(!--)", re.IGNORECASE)
_REDIRECT = re.compile(r"#REDIRECT", re.IGNORECASE)
_LANGUAGE = re.compile(r"lang\s*=\s*[\"']?([\w+#.-]+)", re.IGNORECASE)
_NOTE_NAME = re.compile(r"name\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s\"'/>]+))", re.IGNORECASE)
_NOTES_HERE = re.compile(
    r"<references\s*/?>(?:\s*</references>)?|\{\{\s*(?:références|references|reflist)\s*\}\}", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"(?<!\[)\[((?:https?:)?//[^\s\[\]]+|mailto:[^\s\[\]]+)(?:[ \t]+([^\s\[\]][^\[\]\n]*))?\](?![\](])"
)
_APOSTROPHES = re.compile(r"'{2,}")
_MARKS = {2: "*", 3: "**", 5: "***"}
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]{}<>#|~=])")
_MARKED = re.compile("\ue004(\\d+)\ue005")


def looks_like_mediawiki(text: str) -> bool:
    """Return whether a text has markup of MediaWiki that Markdown would show as it is. Code does not count."""
    lines, is_code = list[str](), False
    for line in split_front_matter(text)[1].split("\n"):
        if _FENCE.match(line):
            is_code = not is_code
        elif not is_code:
            lines.append(line)
    text = "\n".join(lines)
    kept = [(start, end) for start, end, name, _, _ in _elements(text) if name != "ref"]
    shown = [text[end:start] for end, start in pairwise([0, *chain.from_iterable(kept), len(text)])][::2]
    visible = "".join(shown)
    return _SIGNS.search(visible) is not None or any(
        (_heading(line) or ("", ""))[0] > "=" for line in visible.split("\n")
    )


def _heading(line: str) -> tuple[str, str] | None:
    """Return the signs and the text of a heading `== Title ==`; None for other lines."""
    line = line.rstrip()
    if not line.startswith("=") or not line.endswith("="):
        return None
    level = min(len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("=")), 6)
    title = line[level:-level].strip()
    return ("=" * level, title) if title and title[0] != "=" != title[-1] else None


def to_markdown(text: str) -> str:
    """Return a text in MediaWiki's markup as Markdown; its front matter and fenced code stay as they are."""
    head, body = split_front_matter(text)
    return head + _Converter().convert(body.replace("\r\n", "\n"))


def _elements(text: str) -> Iterator[tuple[int, int, str, str, str | None]]:
    """Yield the spans of code, plain text, comments and notes: (start, end, tag, attributes, content).

    The tag of a comment is `!--`; the content of `<ref name="x" />` is None. One that is not closed is none.
    """
    position, lower, unclosed = 0, text.lower(), set[str]()
    for match in _OPENING.finditer(text):
        name, attributes = (match[1] or match[3]).lower(), match[2] or ""
        if match.start() < position or name in unclosed:
            continue
        if attributes.endswith("/"):
            position = match.end()
            yield match.start(), position, name, attributes[:-1], None
            continue
        closing = "-->" if name == "!--" else f"</{name}>"
        close = lower.find(closing, match.end())
        if close < 0 or len(lower) != len(text):
            unclosed.add(name)
            continue
        position = close + len(closing)
        yield match.start(), position, name, attributes, text[match.end() : close]


@dataclass(slots=True)
class _Converter:
    """Converts one text."""

    kept: list[str] = field(default_factory=list)
    """Pieces that are done, each in place of a mark with its number."""
    notes: dict[str, str] = field(default_factory=dict)
    """Footnotes by their label."""

    def convert(self, body: str) -> str:
        """Return the body of a text as Markdown."""
        original, body = body, body.replace("\ue004", "").replace("\ue005", "")
        parts, position = list[str](), 0
        for start, end, name, attributes, content in _elements(body):
            keep = self._note if name == "ref" else self._keep
            parts += [body[position:start], keep(body[start:end], name, attributes, content)]
            position = end
        body = _NOTES_HERE.sub("", "".join([*parts, body[position:]]))
        lines = self._blocks(body.split("\n"))
        notes = [f"[^{label}]: {self._inline(' '.join(note.split()))}" for label, note in self.notes.items() if note]
        text = "\n".join(lines).rstrip("\n") + ("\n\n" + "\n".join(notes) if notes else "")
        return _MARKED.sub(lambda match: self.kept[int(match[1])], text) + "\n" * original.endswith("\n")

    def _keep(self, source: str, name: str, attributes: str, content: str | None) -> str:
        """Store a piece whose signs mean nothing, or are code; return the mark that stands for it."""
        if content is None or name == "!--":
            piece = source
        elif name == "nowiki":
            piece = _MARKDOWN_SIGNS.sub(r"\\\1", content)
        else:
            language, code = _LANGUAGE.search(attributes), content.strip("\n")
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 3)
            piece = f"\n{fence}{language[1] if language else ''}\n{code}\n{fence}\n"
            if "\n" not in code:
                piece = f"`` {code} ``" if "`" in code else f"`{code}`"
        self.kept.append(piece)
        return f"\ue004{len(self.kept) - 1}\ue005"

    def _note(self, source: str, name: str, attributes: str, content: str | None) -> str:
        """Store the text of `<ref>`; return the mark of the footnote."""
        given = _NOTE_NAME.search(attributes)
        label = re.sub(r"[\s\]\[]+", "-", given[1] or given[2] or given[3]) if given else ""
        if not label or (content and self.notes.get(label)):  # without a name, or with that of another note
            label = next(name for name in map(str, count(1)) if name not in self.notes)
        self.notes[label] = content or self.notes.get(label, "")
        return f"[^{label}]"

    def _blocks(self, lines: Sequence[str]) -> list[str]:
        """Return lines as Markdown: headings, lists, tables; blank lines are added where Markdown needs them."""
        done, number, is_code, last = list[str](), 0, False, ""
        tables = ends_of_tables(lines)
        while number < len(lines):
            line, kind, new = lines[number], "", list[str]()
            number += 1
            if _FENCE.match(line) or is_code:
                is_code ^= _FENCE.match(line) is not None
                new = [line]
            elif end := tables.get(number - 1):
                kind, new = "table", [self._inline(row) for row in table_to_markdown(lines[number - 1 : end])]
                if rest := lines[end - 1].strip().removeprefix("|}").strip():
                    new += ["", self._inline(rest)]
                number = end
            elif heading := _heading(line):
                kind, new = "heading", [f"{'#' * len(heading[0])} {self._inline(heading[1])}"]
            elif (listed := _LIST.match(line)) and not _is_markdown_heading(lines, number - 1):
                kind, new = self._item(listed[1], listed[2], last)
            else:
                new = [self._inline(line)]
            if done and done[-1].strip() and line.strip() and _needs_blank_line(last, kind):
                done.append("")
            done += new
            last = kind
        return done

    def _item(self, marks: str, text: str, last: str) -> tuple[str, list[str]]:
        """Return kind and lines of a line that begins with marks of lists."""
        text = self._inline(text)
        if marks[0] == ";":
            term, colon, meaning = text.partition(" : ")
            return "definition", [term, *([f": {meaning}"] if colon else [])]
        if marks[0] == ":" and last == "definition":
            return "definition", [f": {text}"]
        if set(marks) == {":"}:
            return "indented", [f"{'> ' * len(marks)}{text}"]
        marks = marks.replace(":", "").replace(";", "") or "*"
        indent = sum(3 if mark == "#" else 2 for mark in marks[:-1])
        return "list", [f"{' ' * indent}{'1.' if marks[-1] == '#' else '-'} {text}"]

    def _inline(self, line: str) -> str:
        """Return the markup within a line as Markdown."""
        return _ADDRESS.sub(_address, _emphasis(line))


def _is_markdown_heading(lines: Sequence[str], number: int) -> bool:
    """Return whether a line that begins with `#` is a heading of Markdown, or a redirect, and no item of a list."""
    if not lines[number].startswith("#"):
        return False
    neighbours = (lines[number - 1] if number else "", lines[number + 1] if number + 1 < len(lines) else "")
    is_alone = not any(line.startswith(("#", "*", ":", ";")) for line in neighbours)
    return bool(_REDIRECT.match(lines[number])) or (is_alone and re.match("#+ ", lines[number]) is not None)


def _needs_blank_line(last: str, kind: str) -> bool:
    """Return whether a line of `kind` needs a blank line before it, after one of the kind `last`; "" is plain text."""
    if kind in ("table", "definition"):
        return last != kind
    return last != kind and last in ("list", "indented", "table", "definition")


def _emphasis(line: str) -> str:
    """Return a line with `''` and `'''` as `*` and `**`; blanks at the edges of what they mark are moved out of it.

    Marks without an end stay as they are. Four apostrophes are one before a bold text (l''''été''').
    """
    parts, opened = list[str](), dict[int, int]()
    position = 0
    for match in _APOSTROPHES.finditer(line):
        parts.append(line[position : match.start()])
        length = len(match[0])
        extra = length - 5 if length > 5 else 1 if length == 4 else 0
        parts.append("'" * extra)
        parts.append("'" * (length - extra))
        position = match.end()
        _pair(parts, opened, length - extra)
    parts.append(line[position:])
    return "".join(parts)


def _pair(parts: list[str], opened: dict[int, int], length: int) -> None:
    """Open or close what the last of `parts` marks; `opened` has the parts that opened by length."""
    here = len(parts) - 1
    if length == 5 and 5 not in opened and {2, 3} <= set(opened):  # both end here
        first, second = sorted((2, 3), key=lambda one: opened[one])
        _replace(parts, opened.pop(first), _MARKS[first])
        _replace(parts, opened.pop(second), _MARKS[second])
        parts[here] = _closing(parts, here, _MARKS[second] + _MARKS[first])
    elif length in opened:
        _replace(parts, opened.pop(length), _MARKS[length])
        parts[here] = _closing(parts, here, _MARKS[length])
    else:
        opened[length] = here


def _replace(parts: list[str], number: int, mark: str) -> None:
    """Write the mark where a marked text begins, after the blanks there."""
    following = parts[number + 1]
    blanks = following[: len(following) - len(following.lstrip())]
    parts[number] = blanks + mark
    if blanks:
        parts[number + 1] = following.lstrip()


def _closing(parts: list[str], here: int, mark: str) -> str:
    """Return the mark where a marked text ends, before the blanks there."""
    before = parts[here - 2]
    blanks = before[len(before.rstrip()) :]
    parts[here - 2] = before.rstrip()
    return mark + blanks


def _address(match: re.Match[str]) -> str:
    """Return `[address label]` as a link of Markdown."""
    url, label = match[1], (match[2] or "").strip()
    url = f"https:{url}" if url.startswith("//") else url
    if not label:
        return f"<{url}>"
    return f"[{label}](<{url}>)" if "(" in url or ")" in url else f"[{label}]({url})"
