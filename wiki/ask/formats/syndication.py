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
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Signs that XML cannot say."""


def _clean(words: str) -> str:
    return words.translate(_CONTROL)


def _moment(row: ResultRow, dates: list[int]) -> datetime:
    """When an entry was new: the first date printed, else the page's last version."""
    for value in usable_values(row, dates, DATE):
        if moment := datetime_of_julian_day(value.number):
            return moment
    return row.subject.edited_at or FALLBACK_DATE


def _description(row: ResultRow, cells: Cells) -> str:
    lines = [
        f"{column.label}: {', '.join(words)}" if column.label else ", ".join(words)
        for index, column in enumerate(cells.result.columns)
        if (words := cells.texts(row, index))
    ]
    return _clean("\n".join(lines) or row.subject.excerpt)


def _file(
    result: QueryResult, shown: FormatContext, kind: type[SyndicationFeed], name: str, content_type: str
) -> ResultFile:
    cells, dates = Cells(result), columns_with_datatype(result, DATE)
    title = _clean(option(result, "title", settings.SITE_NAME))
    address = shown.absolute_url(shown.download_url(name))
    feed = kind(
        title, shown.absolute_url("/"), _clean(option(result, "description", title)), shown.language,
        author_name=settings.SITE_NAME, feed_url=address, feed_guid=address,
    )  # fmt: skip
    for row in result.rows:
        link, moment = _clean(shown.absolute_url(row.subject.url)), _moment(row, dates)
        feed.add_item(
            _clean(row.subject.shown_title), link, _description(row, cells), unique_id=link, pubdate=moment,
            updateddate=row.subject.edited_at or moment, author_name=None,
        )  # fmt: skip
    return ResultFile(content_type, f"{name}.xml", feed.writeString("utf-8").encode())


def rss_file(result: QueryResult, shown: FormatContext) -> ResultFile:
    """RSS 2.0, or Atom with `type=atom`."""
    if option(result, "type").lower() == "atom":
        return atom_file(result, shown)
    return _file(result, shown, Rss201rev2Feed, "rss", "application/rss+xml; charset=utf-8")


def atom_file(result: QueryResult, shown: FormatContext) -> ResultFile:
    """Atom (RFC 4287)."""
    return _file(result, shown, Atom1Feed, "atom", "application/atom+xml; charset=utf-8")


TITLE = Parameter("title", "text", "", gettext_noop("The title of the feed."))
DESCRIPTION = Parameter("description", "text", "", gettext_noop("What the feed is about."))
TYPE = Parameter("type", "choice", "rss", gettext_noop("The kind of feed."), ("rss", "atom"))
FORMATS = (
    Format(
        "rss", "RSS", gettext_noop("A feed for feed readers."), ("feed",), (TITLE, DESCRIPTION, TYPE), file=rss_file
    ),
    Format("atom", "Atom", gettext_noop("A feed for feed readers."), (), (TITLE, DESCRIPTION), file=atom_file),
)
