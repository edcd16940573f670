"""Time filter of history search: current periods, all periods, or periods that were there, began or ended at a time."""

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
"""Field filters that apply to periods in a history search, where they stand at the top level of the query."""


@dataclass(frozen=True, slots=True)
class TimeFilter:
    """A filter of periods by time and author. The time range is half-open, [since, until); None for no bound."""

    mode: str = "ever"
    since: datetime | None = None
    until: datetime | None = None
    authors: tuple[str, ...] = ()
    """Each of these names must be the user name or shown name of the author whose version began the period."""


@dataclass(slots=True)
class TimeFilterInput:
    """The form fields of the time filter, as entered, so that the form can show them again."""

    mode: str = ""
    at: str = ""
    since: str = ""
    until: str = ""
    author: str = ""
    order: str = ""
    """`oldest` for the pages that matched first, first; otherwise best first."""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> TimeFilterInput:
        """Read the fields from the parameters of a URL; an unknown mode counts as empty."""
        mode = parameters.get("when", "")
        names = ("at", "since", "until", "by", "order")
        texts = [parameters.get(name, "").replace("\x00", "").strip()[:100] for name in names]
        return cls(mode if mode in MODES else "", *texts)

    @property
    def is_oldest_first(self) -> bool:
        """Return whether the pages that matched first come first."""
        return self.order == "oldest"

    @property
    def searches_history(self) -> bool:
        """Return whether the history is searched, and not only the current pages."""
        return self.mode not in ("", "now") or bool(self.author)

    def parse(self, warnings: list[QueryWarning]) -> TimeFilter:
        """Parse the fields; invalid dates are ignored and appended to `warnings`."""
        found = TimeFilter(self.mode or "now", authors=(self.author,) if self.author else ())
        if found.mode == "at":
            at = _moment(self.at, parse_period_end, warnings)
            return replace(found, until=at) if at else replace(found, mode="now")
        if found.mode in ("appeared", "disappeared"):
            since, until = (
                _moment(self.since, parse_period_start, warnings),
                _moment(self.until, parse_period_end, warnings),
            )
            return replace(found, since=since, until=until)
        return found


def _moment(text: str, parse: Callable[[str], datetime], warnings: list[QueryWarning]) -> datetime | None:
    """Parse a date, or append a warning and return None."""
    if not text:
        return None
    try:
        return parse(text)
    except InvalidDate:
        warnings.append(QueryWarning("unknown_day", text[:60]))
        return None


def extract_time_filter(
    tree: Node | None, time_filter: TimeFilter, warnings: list[QueryWarning]
) -> tuple[Node | None, TimeFilter, TimeFilter]:
    """Separate the conditions on periods from a query tree: return the rest, the time filter, and the lifetime filter.

    `author:` is added to the authors of the time filter; `before:` and `after:` make the lifetime filter, the range
    of time that the periods have to overlap. Invalid dates are appended to `warnings`.
    """
    parts = tree.parts if isinstance(tree, AndNode) else (tree,) if tree is not None else ()
    others: list[Node] = []
    lifetime = TimeFilter()
    for part in parts:
        if not isinstance(part, FieldFilter) or part.field not in TIME_FIELDS:
            others.append(part)
        elif part.field == "author":
            time_filter = replace(time_filter, authors=(*time_filter.authors, part.value))
        else:
            time = _moment(part.value, parse_period_start, warnings)
            if time is not None and part.field == "after":
                lifetime = replace(lifetime, since=max(time, lifetime.since or time))
            elif time is not None:
                lifetime = replace(lifetime, until=min(time, lifetime.until or time))
    rest = (AndNode(tuple(others)) if len(others) > 1 else others[0]) if others else None
    return rest, time_filter, lifetime


@dataclass(slots=True)
class PeriodFilter:
    """Filters periods of pages. Times are converted to version numbers per page, so that no dates need be compared."""

    time_filter: TimeFilter
    lifetime: TimeFilter
    bounds: dict[datetime, dict[int, int]] = field(default_factory=dict)
    """By time and page, the number of the first version made at that time or later."""
    author_versions: list[set[tuple[int, int]]] = field(default_factory=list)
    """For each author name, the (page, number) pairs of their versions."""

    @classmethod
    def load(cls, time_filter: TimeFilter, lifetime: TimeFilter, pages: Sequence[int], user: Reader) -> PeriodFilter:
        """Load the bounds and author versions of `pages`; one database query for each time and each author."""
        period_filter = cls(time_filter, lifetime)
        versions = PageVersion.objects.readable_by(user).filter(column_in("page_id", pages))
        for time in filter(None, {time_filter.since, time_filter.until, lifetime.since, lifetime.until}):
            later = versions.filter(claimed_at__gte=time).order_by().values_list("page_id")
            period_filter.bounds[time] = dict(later.annotate(Min("number")))
        for name in time_filter.authors:
            who = Q(author_name__iexact=name) | Q(author__username__iexact=name)
            period_filter.author_versions.append(set(versions.filter(who).values_list("page_id", "number")))
        return period_filter

    def filter_periods(self, page: int, spans: Spans) -> Spans:
        """Return the periods of a page that pass the filter."""
        return tuple(span for span in spans if self._passes(page, span))

    def _passes(self, page: int, span: Span) -> bool:
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

    def _window(self, page: int, time_filter: TimeFilter) -> tuple[int, int]:
        """Return the half-open interval of version numbers made in [since, until)."""
        since = self.bounds[time_filter.since].get(page, END) if time_filter.since else 1
        until = self.bounds[time_filter.until].get(page, END) if time_filter.until else END
        return since, until
