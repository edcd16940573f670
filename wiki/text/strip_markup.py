"""A passage as it is read, without the signs of its markup: what searches look in, and what their results show.

Passages are many and short: this is no parser of Markdown but a few patterns, each linear in the text. Where
`wiki.text.plain_text` takes a whole page and says what readers saw, this says nearly the same of one passage.
"""

from __future__ import annotations

import html
import re

_CALL = re.compile(r"\{\{\s{0,20}#[^{}]{0,1000}\}\}")
_WIKI_LINK = re.compile(r"\[\[([^\[\]\n]{1,500})\]\]")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])")
_NOTE = re.compile(r"\[\^[^\]\s]{1,100}\]:?")
_BOX = re.compile(r"^\s*\[[ xX]\](?=\s)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|<!--.{0,300}?-->", re.DOTALL)
_OPENING = re.compile(r"^[ \t]*(?:#{1,6}(?=\s)|>|[-*+](?=\s)|\d{1,9}[.)](?=\s)|:(?=\s))[ \t]*", re.MULTILINE)
_CLOSING = re.compile(r"[ \t]#+[ \t]*$|[ \t]?\{[:#.][^{}\n]{0,200}\}[ \t]*$|^(?:=+|-+)[ \t]*$", re.MULTILINE)
_SIGN = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])|\*+|~~|==|`+|(?<!\w)_{1,3}|_{1,3}(?!\w)")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_RULES = frozenset("|:- \t")


def strip_markup(text: str, kind: str = "paragraph") -> str:
    """The words of a passage of some kind (see `passages`), links as their labels, on one line. Never raises.

    What a call asks for is nothing of the author's; what stands in braces of an unknown name is.
    """
    if kind == "code":
        return " ".join(_FENCE.sub("", text).split())
    said = _OPENING.sub("", _CLOSING.sub("", text))
    if kind == "table":
        said = "\n".join(line for line in said.split("\n") if not _RULES.issuperset(line))
    said = _CALL.sub(" ", _BOX.sub("", said)).replace("{{", " ").replace("}}", " ")
    said = _WIKI_LINK.sub(_label, said)
    said = _LINK.sub(r"\1", _NOTE.sub("", said))
    if kind == "table":
        said = said.replace("|", " ")
    said = _SIGN.sub(_unescaped, _TAG.sub("", said))
    return " ".join(html.unescape(said).split())


def _unescaped(match: re.Match[str]) -> str:
    """The sign behind a backslash; nothing for signs of emphasis and code."""
    return match[1] or ""


def _label(match: re.Match[str]) -> str:
    """What a link shows: its label, or the value that it states, or the title that it leads to."""
    target, bar, label = match[1].partition("|")
    if bar and label.strip():
        return label
    return target.rpartition("::")[2].strip().lstrip(":")
