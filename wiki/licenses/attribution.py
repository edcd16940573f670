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

# Another site, or a path of this one; "javascript:" and the like are not linked to.
_LINKABLE = re.compile(r"(?:https?://|/(?![/\\]))[^\s\x00-\x1f]+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AttributionLine:
    """One attribution line in three forms. `html` and `markdown` are safe to show as they are."""

    text: str
    html: SafeString
    markdown: str


@dataclass(frozen=True, slots=True)
class _Form:
    """How one form of output writes a piece of text and a link."""

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
    """Return the credit of one work.

    `authors` as they wish to be named, in order; none at all says so. `license_id` is an SPDX
    expression; one that cannot be read is shown as it is. `changes`: None if unchanged, "" if
    changed without saying how. `updated` is for licences that ask for it (Licence Ouverte 2.0).
    `language` ("fr", "en") is that of the reader unless given. A source that is not an http
    address or a path of this wiki is left out of the links.
    """
    with translation.override(language or translation.get_language() or "en"):
        work = (_line(title), [_line(name) for name in authors], source_url.strip(), license_id)
        said = None if changes is None else _line(changes)
        lines = [_sentence(form, *work, said, updated) for form in (_TEXT, _HTML, _MARKDOWN)]
    # Every piece of the second has gone through `conditional_escape` or `format_html`.
    return AttributionLine(lines[0], SafeString(lines[1]), lines[2])


def _sentence(
    form: _Form,
    title: str,
    authors: list[str],
    source: str,
    expression: str,
    changes: str | None,
    updated: date | None,
) -> str:
    named = gettext("“%(title)s”") % {"title": title}
    parts = {
        "title": form.link(named, source, "") if _LINKABLE.match(source) else form.plain(named),
        "authors": _and([form.plain(name) for name in authors]),
        "license": _license(form, expression),
    }
    if authors:
        said = gettext("%(title)s by %(authors)s, %(license)s") % parts
    else:
        said = gettext("%(title)s, authors not named, %(license)s") % parts
    if updated is not None:
        day = formats.date_format(updated, "DATE_FORMAT")
        said = gettext("%(credit)s, updated on %(date)s") % {"credit": said, "date": form.plain(day)}
    if changes:
        said = gettext("%(credit)s — changed: %(changes)s") % {"credit": said, "changes": form.plain(changes)}
    elif changes is not None:
        said = gettext("%(credit)s — changed") % {"credit": said}
    return said


def _and(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    # Translators: joins the names of authors, as in "Alice, Bob and Anna".
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _license(form: _Form, expression: str) -> str:
    try:
        tree = catalogue.parse(expression)
    except UnknownLicense:
        return form.plain(_line(expression)) or form.plain(gettext("licence unknown"))
    return catalogue.expression_label(tree, lambda license: _one_license(form, license))


def _one_license(form: _Form, license: License) -> str:
    return form.link(license.short, license.deed_url, "license") if license.deed_url else form.plain(license.short)


# ---------------------------------------------------------------- the three forms


def _line(text: str) -> str:
    """Return `text` on one line, without control or direction-changing characters."""
    spaced = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", spaced)


def _text_link(label: str, address: str, rel: str) -> str:
    return f"{label} ({address})"


def _html_link(label: str, address: str, rel: str) -> str:
    if rel:
        return format_html('<a rel="{}" href="{}">{}</a>', rel, address, label)
    return format_html('<a href="{}">{}</a>', address, label)


_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "[]{}<>&|~^="})


def _markdown_plain(text: str) -> str:
    """Return `text` so that no Markdown, wiki link, call or bare address is read in it.

    Backslashes for what every Markdown lets one escape; entities for the rest, since wiki links
    and `{{calls}}` are found in the source itself.
    """
    escaped = re.sub(r"([\\`*_])", r"\\\1", text.translate(_ENTITIES))
    return escaped.replace("://", "&#58;//").replace("www.", "www&#46;").replace("@", "&#64;")


def _markdown_link(label: str, address: str, rel: str) -> str:
    return f"[{_markdown_plain(label)}]({quote(address, safe=_ADDRESS_SAFE)})"


_ADDRESS_SAFE = "%/:?#@!$&'*+,;=~-._"
"""What an address keeps as it is; brackets and quotes would end a Markdown link."""

_TEXT = _Form(str, _text_link)
_HTML = _Form(conditional_escape, _html_link)
_MARKDOWN = _Form(_markdown_plain, _markdown_link)
