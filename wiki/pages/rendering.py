"""From a parsed text to the HTML that readers see, stored per language of the interface.

Everything that does not depend on the moment is put in when the text is saved; links stay holes,
since a page they lead to may appear or go. `assemble` fills them when the page is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from wiki.licenses import catalogue
from wiki.pages import linking, problems, reading
from wiki.pages.derivers import Fields, Reading
from wiki.pages.media import Picture, file_key, pictures_named
from wiki.pages.models import RenderedPage, WikiPage, address
from wiki.text import frontmatter, holes, titles
from wiki.text.calls import CALLS
from wiki.text.holes import Hole
from wiki.text.problems import Problem

WIDTHS = (400, 800, 1600)
SHOWN_ELSEWHERE = {titles.fold(name) for name in reading.TITLE_NAMES}
KINDS = {titles.fold(name) for name in reading.KIND_NAMES}
_WEB = re.compile(r"https?://[^\s<>\"]+\Z")
ROWS = 200


def picture_html(data: Mapping[str, Any], picture: Picture | None) -> str:
    """A picture with its credit, or a place to put one, for the hole `data`."""
    name = str(data["name"])
    if picture is None:
        return format_html(
            '<a class="picture-missing" href="{}" rel="nofollow">{}</a>',
            f"{address_of_upload(name)}",
            gettext("Picture “%(name)s” is missing: upload it") % {"name": name},
        )
    image = image_html(picture, str(data.get("description") or picture.description))
    link = format_html('<a href="{}">{}</a>', address("page", f"File:{picture.name}"), image)
    if not data.get("alone"):
        return link
    words = data.get("caption") or data.get("description") or ""
    license = catalogue.name_of(picture.license) if picture.license else ""
    credit = " · ".join(word for word in (picture.author, license) if word)
    return format_html(
        '<figure class="picture">{}<figcaption>{} <span class="picture-credit">{}</span>'
        "</figcaption></figure>",
        link, words, credit,
    )  # fmt: skip


def address_of_upload(name: str) -> str:
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
        problems.in_words(Problem(str(data["code"]), dict(data["params"]))),
        data.get("source", ""),
    )


def fill_fixed(item: Reading, pictures: Mapping[str, Picture]) -> str:
    """The HTML of a text in the active language with all holes filled but links."""

    full_title = titles.full_title(
        item.fields.namespace, item.fields.place.full_title if item.fields.place else None, item.fields.title
    )

    def render(hole: Hole) -> str | None:
        if hole.kind == "link":
            return None
        if hole.kind == "picture":
            return picture_html(hole.data, pictures.get(file_key(str(hole.data["name"]))))
        if hole.kind == "problem":
            return problem_html(hole.data)
        handler = CALLS.get(str(hole.data.get("name"))) if hole.kind == "call" else None
        if handler is not None:
            return handler(hole, full_title)
        if hole.kind == "call":
            return problem_html({"code": "call_unknown", "params": {"name": hole.data["name"]}, **hole.data})
        return ""

    return holes.fill(item.parsed.html, item.parsed.nonce, item.parsed.holes, render)


def link_holes(item: Reading) -> dict[str, dict[str, str]]:
    """What `assemble` has to know of each link: keys, title to show, fragment."""
    found = {}
    for number, hole in item.parsed.holes.items():
        if hole.kind != "link":
            continue
        target = str(hole.data["target"])
        key, near = linking.keys_of(target, item.fields) if target else ("", "")
        found[number] = {
            "key": key,
            "near": near,
            "target": target,
            "fragment": str(hole.data["fragment"]),
        }
    return found


def assemble(html: str, nonce: str, links: Mapping[str, Mapping[str, str]], known: set[str]) -> SafeString:
    """Stored HTML with its links: blue where the page is among `known` keys, else red."""

    def link(match: re.Match[str]) -> str:
        data, label = links.get(match[1]), match[2]
        if data is None:
            return label
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
    return mark_safe(holes.pattern(nonce).sub(link, html))  # noqa: S308


def known_for(links: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Which of the pages that those links may lead to exist. One query."""
    keys = {data["key"] for data in links.values()} | {data["near"] for data in links.values()}
    return linking.existing(keys)


def facts_of(item: Reading) -> list[dict[str, Any]]:
    """Front matter as (label, values) for the fact box; a nested mapping is one value."""
    hidden = SHOWN_ELSEWHERE | (KINDS if not any(one.code == "kind_unknown" for one in item.problems) else set())
    rows: dict[str, dict[str, Any]] = {}
    for entry in item.parsed.front.data:
        if titles.fold(entry.key) in hidden:
            continue
        values = entry.value if isinstance(entry.value, list) else [entry.value]
        row = rows.setdefault(titles.fold(entry.key), {"label": entry.key, "values": []})
        row["values"] += [_fact(value) for value in values]
    return list(rows.values())


def _fact(value: frontmatter.Value) -> dict[str, str]:
    """One value of a fact: its words, and its address where it is one."""
    if isinstance(value, dict):
        words = " · ".join(f"{key} : {_fact(inner)['text']}" for key, inner in value.items())
    elif isinstance(value, list):
        words = ", ".join(_fact(inner)["text"] for inner in value)
    else:
        words = value
    return {"text": words, "url": words if _WEB.match(words) else ""}


class RenderDeriver:
    """The rows of `RenderedPage`: one per page and language of the interface."""

    name = "rendered"

    def prepare(self, readings: Sequence[Reading]) -> list[list[RenderedPage]]:
        """Render each text in each language; one query for all pictures."""
        names = [
            link.target.partition(":")[2] for item in readings for link in item.parsed.links if link.kind == "file"
        ]
        pictures = pictures_named(names) if names else {}
        return [[render(item, language, pictures) for language, _ in settings.LANGUAGES] for item in readings]

    def write(self, readings: Sequence[Reading], prepared: Sequence[list[RenderedPage]]) -> None:
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
                "version", "html", "nonce", "holes", "toc", "facts", "problems", "categories"
            ],
            batch_size=ROWS,
        )  # fmt: skip

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All rendered pages; the nonce, random by design, is put aside."""
        return sorted(
            (
                row.page_id, row.ui_language, row.version, row.html.replace(row.nonce, ""),
                str(row.holes), str(row.toc), str(row.facts), str(row.problems),
                str(row.categories),
            )
            for row in RenderedPage.objects.all().iterator(chunk_size=ROWS)
        )  # fmt: skip


def render(item: Reading, language: str, pictures: Mapping[str, Picture]) -> RenderedPage:
    """What readers of the interface `language` see of a text, still without page and number."""
    with translation.override(language):
        return RenderedPage(
            ui_language=language,
            html=fill_fixed(item, pictures),
            nonce=item.parsed.nonce,
            holes=link_holes(item),
            toc=[asdict(entry) for entry in item.parsed.toc],
            facts=facts_of(item),
            problems=[{"text": problems.in_words(problem), "line": problem.line} for problem in item.problems],
            categories=sorted({link.target for link in item.parsed.links if link.kind == "category"}),
        )


def preview(text: str, fields: Fields, language: str) -> RenderedPage:
    """A text as it would look, for the editor and for old versions. Parses; bounded in time."""
    item = reading.read([(WikiPage(), fields, text)])[0]
    names = [link.target.partition(":")[2] for link in item.parsed.links if link.kind == "file"]
    return render(item, language, pictures_named(names) if names else {})
