"""Renderer of parsed texts to HTML, stored per interface language.

Everything that depends only on the text is rendered when the text is saved. Links and deferred content remain
placeholders, since other pages may change; `assemble` fills them when the page is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.pages import problem_messages
from wiki.pages.file_types import type_of
from wiki.pages.interwiki import interwiki_url
from wiki.pages.media_models import File, Picture, file_key, media_by_name
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.rendering import link_table
from wiki.pages.rendering.file_boxes import credit_of, file_html
from wiki.pages.rendering.videos import add_video_boxes
from wiki.pages.writing import parsed_versions
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.text import statements, titles
from wiki.text.markup import placeholders
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS, substitute_page_name_variables
from wiki.text.markup.placeholders import Placeholder
from wiki.text.problems import Problem

CALLOUT_TITLES = {
    "note": gettext_noop("Note"),
    "tip": gettext_noop("Tip"),
    "important": gettext_noop("Important"),
    "warning": gettext_noop("Warning"),
    "caution": gettext_noop("Caution"),
}
"""Titles of call-outs that have none of their own, by type."""
WIDTHS = (400, 800, 1600)
ROWS = 200


def picture_html(data: Mapping[str, Any], picture: Picture | File | None) -> str:
    """Render a picture with its attribution, another file as what it is, or a link to upload it if it is missing.

    `data` is the data of its placeholder; a picture that is alone in its paragraph gets a caption.
    """
    name = str(data["name"])
    if picture is None:
        return format_html(
            '<a class="picture-missing" href="{}" rel="nofollow">{}</a>',
            f"{upload_url(name)}",
            (
                gettext("File “%(name)s” is missing: upload it")
                if type_of(name)
                else gettext("Picture “%(name)s” is missing: upload it")
            )
            % {"name": name},
        )
    if isinstance(picture, File):
        return file_html(data, picture)
    image = image_html(picture, str(data.get("description") or picture.description), int(data.get("width") or 0))
    link = format_html('<a href="{}">{}</a>', address("page", f"File:{picture.name}"), image)
    if not data.get("alone"):
        return link
    caption = data.get("caption") or data.get("description") or ""
    return format_html(
        '<figure class="picture">{}<figcaption>{} <span class="picture-credit">{}</span>'
        "</figcaption></figure>",
        link, caption, credit_of(picture),
    )  # fmt: skip


def upload_url(name: str) -> str:
    """Return the URL of the upload form for a missing picture."""
    return f"{reverse('upload')}?{urlencode({'name': name})}"


def image_html(picture: Picture, description: str, shown_width: int = 0) -> SafeString:
    """Render `<img>` with several widths, its dimensions (against layout shifts), and lazy loading.

    `shown_width` is the width in CSS pixels at which it is shown at most; 0 for the whole line. Where the
    file is gone or no copy can be stored, it is the original, which shows as soon as it is there again.
    """
    widths = [width for width in WIDTHS if width < picture.width] or [picture.width]
    try:
        renditions = picture.get_renditions(*(f"width-{width}" for width in widths))
    except OSError:
        return format_html(
            '<img src="{}{}" width="{}" height="{}" alt="{}" loading="lazy" decoding="async">',
            settings.MEDIA_URL, picture.file.name, picture.width, picture.height, description,
        )  # fmt: skip
    images = [renditions[f"width-{width}"] for width in widths]
    default = images[min(1, len(images) - 1)]
    width = min(shown_width, picture.width) or default.width
    return format_html(
        '<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}" loading="lazy" decoding="async">',
        default.url,
        ", ".join(f"{image.url} {image.width}w" for image in images),
        f"{width}px" if shown_width else "(min-width: 60rem) 44rem, 92vw",
        width,
        round(width * picture.height / picture.width) if shown_width else default.height,
        description,
    )


def problem_html(data: Mapping[str, Any]) -> str:
    """Render the message of a problem with the source text that causes it."""
    return format_html(
        '<span class="problem" role="note">{} <code>{}</code></span>',
        problem_messages.message_for(Problem(str(data["code"]), dict(data["params"]))),
        data.get("source", ""),
    )


def static_html(placeholder: Placeholder, full_title: str) -> str | None:
    """Return the HTML of a problem, the title of a call-out, or a call; None for a deferred call, "" for others."""
    if placeholder.kind == "problem":
        return problem_html(placeholder.data)
    if placeholder.kind == "callout":
        return escape(gettext(CALLOUT_TITLES[str(placeholder.data["type"])]))
    return call_html(placeholder, full_title) if placeholder.kind == "call" else ""


def call_html(placeholder: Placeholder, full_title: str) -> str | None:
    """Render a parser function; None if its result is deferred until the page is read."""
    name = str(placeholder.data["name"])
    if name not in PARSER_FUNCTIONS:
        return problem_html({"code": "call_unknown", "params": {"name": name}, **placeholder.data})
    handler = PARSER_FUNCTIONS[name]
    return None if handler is None else handler(placeholder, full_title)


def fill_static(version: ParsedVersion, pictures: Mapping[str, Picture | File]) -> str:
    """Return the HTML of a text in the active language, in which links and deferred content remain placeholders."""
    full_title = version.fields.full_title

    def render(placeholder: Placeholder) -> str | None:
        if placeholder.kind in ("link", "annotation"):
            return None
        if placeholder.kind == "picture":
            return picture_html(placeholder.data, pictures.get(file_key(str(placeholder.data["name"]))))
        return static_html(placeholder, full_title)

    return placeholders.fill_placeholders(
        add_video_boxes(version.parsed.html), version.parsed.nonce, version.parsed.placeholders, render
    )


def deferred_placeholders(version: ParsedVersion) -> dict[str, dict[str, Any]]:
    """Return the data of the placeholders that are filled when the page is read, by number.

    They are links (keys, target, fragment), deferred parser functions, and annotations.
    """
    found: dict[str, dict[str, Any]] = {}
    full_title = version.fields.full_title
    for number, placeholder in version.parsed.placeholders.items():
        if placeholder.kind == "call" and PARSER_FUNCTIONS.get(str(placeholder.data["name"]), placeholder) is None:
            found[number] = _deferred_call(placeholder, full_title)
        elif placeholder.kind == "annotation":
            value = substitute_page_name_variables(str(placeholder.data["value"]), full_title)
            found[number] = {
                "property": placeholder.data["property"],
                "value": value,
                "label": placeholder.data["label"],
            }
        elif placeholder.kind == "link":
            found[number] = _deferred_link(placeholder, version.fields)
    return found


def _deferred_link(placeholder: Placeholder, fields: PageFields) -> dict[str, str]:
    """Return the data of a link for `assemble`: its keys, or its address on another site."""
    target, is_open = str(placeholder.data["target"]), {"open": "yes"} if placeholder.data.get("open") else {}
    if url := interwiki_url(target, str(placeholder.data["section"])):
        return {"key": "", "near": "", "target": target, "fragment": "", "url": url} | is_open
    key, place_key = link_table.target_keys(target, fields)
    target = titles.absolute_title(target, fields.full_title) if key else target
    data = {
        "key": key,
        "near": place_key,
        "target": target,
        "fragment": str(placeholder.data.get("fragment") or ""),
    }
    if key and (written := titles.capitalize(target)) != key:
        data["written"] = written
    return data | is_open


def _deferred_call(placeholder: Placeholder, full_title: str) -> dict[str, Any]:
    """Return the data of a parser function for its provider: name, arguments as [[key, value], …], source."""
    arguments = [
        [key, substitute_page_name_variables(value, full_title)] for key, value in placeholder.data["arguments"]
    ]
    found = {"call": str(placeholder.data["name"]), "arguments": arguments, "source": str(placeholder.data["source"])}
    return found | ({"alone": True} if placeholder.data.get("alone") else {})


def assemble(
    html: str,
    nonce: str,
    deferred: Mapping[str, Mapping[str, Any]],
    existing: set[str],
    results: Mapping[str, str] | None = None,
) -> SafeString:
    """Fill the placeholders of stored HTML; `deferred` is the result of `deferred_placeholders`.

    Links to pages whose key is not in `existing` are red. `results` holds safe HTML for parser functions and
    annotations by placeholder number; without a result, they show their source or label.
    """

    def link(match: re.Match[str]) -> str:
        data, label = deferred.get(match[1]), match[2]
        if data is None:
            return label
        if "key" not in data:
            return (results or {}).get(match[1], f"<code>{label}</code>" if "call" in data else label)
        tag = _link_tag(data, existing)
        return f"{tag}{label}" if data.get("open") else f"{tag}{label}</a>" if tag != "<a>" else label

    # `html` was sanitised by nh3 and completed with escaped values; labels are part of it.
    return mark_safe(placeholders.placeholder_pattern(nonce).sub(link, html))  # noqa: S308


def _link_tag(data: Mapping[str, Any], existing: set[str]) -> str:
    """Return the start tag of a link; `data` is made by `_deferred_link`."""
    if data.get("url"):
        return f'<a class="interwiki" rel="nofollow" href="{escape(data["url"])}">'
    fragment = f"#{escape(data['fragment'])}" if data["fragment"] else ""
    if not data["key"]:
        return f'<a href="{fragment}">' if fragment else "<a>"
    key = data["near"] if data["near"] in existing else data["key"]
    if key in existing or key.startswith(("Category:", "File:")):
        return f'<a href="{_link_address(data, key)}{fragment}">'
    title = gettext("%(title)s (not written yet)") % {"title": data["target"]}
    url = _link_address(data, data["near"] or key)
    return f'<a class="red" rel="nofollow" title="{escape(title)}" href="{url}">'


def _link_address(data: Mapping[str, Any], key: str) -> str:
    """Return the escaped address of the page that a link leads to, with its title spelled as it is written.

    `data` is made by `_deferred_link`, `key` is one of its two keys.
    """
    return escape(address("page", key.removesuffix(data["key"]) + data.get("written", data["key"])))


def existing_targets(deferred: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the keys of the link targets in `deferred` that exist. One query per 500 keys, none without links."""
    links = [data for data in deferred.values() if "key" in data]
    return link_table.existing_keys({link[name] for link in links for name in ("key", "near")})


