"""HTML of files that are no pictures within a page: drawings, players of sounds and videos, and boxes of downloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from wiki.licenses import catalogue
from wiki.pages import file_types
from wiki.pages.media_models import File, Picture
from wiki.pages.page_urls import address

TRACK_LIMIT = 5_000_000
"""Maximal number of bytes of a GPS track of which a page shows a map: every reader's browser fetches it."""


def credit_of(file: Picture | File) -> str:
    """Return author and licence of a picture or file as one line."""
    license = catalogue.license_name(file.license) if file.license else ""
    return " · ".join(part for part in (file.author, license) if part)


def type_and_size(file: File) -> str:
    """Return what a file is and how large: `Text document (ODT), 12 KB`."""
    known, ending = file_types.type_of(file.name), file_types.extension_of(file.name)[1:].upper()
    size = filesizeformat(file.file_size or 0)
    if file.pages:
        template = ngettext("%(count)d page, %(size)s", "%(count)d pages, %(size)s", file.pages)
        size = template % {"count": file.pages, "size": size}
    return gettext("%(type)s (%(ending)s), %(size)s") % {
        "type": gettext(known.label) if known else gettext("File"), "ending": ending or "?", "size": size,
    }  # fmt: skip


def content_html(file: File, words: str, width: int = 0) -> SafeString | None:
    """Render what browsers show of a file, a drawing, sound or video, at most `width` pixels wide; None for others."""
    known = file_types.type_of(file.name)
    size = format_html(' width="{}"', width) if width else ""
    if known is not None and known.kind == "drawing":
        return format_html(
            '<img class="drawing" src="{}" alt="{}"{} loading="lazy" decoding="async">', file.content_url, words, size
        )
    if known is not None and known.kind == "sound":
        return format_html('<audio controls preload="none" src="{}" aria-label="{}"></audio>', file.content_url, words)
    if known is not None and known.kind == "video":
        return format_html(
            '<video controls playsinline preload="metadata" src="{}" aria-label="{}"{}></video>',
            file.content_url, words, size,
        )  # fmt: skip
    return None


def _track(file: File) -> str:
    """Return the attribute by which `static/wiki/ask/tracks.js` finds a track of a size that it can draw."""
    known = file_types.type_of(file.name)
    if known is None or known.kind != "track" or (file.file_size or 0) > TRACK_LIMIT:
        return ""
    return format_html(' data-track="{}"', file.content_url)


def file_html(data: Mapping[str, Any], file: File) -> SafeString:
    """Render a file where a page names it like a picture; `data` is the data of its placeholder.

    In a line of text it is a link, except for drawings.
    """
    words = str(data.get("description") or file.description or file.name)
    page = address("page", file.file_title)
    content = content_html(file, words, int(data.get("width") or 0))
    is_drawing = content is not None and content.startswith("<img")
    if is_drawing:
        content = format_html('<a href="{}">{}</a>', page, content)
    if not data.get("alone"):
        link = format_html(
            '<a class="file-link" href="{}">{} <small>({})</small></a>', page, words, type_and_size(file)
        )
        return content if is_drawing and content else link
    if content is None:
        return format_html(
            '<div class="file-box"{}><a class="file-name" href="{}" download="{}">{}</a>'
            '<span class="file-facts">{} · <a href="{}">{}</a></span></div>',
            _track(file), file.content_url, file.name, words, type_and_size(file), page, credit_of(file) or file.name,
        )  # fmt: skip
    caption = data.get("caption") or words
    return format_html(
        '<figure class="picture">{}<figcaption>{} <span class="picture-credit">{}{}</span></figcaption></figure>',
        content, caption, credit_of(file),
        "" if is_drawing else format_html(' · <a href="{}">{}</a>', page, type_and_size(file)),
    )  # fmt: skip
