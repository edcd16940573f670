"""The text of one passage without its markup, for the search index and for search results.

Passages are many and short, so this is a series of regular expressions, each linear in the text, and not a
Markdown parser. The result is nearly that of `wiki.text.plain_text`, which works on a whole parsed page.
"""

from __future__ import annotations

import html
import re

_CALL = re.compile(r"\{\{\s{0,20}#[^{}]{0,1000}\}\}")
_WIKI_LINK = re.compile(r"\[\[([^\[\]\n]{1,500})\]\]")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,100}\]:?")
_CHECKBOX = re.compile(r"^\s*\[[ xX]\](?=\s)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|<!--.{0,300}?-->", re.DOTALL)
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}(?=\s)|>|[-*+](?=\s)|\d{1,9}[.)](?=\s)|:(?=\s))[ \t]*", re.MULTILINE)
_LINE_END = re.compile(r"[ \t]#+[ \t]*$|[ \t]?\{[:#.][^{}\n]{0,200}\}[ \t]*$|^(?:=+|-+)[ \t]*$", re.MULTILINE)
_INLINE_MARKUP = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])|\*+|~~|==|`+|(?<!\w)_{1,3}|_{1,3}(?!\w)")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_DELIMITER_CHARACTERS = frozenset("|:- \t")


def strip_markup(text: str, kind: str = "paragraph") -> str:
    """Return a passage of the kind `kind` (see `passages`) on one line without markup, links as labels. Never raises.

    Calls of parser functions (`{{#ask:…}}`) are dropped; of other braces, only the braces are.
    """
    if kind == "code":
        return " ".join(_FENCE.sub("", text).split())
    plain = _LINE_START.sub("", _LINE_END.sub("", text))
    if kind == "table":
        plain = "\n".join(line for line in plain.split("\n") if not _DELIMITER_CHARACTERS.issuperset(line))
    plain = _CALL.sub(" ", _CHECKBOX.sub("", plain)).replace("{{", " ").replace("}}", " ")
    plain = _WIKI_LINK.sub(_label, plain)
    plain = _LINK.sub(r"\1", _FOOTNOTE.sub("", plain))
    if kind == "table":
        plain = plain.replace("|", " ")
    plain = _INLINE_MARKUP.sub(_unescaped, _TAG.sub("", plain))
    return " ".join(html.unescape(plain).split())


def _unescaped(match: re.Match[str]) -> str:
    """Return the character after a backslash; "" for characters of emphasis and code."""
    return match[1] or ""


def _label(match: re.Match[str]) -> str:
    """Return the visible text of a wiki link: its label, else the value of an annotation, else the title."""
    target, bar, label = match[1].partition("|")
    if bar and label.strip():
        return label
    return target.rpartition("::")[2].strip().lstrip(":")
