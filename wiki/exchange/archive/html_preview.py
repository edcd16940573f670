"""The readable page of an archive: opens in any browser, asks no network for anything."""

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
from wiki.pages.media_models import Picture, file_key
from wiki.pages.models import RenderedPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_output, page_renderer
from wiki.pages.writing import parsed_versions
from wiki.text import statements
from wiki.text.markup.placeholders import Placeholder

_TAG = re.compile(r"<[a-z][^<>\"]*(?:\"[^\"]*\"[^<>\"]*)+>")
_OWN_ADDRESS = re.compile(r' (href|src)="/(?!/)')


def render_preview(subject: ExportedPage, credits: Mapping[str, Any], pictures: Mapping[str, Picture]) -> str:
    """The content of `index.html`. Parses the text once, in bounded time."""
    paths = {entry["name"]: entry["file"] for entry in credits["media"]}
    item = parsed_versions.parse_versions([(subject.page, PageFields.of(subject.page), subject.text)])[0]

    def render(placeholder: Placeholder) -> str | None:
        if placeholder.kind in ("link", "annotation"):
            return None
        if placeholder.kind == "picture":
            name = file_key(str(placeholder.data["name"]))
            return _picture(placeholder.data, pictures.get(name), paths.get(name, ""))
        if placeholder.kind == "problem":
            return page_renderer.problem_html(placeholder.data)
        if placeholder.kind == "call":
            return page_renderer.call_html(placeholder, subject.title)
        return ""

    with translation.override(subject.last.language):
        stored = RenderedPage(
            ui_language=subject.last.language, html=item.parsed.fill(render), nonce=item.parsed.nonce,
            placeholders=page_renderer.deferred_placeholders(item),
        )  # fmt: skip
        stored.statements = statements.extract_statements(item.parsed)
        shown = page_output.uncached_output(stored, item.fields, AnonymousUser())
        context = {
            "language": subject.last.language,
            "title": subject.title,
            "shown_title": item.columns["display_title"] or subject.title,
            "number": subject.last.number,
            "date": date_format(subject.last.claimed_at, "DATE_FORMAT"),
            "source": subject.source,
            "licenses": catalogue.licenses_in(subject.last.license),
            "facts": [
                (_to_the_site(label), [_to_the_site(value) for value in values]) for label, values in shown.fact_box
            ],
            "html": _to_the_site(shown.html),
            "credit": page_credit(credits, subject.last.language).html,
            "sources": [source_credit(entry, subject.last.language).html for entry in credits["derived_from"]],
            "pictures": [picture_credit(entry, subject.last.language).html for entry in credits["media"]],
        }
        return render_to_string("wiki/exchange/archive.html", context)


def render_stylesheet() -> str:
    """The content of `style.css`."""
    return render_to_string("wiki/exchange/archive.css")


def _picture(data: Mapping[str, Any], picture: Picture | None, path: str) -> str:
    """A picture of the archive with its credit, or its description where there is none."""
    words = data.get("caption") or data.get("description") or ""
    if picture is None or not path:
        return format_html("<em>[{}]</em>", words or data["name"])
    image = format_html(
        '<img src="{}" width="{}" height="{}" alt="{}">',
        path, picture.width, picture.height, data.get("description") or picture.description,
    )  # fmt: skip
    if not data.get("alone"):
        return image
    credit = " · ".join(word for word in (picture.author, picture.license) if word)
    return format_html(
        '<figure>{}<figcaption>{} <span class="picture-credit">{}</span></figcaption></figure>', image, words, credit
    )


def _to_the_site(html: SafeString) -> SafeString:
    """Links within the wiki, as links to it from anywhere. Changes nothing outside of tags."""

    def tag(match: re.Match[str]) -> str:
        return _OWN_ADDRESS.sub(rf' \1="{settings.BASE_ADDRESS}/', match[0])

    # `html` is clean already; what is put in is an address from the settings.
    return mark_safe(_TAG.sub(tag, html))  # noqa: S308
