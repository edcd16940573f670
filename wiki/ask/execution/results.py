"""Query results, as the formats get them: rows of typed values; no further database query is needed."""

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
    """A page, or a subobject of it (`fragment`), as shown in results."""

    key: str
    """Title key; with `#fragment` for a subobject."""
    full_title: str
    shown_title: str
    namespace: int = 0
    fragment: str = ""
    exists: bool = True
    url: str = ""
    """URL path of the page with its fragment."""
    page_pk: int = 0
    picture_name: str = ""
    excerpt: str = ""
    edited_at: datetime | None = None
    sort_title: str = ""
    """The folded text by which a subject of the result is sorted: its sort key, or its title."""


@dataclass(frozen=True, slots=True)
class Column:
    """A printout with the declaration of its property."""

    printout: Printout
    label: str
    """The heading as shown."""
    declaration: Declaration
    """Of the last property of the chain; `_wpg` for the page itself."""
    context: Context


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One subject with the values of each column."""

    subject: PageRef
    cells: tuple[tuple[Value, ...], ...]
    distance: float | None = None
    """Metres from the centre of the circle in the query."""


@dataclass(slots=True)
class QueryResult:
    """The result of a query, with all that a format needs."""

    query: Query
    columns: list[Column] = field(default_factory=list)
    rows: list[ResultRow] = field(default_factory=list)
    has_more: bool = False
    """Whether there are further rows after these."""
    pages: Mapping[str, PageRef] = field(default_factory=dict)
    """The pages that values name, by canonical value; missing ones do not exist or are not readable."""
    problems: list[Problem] = field(default_factory=list)
    """The errors of the query; with one, there are no rows."""
    language: str = "fr"
    as_of: datetime | None = None
    """The moment of the query, if it is not now."""
    dependencies: QueryDependencies = field(default_factory=QueryDependencies)
    """The dependencies of this result."""
    total: int | None = None
    """Number of all matching subjects, only where the format needs nothing else (`count`)."""
