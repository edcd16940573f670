"""From a parsed text to the HTML that readers see, stored per language of the interface.

Everything that does not depend on the moment is put in when the text is saved; links stay placeholders,
since a page they lead to may appear or go. `assemble` fills them when the page is read.
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

from wiki.licenses import catalogue
from wiki.pages import problem_messages
from wiki.pages.media_models import Picture, file_key, pictures_by_name
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.page_urls import address
from wiki.pages.rendering import link_table
from wiki.pages.writing import parsed_versions
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.text import statements
from wiki.text.markup import placeholders
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS, substitute_page_name_variables
from wiki.text.markup.placeholders import Placeholder
from wiki.text.problems import Problem

WIDTHS = (400, 800, 1600)
ROWS = 200


def picture_html(data: Mapping[str, Any], picture: Picture | None) -> str:
    """A picture with its credit, or a place to put one, for the placeholder `data`."""
    name = str(data["name"])
    if picture is None:
        return format_html(
            '<a class="picture-missing" href="{}" rel="nofollow">{}</a>',
            f"{upload_url(name)}",
            gettext("Picture “%(name)s” is missing: upload it") % {"name": name},
        )
    image = image_html(picture, str(data.get("description") or picture.description))
    link = format_html('<a href="{}">{}</a>', address("page", f"File:{picture.name}"), image)
    if not data.get("alone"):
        return link
    words = data.get("caption") or data.get("description") or ""
    license = catalogue.license_name(picture.license) if picture.license else ""
    credit = " · ".join(word for word in (picture.author, license) if word)
    return format_html(
        '<figure class="picture">{}<figcaption>{} <span class="picture-credit">{}</span>'
        "</figcaption></figure>",
        link, words, credit,
    )  # fmt: skip


def upload_url(name: str) -> str:
    """Where a missing picture can be given."""
    return f"{reverse('upload')}?{urlencode({'name': name})}"


def image_html(picture: Picture, description: str) -> SafeString:
    """`<img>` in several widths, with the place it will take, loaded when it comes into sight."""
    widths = [width for width in WIDTHS if width < picture.width] or [picture.width]
    renditions = picture.get_renditions(*(f"width-{width}" for width in widths))
    made = [renditions[f"width-{width}"] for width in widths]
    chosen = made[min(1, len(made) - 1)]
    return format_html(
        '<img src="{}" srcset="{}" sizes="(min-width: 60rem) 44rem, 92vw" width="{}" height="{}"'
        ' alt="{}" loading="lazy" decoding="async">',
        chosen.url,
        ", ".join(f"{one.url} {one.width}w" for one in made),
        chosen.width,
        chosen.height,
        description,
    )  # fmt: skip


def problem_html(data: Mapping[str, Any]) -> str:
    """What is wrong, in place, in red, with the source that is meant."""
    return format_html(
        '<span class="problem" role="note">{} <code>{}</code></span>',
        problem_messages.message_for(Problem(str(data["code"]), dict(data["params"]))),
        data.get("source", ""),
    )


def call_html(placeholder: Placeholder, full_title: str) -> str | None:
    """What stands for a call; None for one that is filled when the page is read."""
    name = str(placeholder.data["name"])
    if name not in PARSER_FUNCTIONS:
        return problem_html({"code": "call_unknown", "params": {"name": name}, **placeholder.data})
    handler = PARSER_FUNCTIONS[name]
    return None if handler is None else handler(placeholder, full_title)


def fill_static(item: ParsedVersion, pictures: Mapping[str, Picture]) -> str:
    """The HTML of a text in the active language with all placeholders filled but links and what is filled when read."""
    full_title = item.fields.full_title

    def render(placeholder: Placeholder) -> str | None:
        if placeholder.kind in ("link", "annotation"):
            return None
        if placeholder.kind == "picture":
            return picture_html(placeholder.data, pictures.get(file_key(str(placeholder.data["name"]))))
        if placeholder.kind == "problem":
            return problem_html(placeholder.data)
        return call_html(placeholder, full_title) if placeholder.kind == "call" else ""

    return placeholders.fill_placeholders(item.parsed.html, item.parsed.nonce, item.parsed.placeholders, render)


def deferred_placeholders(item: ParsedVersion) -> dict[str, dict[str, Any]]:
    """What is filled when the page is read: links, with keys, title to show and fragment; calls and annotations."""
    found: dict[str, dict[str, Any]] = {}
    full_title = item.fields.full_title
    for number, placeholder in item.parsed.placeholders.items():
        if placeholder.kind == "call" and PARSER_FUNCTIONS.get(str(placeholder.data["name"]), placeholder) is None:
            found[number] = _late_call(placeholder, full_title)
        elif placeholder.kind == "annotation":
            value = substitute_page_name_variables(str(placeholder.data["value"]), full_title)
            found[number] = {
                "property": placeholder.data["property"],
                "value": value,
                "label": placeholder.data["label"],
            }
        elif placeholder.kind == "link":
            found[number] = _late_link(placeholder, item.fields)
    return found


def _late_link(placeholder: Placeholder, fields: PageFields) -> dict[str, str]:
    """A link for `assemble`."""
    target = str(placeholder.data["target"])
    key, near = link_table.target_keys(target, fields)
    return {
        "key": key,
        "near": near,
        "target": target,
        "fragment": str(placeholder.data.get("fragment") or ""),
    }


def _late_call(placeholder: Placeholder, full_title: str) -> dict[str, Any]:
    """A call for whoever fills it: its name, its arguments as [key, value], and its source."""
    arguments = [
        [key, substitute_page_name_variables(value, full_title)] for key, value in placeholder.data["arguments"]
    ]
    found = {"call": str(placeholder.data["name"]), "arguments": arguments, "source": str(placeholder.data["source"])}
    return found | ({"alone": True} if placeholder.data.get("alone") else {})


def assemble(
    html: str,
    nonce: str,
    late: Mapping[str, Mapping[str, Any]],
    known: set[str],
    answers: Mapping[str, str] | None = None,
) -> SafeString:
    """Stored HTML with its `deferred_placeholders`: links, blue where the page is among `known` keys, else red; and answers.

    `answers` has safe HTML for calls and annotations, by the number of their placeholder; one without shows its source.
    """

    def link(match: re.Match[str]) -> str:
        data, label = late.get(match[1]), match[2]
        if data is None:
            return label
        if "key" not in data:
            return (answers or {}).get(match[1], f"<code>{label}</code>" if "call" in data else label)
        fragment = f"#{escape(data['fragment'])}" if data["fragment"] else ""
        if not data["key"]:
            return f'<a href="{fragment}">{label}</a>' if fragment else label
        key = data["near"] if data["near"] in known else data["key"]
        if key in known or key.startswith(("Category:", "File:")):
            return f'<a href="{escape(address("page", key))}{fragment}">{label}</a>'
        title = gettext("%(title)s (not written yet)") % {"title": data["target"]}
        wanted = escape(address("page", data["near"] or key))
        return f'<a class="red" rel="nofollow" title="{escape(title)}" href="{wanted}">{label}</a>'

    # What stands in `html` was cleaned by nh3 and completed by us; labels are escaped there.
    return mark_safe(placeholders.placeholder_pattern(nonce).sub(link, html))  # noqa: S308


def existing_targets(late: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Which of the pages that links may lead to exist. One query, none without links."""
    return link_table.existing_keys({data[name] for data in late.values() if "key" in data for name in ("key", "near")})