class RenderUpdater:
    """Updates the rows of `RenderedPage`, one per page and interface language."""

    name = "rendered"
    revision = 6
    requires = ()
    provides = None

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[list[RenderedPage]]:
        """Render each text in each language. Loads the pictures and files of all texts with two queries at most."""
        names = [
            link.target.partition(":")[2]
            for version in versions
            for link in version.parsed.links
            if link.kind == "file"
        ]
        pictures = media_by_name(names) if names else {}
        return [[render(version, language, pictures) for language, _ in settings.LANGUAGES] for version in versions]

    def write(
        self,
        versions: Sequence[ParsedVersion],
        prepared: Sequence[list[RenderedPage]],
        moment: datetime | None,
        inputs: Inputs,
    ) -> None:
        """Insert or replace the rows of the pages."""
        rows = []
        for version, renderings in zip(versions, prepared, strict=True):
            for row in renderings:
                row.page_id, row.version = version.page.pk, version.number
                rows.append(row)
        RenderedPage.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["page", "ui_language"],
            update_fields=[
                "version", "html", "nonce", "placeholders", "toc", "has_fact_box", "problems", "categories",
                "results_release",
            ],
            batch_size=ROWS,
        )  # fmt: skip

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all rendered pages, without the random nonce and the cached results."""
        return sorted(
            (
                row.page_id, row.ui_language, row.version, row.html.replace(row.nonce, ""),
                str(row.placeholders), str(row.toc), str(row.has_fact_box), str(row.problems),
                str(row.categories),
            )
            for row in RenderedPage.objects.all().iterator(chunk_size=ROWS)
        )  # fmt: skip


def render(version: ParsedVersion, language: str, pictures: Mapping[str, Picture | File]) -> RenderedPage:
    """Render a text in the interface `language`, as an unsaved row without page and version."""
    with translation.override(language):
        return RenderedPage(
            ui_language=language,
            html=fill_static(version, pictures),
            nonce=version.parsed.nonce,
            placeholders=deferred_placeholders(version),
            toc=[asdict(entry) for entry in version.parsed.toc],
            has_fact_box="NOFACTBOX" not in version.parsed.switches,
            problems=[
                {"text": problem_messages.message_for(problem), "line": problem.line} for problem in version.problems
            ],
            categories=sorted({link.target for link in version.parsed.links if link.kind == "category"}),
        )


def render_preview(text: str, fields: PageFields, language: str) -> RenderedPage:
    """Parse and render a text for a preview or an old version, in bounded time. The row is not saved."""
    version = parsed_versions.parse_versions([(WikiPage(), fields, text)])[0]
    names = [link.target.partition(":")[2] for link in version.parsed.links if link.kind == "file"]
    rendered = render(version, language, media_by_name(names) if names else {})
    rendered.statements = statements.extract_statements(version.parsed)
    return rendered
