"""Which periods of history are wanted: of now, of all time, of a day, or those that began or ended between two days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Min, Q

from wiki.pages.array_lookup import column_in
from wiki.pages.date_input import InvalidDate, parse_period_end, parse_period_start
from wiki.pages.models import PageVersion
from wiki.search.intervals import END, Span, Spans, overlap
from wiki.search.search_ast import AndNode, FieldFilter, Node, QueryWarning

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MODES = ("now", "ever", "at", "appeared", "disappeared")
TIME_FIELDS = ("author", "before", "after")
"""Fields of the query language that say here which periods are meant, where they stand beside all else."""


@dataclass(frozen=True, slots=True)
class TimeFilter:
    """What is wanted. `since` is the first moment, `until` the first one after; None for no bound."""

    mode: str = "ever"
    since: datetime | None = None
    until: datetime | None = None
    authors: tuple[str, ...] = ()
    """Names of those who brought the words in: accounts, or names as shown."""


@dataclass(slots=True)
class TimeFilterInput:
    """What a reader wrote in the fields: kept as it was written, so that the form can show it again."""

    mode: str = ""
    at: str = ""
    since: str = ""
    until: str = ""
    author: str = ""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> TimeFilterInput:
        """From an address; a way that does not exist is none."""
        way = parameters.get("when", "")
        texts = [parameters.get(name, "").replace("\x00", "").strip()[:100] for name in ("at", "since", "until", "by")]
        return cls(way if way in MODES else "", *texts)

    @property
    def searches_history(self) -> bool:
        """Whether the history is asked, and not only the current pages."""
        return self.mode not in ("", "now") or bool(self.author)

    def parse(self, notes: list[QueryWarning]) -> TimeFilter:
        """What it means; what means nothing is ignored, with a note."""
        found = TimeFilter(self.mode or "now", authors=(self.author,) if self.author else ())
        if found.mode == "at":
            at = _moment(self.at, parse_period_end, notes)
            return replace(found, until=at) if at else replace(found, mode="now")
        if found.mode in ("appeared", "disappeared"):
            since, until = _moment(self.since, parse_period_start, notes), _moment(self.until, parse_period_end, notes)
            return replace(found, since=since, until=until)
        return found


def _moment(text: str, read: Callable[[str], datetime], notes: list[QueryWarning]) -> datetime | None:
    """A moment, or None with a note where the text is no date."""
    if not text:
        return None
    try:
        return read(text)
    except InvalidDate:
        notes.append(QueryWarning("unknown_day", text[:60]))
        return None


def extract_time_filter(
    tree: Node | None, when: TimeFilter, notes: list[QueryWarning]
) -> tuple[Node | None, TimeFilter, TimeFilter]:
    """A tree without the conditions that say which periods are meant, and these: `when`, and in which time they lived.

    `author:` names who brought the words in; `before:` and `after:`, the time in which they were to be read.
    """
    parts = tree.parts if isinstance(tree, AndNode) else (tree,) if tree is not None else ()
    kept: list[Node] = []
    lived = TimeFilter()
    for part in parts:
        if not isinstance(part, FieldFilter) or part.field not in TIME_FIELDS:
            kept.append(part)
        elif part.field == "author":
            when = replace(when, authors=(*when.authors, part.value))
        else:
            moment = _moment(part.value, parse_period_start, notes)
            if moment is not None and part.field == "after":
                lived = replace(lived, since=max(moment, lived.since or moment))
            elif moment is not None:
                lived = replace(lived, until=min(moment, lived.until or moment))
    rest = (AndNode(tuple(kept)) if len(kept) > 1 else kept[0]) if kept else None
    return rest, when, lived


@dataclass(slots=True)
class PeriodFilter:
    """Keeps the periods that are wanted of some pages: moments are numbers of versions here, which are compared."""

    time_filter: TimeFilter
    lifetime: TimeFilter
    bounds: dict[datetime, dict[int, int]] = field(default_factory=dict)
    """By moment and page, the first version made at it or later."""
    author_versions: list[set[tuple[int, int]]] = field(default_factory=list)
    """By author, the versions that they made."""

    @classmethod
    def load(cls, when: TimeFilter, lived: TimeFilter, pages: Sequence[int], user: Reader) -> PeriodFilter:
        """Ask the database what has to be known of `pages`; a query for each moment and author."""
        sieve = cls(when, lived)
        versions = PageVersion.objects.readable_by(user).filter(column_in("page_id", pages))
        for moment in filter(None, {when.since, when.until, lived.since, lived.until}):
            later = versions.filter(claimed_at__gte=moment).order_by().values_list("page_id")
            sieve.bounds[moment] = dict(later.annotate(Min("number")))
        for name in when.authors:
            who = Q(author_name__iexact=name) | Q(author__username__iexact=name)
            sieve.author_versions.append(set(versions.filter(who).values_list("page_id", "number")))
        return sieve

    def filter_periods(self, page: int, spans: Spans) -> Spans:
        """Those of the periods of a page that are wanted."""
        return tuple(span for span in spans if self._is_wanted(page, span))

    def _is_wanted(self, page: int, span: Span) -> bool:
        since, until = self._window(page, self.lifetime)
        if not overlap(span, (max(since - 1, 1), until)):
            return False
        if any((page, span[0]) not in versions for versions in self.author_versions):
            return False
        since, until = self._window(page, self.time_filter)
        match self.time_filter.mode:
            case "now":
                return span[1] == END
            case "at":
                return span[0] < until <= span[1]
            case "appeared":
                return since <= span[0] < until
            case "disappeared":
                return span[1] < END and since <= span[1] < until
        return True

    def _window(self, page: int, when: TimeFilter) -> tuple[int, int]:
        """The versions made from `since` on and before `until`: the first, and the one after the last."""
        since = self.bounds[when.since].get(page, END) if when.since else 1
        until = self.bounds[when.until].get(page, END) if when.until else END
        return since, until
