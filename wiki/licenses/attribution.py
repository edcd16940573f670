"""Attribution lines: title, author, source, licence (TASL), as text, HTML and Markdown.

Form: Creative Commons, "Recommended practices for attribution": the title linked to its source,
the authors, the licence linked to its deed, and what was changed.

    “Jardin partagé” (https://…) by Alice and Bob, CC BY-SA 4.0 (https://…) — changed: translated
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from django.utils import formats, translation
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.licenses import catalogue
from wiki.licenses.catalogue import License, UnknownLicense

# URLs that become links: http(s), or a path of this site; not "javascript:" and the like.
_LINKABLE = re.compile(r"(?:https?://|/(?![/\\]))[^\s\x00-\x1f]+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AttributionLine:
    """One attribution line in three formats. `html` and `markdown` are escaped."""

    text: str
    html: SafeString
    markdown: str


@dataclass(frozen=True, slots=True)
class _Format:
    """The functions that write a piece of text and a link in one output format."""

    plain: Callable[[str], str]
    link: Callable[[str, str, str], str]


def attribution_line(
    title: str,
    authors: Sequence[str],
    source_url: str,
    license_id: str,
    changes: str | None = None,
    *,
    updated: date | None = None,
    language: str | None = None,
) -> AttributionLine:
    """Return the attribution line of one work.

    `authors` are names in order; an empty list gives “authors not named”. `license_id` is an SPDX
    expression; one that cannot be parsed is shown as it is. `changes`: None if unchanged, "" if
    changed without a description. `updated` is for licences that require a date (Licence Ouverte
    2.0). `language` ("fr", "en") defaults to the active language. A `source_url` that is neither an
    http(s) URL nor a path of this wiki is not linked.
    """
    with translation.override(language or translation.get_language() or "en"):
        work = (_line(title), [_line(name) for name in authors], source_url.strip(), license_id)
        changes_line = None if changes is None else _line(changes)
        lines = [_sentence(output, *work, changes_line, updated) for output in (_TEXT, _HTML, _MARKDOWN)]
    # Every part of the second line went through `conditional_escape` or `format_html`.
    return AttributionLine(lines[0], SafeString(lines[1]), lines[2])


def _sentence(
    output: _Format,
    title: str,
    authors: list[str],
    source: str,
    expression: str,
    changes: str | None,
    updated: date | None,
) -> str:
    quoted_title = gettext("“%(title)s”") % {"title": title}
    parts = {
        "title": output.link(quoted_title, source, "") if _LINKABLE.match(source) else output.plain(quoted_title),
        "authors": _join_names([output.plain(name) for name in authors]),
        "license": _license(output, expression),
    }
    if authors:
        line = gettext("%(title)s by %(authors)s, %(license)s") % parts
    else:
        line = gettext("%(title)s, authors not named, %(license)s") % parts
    if updated is not None:
        day = formats.date_format(updated, "DATE_FORMAT")
        line = gettext("%(credit)s, updated on %(date)s") % {"credit": line, "date": output.plain(day)}
    if changes:
        line = gettext("%(credit)s — changed: %(changes)s") % {"credit": line, "changes": output.plain(changes)}
    elif changes is not None:
        line = gettext("%(credit)s — changed") % {"credit": line}
    return line


def _join_names(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    # Translators: joins the names of authors, as in "Alice, Bob and Anna".
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _license(output: _Format, expression: str) -> str:
    try:
        tree = catalogue.parse(expression)
    except UnknownLicense:
        return output.plain(_line(expression)) or output.plain(gettext("licence unknown"))
    return catalogue.expression_label(tree, lambda license: _one_license(output, license))


def _one_license(output: _Format, license: License) -> str:
    return output.link(license.short, license.deed_url, "license") if license.deed_url else output.plain(license.short)


# ---------------------------------------------------------------- the three formats


def _line(text: str) -> str:
    """Return `text` on one line, without control or direction-changing characters."""
    spaced = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", spaced)


def _text_link(label: str, url: str, rel: str) -> str:
    return f"{label} ({url})"


def _html_link(label: str, url: str, rel: str) -> str:
    if rel:
        return format_html('<a rel="{}" href="{}">{}</a>', rel, url, label)
    return format_html('<a href="{}">{}</a>', url, label)


_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "[]{}<>&|~^="})


def _markdown_plain(text: str) -> str:
    """Escape `text` so that it has no effect as Markdown, wiki link, parser function or bare URL.

    Backslashes escape what every Markdown allows to escape; entities the rest, since wiki links
    and `{{calls}}` are found in the source itself.
    """
    escaped = re.sub(r"([\\`*_])", r"\\\1", text.translate(_ENTITIES))
    return escaped.replace("://", "&#58;//").replace("www.", "www&#46;").replace("@", "&#64;")


def _markdown_link(label: str, url: str, rel: str) -> str:
    return f"[{_markdown_plain(label)}]({quote(url, safe=_URL_SAFE)})"


_URL_SAFE = "%/:?#@!$&'*+,;=~-._"
"""Characters of a URL that are not quoted; brackets and quotes would end a Markdown link."""

_TEXT = _Format(str, _text_link)
_HTML = _Format(conditional_escape, _html_link)
_MARKDOWN = _Format(_markdown_plain, _markdown_link)
