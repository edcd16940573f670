"""Base of the result formats: what a format is, and what it can use of the page in which a result stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localdate
from django.utils.translation import gettext

from wiki.ask.language.query_ast import DEFAULT_LIMIT
from wiki.errors import gettext_noop
from wiki.pages.media_models import file_key, pictures_by_name

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult

EMPTY_HTML = SafeString("")
"""Empty HTML."""
THUMBNAIL_SPEC = "fill-400x225"
"""Wagtail's filter specification for the pictures of cards."""


_BREAK = re.compile(r"&lt;br ?/?&gt;", re.IGNORECASE)


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
        """Return the description in the active language."""
        return gettext(self.description) if self.description else ""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A thumbnail with its attribution."""

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


def _no_url(parameters: Mapping[str, str]) -> str:
    return ""


def _no_template(name: str) -> str | None:
    return None


def _escape_only(text: str) -> SafeString:
    return escape(text)


def _no_page(page_pk: int) -> SafeString:
    return EMPTY_HTML


def thumbnails(names: Iterable[str]) -> dict[str, Thumbnail]:
    """Return thumbnails by file name as given (any spelling); missing files are left out."""
    given = [name for name in names if name]
    pictures = pictures_by_name(given, THUMBNAIL_SPEC) if given else {}
    found_thumbnails: dict[str, Thumbnail] = {}
    for name in given:
        picture = pictures.get(file_key(name))
        if picture is None:
            continue
        try:
            rendition = picture.get_rendition(THUMBNAIL_SPEC)
        except OSError:  # the file is gone or broken: a result without its picture is still a result
            continue
        credit = ", ".join(part for part in (picture.author, picture.license) if part)
        found_thumbnails[name] = Thumbnail(
            rendition.url, rendition.width, rendition.height, str(picture.description or ""), credit
        )
    return found_thumbnails


@dataclass(frozen=True, slots=True)
class FormatContext:
    """How and where a result is shown. The runner has already applied permissions; formats do not know the user."""

    language: str = "fr"
    url_with: Callable[[Mapping[str, str]], str] = _no_url
    """Returns the URL path of the same query with changed parameters (`{"format": "csv"}`, `{"month": "2026-11"}`)."""
    more_url: str = ""
    """URL of the next rows."""
    base_url: str = field(default_factory=lambda: str(settings.BASE_ADDRESS))
    """Scheme and host, which make paths absolute URLs in downloads."""
    template_source: Callable[[str], str | None] = _no_template
    """Returns the source of the page `Template:<name>`, or None where it is missing or not readable."""
    render_markdown: Callable[[str], SafeString] = _escape_only
    """Renders wiki text to sanitized HTML, within the parser's limits."""
    page_html: Callable[[int], SafeString] = _no_page
    """Returns the HTML of a page by its primary key."""
    pictures: Callable[[Iterable[str]], Mapping[str, Thumbnail]] = thumbnails
    today: date = field(default_factory=localdate)

    def download_url(self, name: str) -> str:
        """Return the URL of the result in another format."""
        return self.url_with({"format": name})

    def absolute_url(self, path: str) -> str:
        """Return the absolute URL of a path."""
        return self.base_url + path if path.startswith("/") else path


@dataclass(frozen=True, slots=True)
class Format:
    """A result format: `html` renders into a page, `file` makes a download; a format has one of them or both."""

    name: str
    label: str
    """The name on the screen, as a message id."""
    description: str
    """One sentence, as a message id."""
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    """Its own parameters; those of `COMMON_PARAMETERS` belong to every format."""
    html: Callable[[QueryResult, FormatContext], SafeString] | None = None
    file: Callable[[QueryResult, FormatContext], ResultFile] | None = None
    limit: int = DEFAULT_LIMIT
    """Rows for a query without a limit: more, where a few would give a wrong picture."""
    renders_empty_result: bool = False
    """Whether it renders an empty result too (`count`, `sum`), instead of the parameter `default`."""
    is_inline: bool = False
    """Whether its HTML can stand within a line of text; else it is a block."""
    shows_today: bool = False
    """Whether its output depends on the current day, so that a cached result expires at midnight."""
    shows_cards: bool = False
    """Whether it shows excerpts and pictures of pages, so that a change of these makes a cached result stale."""

    @property
    def shown_label(self) -> str:
        """Return the name in the active language."""
        return gettext(self.label)

    @property
    def shown_description(self) -> str:
        """Return the description in the active language."""
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
    """Return a parameter of the query as written, or `default` where it is missing or empty."""
    return result.query.parameters.get(name, "").strip() or default


def number_option(result: QueryResult, name: str, default: int, least: int, most: int) -> int:
    """Return a parameter as a whole number between bounds; `default` for anything else."""
    raw = option(result, name)
    return max(least, min(most, int(raw))) if raw.isdecimal() and len(raw) < 10 else default


def switch_option(result: QueryResult, name: str, default: bool = False) -> bool:
    """Return a switch: `yes`, `true`, `oui`, `1` … or `no`, `false`, `non`, `0` …; without a value it is on."""
    raw = result.query.parameters.get(name)
    if raw is None:
        return default
    return raw.strip().lower() not in ("no", "false", "off", "0", "non", "faux", "n", "f")


def separator(result: QueryResult, name: str, default: str) -> str:
    r"""Return a separator as written, spaces included; `\\n`, `\\t` and `_` stand for newline, tab and space."""
    raw = result.query.parameters.get(name)
    return default if raw is None else raw.replace("\\n", "\n").replace("\\t", "\t").replace("_", " ")


def html_separator(result: QueryResult, name: str, default: str) -> SafeString:
    """Return a separator for HTML: escaped, but `<br>` is a line break."""
    return mark_safe(_BREAK.sub("<br>", escape(separator(result, name, default))))  # noqa: S308  escaped


def format_number(number: float | str) -> str:
    """Format a number in the active language, with thousands separated by narrow spaces."""
    return number_format(number, force_grouping=True).replace("\u00a0", "\u202f")


def file_name(result: QueryResult, ending: str) -> str:
    """Return the file name of a download: the parameter `filename`, else the conditions of the query; sanitized."""
    wanted = option(result, "filename") or result.query.source
    stem = re.sub(r"[^\w.-]+", "_", wanted).strip("._")[:100].strip("._")
    stem = stem.removesuffix(f".{ending}") or "result"
    return f"{stem}.{ending}"