class RenderUpdater:
    """The rows of `RenderedPage`: one per page and language of the interface."""

    name = "rendered"
    requires = ()
    provides = None

    def prepare(self, readings: Sequence[ParsedVersion]) -> list[list[RenderedPage]]:
        """Render each text in each language; one query for all pictures."""
        names = [
            link.target.partition(":")[2] for item in readings for link in item.parsed.links if link.kind == "file"
        ]
        pictures = pictures_by_name(names) if names else {}
        return [[render(item, language, pictures) for language, _ in settings.LANGUAGES] for item in readings]

    def write(
        self,
        readings: Sequence[ParsedVersion],
        prepared: Sequence[list[RenderedPage]],
        moment: datetime | None,
        inputs: Inputs,
    ) -> None:
        """Insert or replace the rows."""
        rows = []
        for item, own in zip(readings, prepared, strict=True):
            for row in own:
                row.page_id, row.version = item.page.pk, item.number
                rows.append(row)
        RenderedPage.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["page", "ui_language"],
            update_fields=[
                "version", "html", "nonce", "placeholders", "toc", "has_fact_box", "problems", "categories", "results_release"
            ],
            batch_size=ROWS,
        )  # fmt: skip

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All rendered pages; the nonce, random by design, is put aside."""
        return sorted(
            (
                row.page_id, row.ui_language, row.version, row.html.replace(row.nonce, ""),
                str(row.placeholders), str(row.toc), str(row.has_fact_box), str(row.problems),
                str(row.categories),
            )
            for row in RenderedPage.objects.all().iterator(chunk_size=ROWS)
        )  # fmt: skip


def render(item: ParsedVersion, language: str, pictures: Mapping[str, Picture]) -> RenderedPage:
    """What readers of the interface `language` see of a text, still without page and number."""
    with translation.override(language):
        return RenderedPage(
            ui_language=language,
            html=fill_static(item, pictures),
            nonce=item.parsed.nonce,
            placeholders=deferred_placeholders(item),
            toc=[asdict(entry) for entry in item.parsed.toc],
            has_fact_box="NOFACTBOX" not in item.parsed.switches,
            problems=[
                {"text": problem_messages.message_for(problem), "line": problem.line} for problem in item.problems
            ],
            categories=sorted({link.target for link in item.parsed.links if link.kind == "category"}),
        )


def render_preview(text: str, fields: PageFields, language: str) -> RenderedPage:
    """A text as it would look, for the editor and for old versions. Parses; bounded in time."""
    item = parsed_versions.parse_versions([(WikiPage(), fields, text)])[0]
    names = [link.target.partition(":")[2] for link in item.parsed.links if link.kind == "file"]
    shown = render(item, language, pictures_by_name(names) if names else {})
    shown.statements = statements.extract_statements(item.parsed)
    return shown
