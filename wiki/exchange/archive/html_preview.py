"""The HTML preview in an archive (`index.html`, `style.css`), readable in any browser without a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from wiki.exchange.archive.exported_page import ExportedPage
from wiki.exchange.archive.readme_files import page_credit, source_credit
from wiki.exchange.archive.ro_crate import picture_credit
from wiki.licenses import catalogue
from wiki.pages.file_types import type_of
from wiki.pages.media_models import File, Picture, file_key
from wiki.pages.models import RenderedPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_output, page_renderer
from wiki.pages.rendering.file_boxes import credit_of, type_and_size
from wiki.pages.writing import parsed_versions
from wiki.text import statements
from wiki.text.markup.placeholders import Placeholder

_TAG = re.compile(r"<[a-z][^<>\"]*(?:\"[^\"]*\"[^<>\"]*)+>")
_LOCAL_URL = re.compile(r' (href|src)="/(?!/)')


def render_preview(exported: ExportedPage, credits: Mapping[str, Any], pictures: Mapping[str, Picture | File]) -> str:
    """Return the content of `index.html`. Parses the text once, in bounded time."""
    paths = {entry["name"]: entry["file"] for entry in credits["media"]}
    version = parsed_versions.parse_versions([(exported.page, PageFields.of(exported.page), exported.text)])[0]

    def render(placeholder: Placeholder) -> str | None:
        if placeholder.kind in ("link", "annotation"):
            return None
        if placeholder.kind == "picture":
            name = file_key(str(placeholder.data["name"]))
            return _picture(placeholder.data, pictures.get(name), paths.get(name, ""))
        return page_renderer.static_html(placeholder, exported.title)

    with translation.override(exported.last.language):
        stored = RenderedPage(
            ui_language=exported.last.language, html=version.parsed.fill(render), nonce=version.parsed.nonce,
            placeholders=page_renderer.deferred_placeholders(version),
        )  # fmt: skip
        stored.statements = statements.extract_statements(version.parsed)
        output = page_output.uncached_output(stored, version.fields, AnonymousUser())
        context = {
            "language": exported.last.language,
            "title": exported.title,
            "shown_title": version.columns["display_title"] or exported.title,
            "number": exported.last.number,
            "date": date_format(exported.last.claimed_at, "DATE_FORMAT"),
            "source": exported.source,
            "licenses": catalogue.licenses_in(exported.last.license),
            "facts": [
                (_absolute_links(label), [*map(_absolute_links, values)]) for label, values, _ in output.fact_box
            ],
            "html": _absolute_links(output.html),
            "credit": page_credit(credits, exported.last.language).html,
            "sources": [source_credit(entry, exported.last.language).html for entry in credits["derived_from"]],
            "pictures": [picture_credit(entry, exported.last.language).html for entry in credits["media"]],
        }
        return render_to_string("wiki/exchange/archive.html", context)


def render_stylesheet() -> str:
    """Return the content of `style.css`."""
    return render_to_string("wiki/exchange/archive.css")


def _picture(data: Mapping[str, Any], picture: Picture | File | None, path: str) -> str:
    """Return the HTML of a picture or file with its credit, or its caption when the archive does not have it."""
    caption = data.get("caption") or data.get("description") or ""
    if picture is None or not path:
        return format_html("<em>[{}]</em>", caption or data["name"])
    if isinstance(picture, File):
        return _file(data, picture, path)
    width = min(int(data.get("width") or 0), picture.width) or picture.width
    image = format_html(
        '<img src="{}" width="{}" height="{}" alt="{}">',
        path, width, round(width * picture.height / picture.width), data.get("description") or picture.description,
    )  # fmt: skip
    if not data.get("alone"):
        return image
    credit = " · ".join(part for part in (picture.author, picture.license) if part)
    return format_html(
        '<figure>{}<figcaption>{} <span class="picture-credit">{}</span></figcaption></figure>', image, caption, credit
    )


def _file(data: Mapping[str, Any], file: File, path: str) -> SafeString:
    """Return the HTML of a drawing, or of a link to another file, with its type and size."""
    words = str(data.get("description") or file.description or file.name)
    known = type_of(file.name)
    if known is not None and known.kind == "drawing":
        return format_html('<img src="{}" alt="{}">', path, words)
    credit = format_html(' <span class="picture-credit">{}</span>', credit_of(file)) if data.get("alone") else ""
    return format_html('<a href="{}">{}</a> ({}){}', path, words, type_and_size(file), credit)


def _absolute_links(html: str) -> SafeString:
    """Make links to this wiki absolute, within tags only."""

    def rewrite_tag(match: re.Match[str]) -> str:
        return _LOCAL_URL.sub(rf' \1="{settings.BASE_ADDRESS}/', match[0])

    # `html` is sanitized already; the inserted prefix comes from the settings.
    return mark_safe(_TAG.sub(rewrite_tag, html))  # noqa: S308
