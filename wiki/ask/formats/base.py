"""What a result format is, and what it may ask of the page in which a result stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext

from wiki.ask.language.query_ast import DEFAULT_LIMIT
from wiki.errors import gettext_noop
from wiki.pages.media_models import file_key, pictures_by_name

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult

EMPTY_HTML = SafeString("")
"""HTML of nothing."""
THUMBNAIL_SPEC = "fill-400x225"
"""The size in which Wagtail makes the pictures of cards."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a format, from which the Ask page makes a field."""

    name: str
    kind: str
    """`text`, `number`, `switch` (yes or no), `choice`, `property` (the label of a printout), `template` or `page`."""
    default: str = ""
    description: str = ""
    """A sentence, as a message id."""
    choices: tuple[str, ...] = ()

    @property
    def shown_description(self) -> str:
        """The sentence in the active language."""
        return gettext(self.description) if self.description else ""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture and how to credit it."""

    url: str
    width: int
    height: int
    description: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A result as a download."""

    content_type: str
    filename: str
    content: bytes | Iterator[bytes]


def _no_address(parameters: Mapping[str, str]) -> str:
    return ""


def _no_template(name: str) -> str | None:
    return None


def _plainly(text: str) -> SafeString:
    return escape(text)


def _no_page(page_pk: int) -> SafeString:
    return EMPTY_HTML


def thumbnails(names: Iterable[str]) -> dict[str, Thumbnail]:
    """Small pictures of those file names (any spelling), by the names as given; missing ones are left out."""
    asked = [name for name in names if name]
    found = pictures_by_name(asked, THUMBNAIL_SPEC) if asked else {}
    shown: dict[str, Thumbnail] = {}
    for name in asked:
        picture = found.get(file_key(name))
        if picture is None:
            continue
        try:
            small = picture.get_rendition(THUMBNAIL_SPEC)
        except OSError:  # the file is gone or broken: a result without its picture is still a result
            continue
        credit = ", ".join(part for part in (picture.author, picture.license) if part)
        shown[name] = Thumbnail(small.url, small.width, small.height, str(picture.description or ""), credit)
    return shown


@dataclass(frozen=True, slots=True)
class FormatContext:
    """How and where a result is shown. Nothing here depends on who reads, but what the runner put in."""

    language: str = "fr"
    url_with: Callable[[Mapping[str, str]], str] = _no_address
    """The path of the same question with other parameters (`{"format": "csv"}`, `{"month": "2026-11"}`)."""
    more_url: str = ""
    """Where the rows after these are."""
    base_url: str = field(default_factory=lambda: str(settings.BASE_ADDRESS))
    """What makes paths whole addresses, in files."""
    template_source: Callable[[str], str | None] = _no_template
    """The source of the page `Template:<name>`, or None where there is none that may be read."""
    render_markdown: Callable[[str], SafeString] = _plainly
    """Text of the wiki laid out: parsed within bounds and cleaned."""
    page_html: Callable[[int], SafeString] = _no_page
    """The text of a page, as it is shown."""
    pictures: Callable[[Iterable[str]], Mapping[str, Thumbnail]] = thumbnails
    today: date = field(default_factory=localdate)

    def download_url(self, name: str) -> str:
        """Where the result is to be had in that format."""
        return self.url_with({"format": name})

    def absolute_url(self, path: str) -> str:
        """A path of this wiki as a whole address."""
        return self.base_url + path if path.startswith("/") else path


@dataclass(frozen=True, slots=True)
class Format:
    """A result format: `html` for those that stand in a page, `file` for those that are downloaded, or both."""

    name: str
    label: str
    """What people call it, as a message id."""
    description: str
    """One sentence, as a message id."""
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    """Its own; those of `COMMON` come with every format."""
    html: Callable[[QueryResult, FormatContext], SafeString] | None = None
    file: Callable[[QueryResult, FormatContext], ResultFile] | None = None
    limit: int = DEFAULT_LIMIT
    """How many rows a question gets that names no limit: more where a few would give a wrong picture."""
    renders_empty_result: bool = False
    """Whether it says something of no rows too (`count`, `sum`): then `default` is not shown instead."""

    @property
    def shown_label(self) -> str:
        """What people call it, in the active language."""
        return gettext(self.label)

    @property
    def shown_description(self) -> str:
        """What it does, in the active language."""
        return gettext(self.description)


COMMON_PARAMETERS: tuple[Parameter, ...] = (
    Parameter("limit", "number", "50", gettext_noop("How many results at most.")),
    Parameter("offset", "number", "0", gettext_noop("How many results are passed over first.")),
    Parameter(
        "link", "choice", "all", gettext_noop("Which values are links to their pages."), ("all", "subject", "none")
    ),
    Parameter(
        "headers", "choice", "show", gettext_noop("Whether the names of properties stand beside their values."),
        ("show", "hide", "plain"),
    ),
    Parameter("mainlabel", "text", "", gettext_noop("Heading of the column of pages; “-” leaves the column out.")),
    Parameter("intro", "text", "", gettext_noop("Text before the results.")),
    Parameter("outro", "text", "", gettext_noop("Text after the results.")),
    Parameter("default", "text", "", gettext_noop("Text where nothing is found.")),
    Parameter("searchlabel", "text", "", gettext_noop("Words of the link to further results.")),
)  # fmt: skip


def option(result: QueryResult, name: str, default: str = "") -> str:
    """A parameter of the question as written, or `default` where it is missing or empty."""
    return result.query.parameters.get(name, "").strip() or default


def number_option(result: QueryResult, name: str, default: int, least: int, most: int) -> int:
    """A whole number between bounds; `default` for what is none."""
    raw = option(result, name)
    return max(least, min(most, int(raw))) if raw.isdecimal() and len(raw) < 10 else default


def switch_option(result: QueryResult, name: str, default: bool = False) -> bool:
    """A switch: `yes`, `true`, `oui`, `1` … or `no`, `false`, `non`, `0` …; the name alone switches it on."""
    raw = result.query.parameters.get(name)
    if raw is None:
        return default
    return raw.strip().lower() not in ("no", "false", "off", "0", "non", "faux", "n", "f")


def separator(result: QueryResult, name: str, default: str) -> str:
    """A parameter that separates: its blanks count, `\\n`, `\\t` and `_` stand for a line, a tabulator and a blank."""
    raw = result.query.parameters.get(name)
    return default if raw is None else raw.replace("\\n", "\n").replace("\\t", "\t").replace("_", " ")


def format_number(number: float | str) -> str:
    """A number of ours in the active language, its thousands apart by a narrow blank."""
    return number_format(number, force_grouping=True).replace("\u00a0", "\u202f")


def file_name(result: QueryResult, ending: str) -> str:
    """The name of a download: what `filename=` says, made harmless, or `result`."""
    stem = re.sub(r"[^\w.-]+", "_", option(result, "filename")).strip("._")[:100]
    stem = stem.removesuffix(f".{ending}") or "result"
    return f"{stem}.{ending}"
