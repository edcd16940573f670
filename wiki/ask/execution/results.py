"""What a question found, for the formats: rows of typed values, no queries left to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wiki.ask.execution.dependencies import QueryDependencies
from wiki.ask.language.query_ast import Printout, Query
from wiki.facts.values import Context, Declaration, Value
from wiki.text.problems import Problem


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page, or a subobject of it (`fragment`), as results show it."""

    key: str
    """Title key; with `#fragment` for a subobject."""
    full_title: str
    shown_title: str
    namespace: int = 0
    fragment: str = ""
    exists: bool = True
    url: str = ""
    """Path of the page with its fragment."""
    page_pk: int = 0
    picture_name: str = ""
    excerpt: str = ""
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A printout with what its property declares."""

    printout: Printout
    label: str
    """As the reader sees it."""
    declaration: Declaration
    """Of the last property of the chain; `_wpg` for the page itself."""
    context: Context


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One subject with the values of each column."""

    subject: PageRef
    cells: tuple[tuple[Value, ...], ...]
    distance: float | None = None
    """Metres from the middle of the circle that the question names."""


@dataclass(slots=True)
class QueryResult:
    """All that a format needs."""

    query: Query
    columns: list[Column] = field(default_factory=list)
    rows: list[ResultRow] = field(default_factory=list)
    has_more: bool = False
    """Whether there are further rows after these."""
    pages: Mapping[str, PageRef] = field(default_factory=dict)
    """What is known of the pages that values name, by `Value.canonical_value`; those missing do not exist."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong in the question; with one, there are no rows."""
    language: str = "fr"
    examined: int | None = None
    """How many subjects a sort by distance without radius looked at, where it stopped early."""
    as_of: datetime | None = None
    """The moment asked for, where it is not now."""
    dependencies: QueryDependencies = field(default_factory=QueryDependencies)
    """What all this depends on."""
    total: int | None = None
    """How many subjects there are in all, where the format asks for nothing else (`count`)."""
