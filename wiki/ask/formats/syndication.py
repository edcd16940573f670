"""`rss` (alias `feed`) and `atom`: results as entries of a feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed

from wiki.ask.formats.base import Format, FormatContext, Parameter, ResultFile, option
from wiki.ask.formats.cells import DATE, Cells, columns_with_datatype, usable_values
from wiki.ask.formats.event_rows import datetime_of_julian_day
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult, ResultRow

FALLBACK_DATE = datetime(1970, 1, 1, tzinfo=UTC)
_INVALID_CHARACTERS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that XML does not allow."""


def _valid_xml(text: str) -> str:
    return text.translate(_INVALID_CHARACTERS)


def _entry_date(row: ResultRow, dates: list[int]) -> datetime:
    """Return the date of an entry: the first printed date, else that of the page's last version."""
    for value in usable_values(row, dates, DATE):
        if published := datetime_of_julian_day(value.number):
            return published
    return row.subject.edited_at or FALLBACK_DATE


def _description(row: ResultRow, cells: Cells) -> str:
    lines = [
        f"{column.label}: {', '.join(texts)}" if column.label else ", ".join(texts)
        for index, column in enumerate(cells.result.columns)
        if (texts := cells.texts(row, index))
    ]
    return _valid_xml("\n".join(lines) or row.subject.excerpt)


def _file(
    result: QueryResult, format_context: FormatContext, feed_class: type[SyndicationFeed], name: str, content_type: str
) -> ResultFile:
    cells, dates = Cells(result), columns_with_datatype(result, DATE)
    title = _valid_xml(option(result, "title", settings.SITE_NAME))
    address = format_context.absolute_url(format_context.download_url(name))
    feed = feed_class(
        title, format_context.absolute_url("/"), _valid_xml(option(result, "description", title)),
        format_context.language, author_name=settings.SITE_NAME, feed_url=address, feed_guid=address,
    )  # fmt: skip
    for row in result.rows:
        link, published = _valid_xml(format_context.absolute_url(row.subject.url)), _entry_date(row, dates)
        feed.add_item(
            _valid_xml(row.subject.shown_title), link, _description(row, cells), unique_id=link, pubdate=published,
            updateddate=row.subject.edited_at or published, author_name=None,
        )  # fmt: skip
    return ResultFile(content_type, f"{name}.xml", feed.writeString("utf-8").encode())


def rss_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return RSS 2.0, or Atom with `type=atom`."""
    if option(result, "type").lower() == "atom":
        return atom_file(result, format_context)
    return _file(result, format_context, Rss201rev2Feed, "rss", "application/rss+xml; charset=utf-8")


def atom_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return Atom (RFC 4287)."""
    return _file(result, format_context, Atom1Feed, "atom", "application/atom+xml; charset=utf-8")


TITLE = Parameter("title", "text", "", gettext_noop("The title of the feed."))
DESCRIPTION = Parameter("description", "text", "", gettext_noop("What the feed is about."))
TYPE = Parameter("type", "choice", "rss", gettext_noop("The kind of feed."), ("rss", "atom"))
FORMATS = (
    Format(
        "rss", "RSS", gettext_noop("A feed for feed readers."), ("feed",), (TITLE, DESCRIPTION, TYPE), file=rss_file
    ),
    Format("atom", "Atom", gettext_noop("A feed for feed readers."), (), (TITLE, DESCRIPTION), file=atom_file),
)
