"""Abstract syntax tree of a query: conditions, printouts, sort keys, parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_LIMIT, INLINE_LIMIT, LIMIT = 50, 500, 10_000
"""Rows by default, at most in a page, at most anywhere (SMW's `$smwgQDefaultLimit`, …)."""
SIZE_LIMIT, DEPTH_LIMIT, PRINTOUT_LIMIT = 16, 4, 100
"""Conditions, nesting and printouts of one query (SMW's `$smwgQMaxSize`, …); a query beyond them is refused."""
HIERARCHY_DEPTH = 10
"""Levels of subcategories and subproperties that are followed."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One property of a chain, as written; `inverse` for `-P`."""

    name: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Any value, written `+`."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """No value, written `!+`."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparator (one of `datatypes.base.COMPARATORS`) and the text of the value to compare with."""

    comparator: str
    text: str
    position: int = 0
    """Offset of the value in the text of the conditions."""


@dataclass(frozen=True, slots=True)
class SubqueryValue:
    """A subquery `<q>…</q>` as a value."""

    condition: Condition


ValueTest = AnyValue | NoValue | Compare | SubqueryValue


@dataclass(frozen=True, slots=True)
class HasValue:
    """`[[A.-B::x||y]]`: at least one value at the end of the chain satisfies one of the tests.

    An empty chain is `[[~~x]]`, a condition on the values of any property.
    """

    chain: tuple[ChainLink, ...]
    values: tuple[ValueTest, ...]
    depth: int = HIERARCHY_DEPTH
    """Levels of subproperties that count (`|+depth=0` for none); of subcategories for a Category or Kind property."""


@dataclass(frozen=True, slots=True)
class InCategory:
    """Membership in a category, `[[Category:A||B]]`.

    `names` is empty for `[[Category:+]]`; `negated` stands for `[[Category:!A]]`.
    """

    names: tuple[str, ...]
    negated: bool = False
    depth: int = HIERARCHY_DEPTH


@dataclass(frozen=True, slots=True)
class InConcept:
    """Membership in a concept, `[[Concept:X]]`."""

    name: str


@dataclass(frozen=True, slots=True)
class IsPage:
    """Conditions on the title of the subject, `[[A||~B*||>M]]`; the text of each may end in `#fragment`."""

    values: tuple[Compare, ...]


@dataclass(frozen=True, slots=True)
class InNamespace:
    """Any page of a namespace, `[[Help:+]]` or `[[:+]]`."""

    number: int


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All parts hold (AND)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """At least one part holds (OR)."""

    parts: tuple[Condition, ...]


Condition = HasValue | InCategory | InConcept | IsPage | InNamespace | Conjunction | Disjunction


@dataclass(frozen=True, slots=True)
class Printout:
    """One printed column, `?A.B#format=label|+limit=2`.

    An empty chain is the subject itself (`?`). `category` is "" for `?Category` and the name X for `?Category:X`.
    """

    chain: tuple[ChainLink, ...]
    label: str
    output_format: str = ""
    category: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    """Options written after `+`, by name: limit, offset, order, index, lang, align, width …"""
    labelled: bool = False
    """Whether the author wrote the label (which may be empty); otherwise it is the name as written."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key: a property chain (empty for the page title) and its direction."""

    chain: tuple[ChainLink, ...]
    descending: bool = False


@dataclass(slots=True)
class Query:
    """A whole query."""

    condition: Condition
    printouts: list[Printout] = field(default_factory=list)
    sort: list[Sort] = field(default_factory=list)
    random: bool = False
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    as_of: str = ""
    """A date as written: the query runs on the facts of that moment; "" for now."""
    parameters: dict[str, str] = field(default_factory=dict)
    """The other parameters as written, by folded name: format, mainlabel, headers, link, intro, template, …"""
    source: str = ""
    """The text of the conditions."""
    language: str = "fr"
    """Language in which values are parsed: that of the page that embeds the query, or of the user interface."""
    page: str = ""
    """Full title of the page that embeds the query, if any (`#part` means a subobject of it)."""
    place_title: str = ""
    """Full title of the place of that page: titles are looked up within the place first."""
    names_today: bool = False
    """Whether the result depends on the current day; complete when the query has been compiled."""


def flatten_conjunction(condition: Conjunction) -> list[Condition]:
    """Return the parts of a conjunction, those of nested conjunctions included."""
    found: list[Condition] = []
    for part in condition.parts:
        found.extend(flatten_conjunction(part) if isinstance(part, Conjunction) else [part])
    return found


def is_decided_by_facts(condition: Condition) -> bool:
    """Whether facts of the subject decide a condition: one on a value, category or concept, not negated."""
    if isinstance(condition, Disjunction):
        return all(is_decided_by_facts(part) for part in condition.parts)
    if isinstance(condition, Conjunction):
        return any(is_decided_by_facts(part) for part in condition.parts)
    if isinstance(condition, HasValue):
        return len(condition.chain) != 1 or not any(isinstance(value, NoValue) for value in condition.values)
    if isinstance(condition, InCategory):
        return not condition.negated
    return isinstance(condition, InConcept)


def is_page_list(condition: Condition) -> bool:
    """Whether a condition lists titles of pages without any comparator."""
    return isinstance(condition, IsPage) and not any(value.comparator for value in condition.values)
