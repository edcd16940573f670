"""A question as data: conditions, printouts, parameters. The parser makes it, the compiler reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_LIMIT, INLINE_LIMIT, LIMIT = 50, 500, 10_000
"""Rows where none is asked, at most in a page, at most anywhere (SMW's `$smwgQDefaultLimit`, …)."""
SIZE_LIMIT, DEPTH_LIMIT, PRINTOUT_LIMIT = 16, 4, 100
"""Conditions, nesting and printouts of one question (SMW's `$smwgQMaxSize`, …): beyond, it is refused."""
HIERARCHY_DEPTH = 10
"""How deep subcategories and subproperties are followed."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link of a chain: a property as written; `inverse` for `-P`."""

    name: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class AnyValue:
    """`+`."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """`!+`."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparator (one of `datatypes.base.COMPARATORS`) and the words it compares with."""

    comparator: str
    text: str
    position: int = 0
    """Where the value begins in the text of the question."""


@dataclass(frozen=True, slots=True)
class SubqueryValue:
    """`<q>…</q>` as a value."""

    condition: Condition


ValueTest = AnyValue | NoValue | Compare | SubqueryValue


@dataclass(frozen=True, slots=True)
class HasValue:
    """`[[A.-B::x||y]]`: some value at the end of the chain holds one of the tests.

    An empty chain is `[[~~x]]`: some value of any property does.
    """

    chain: tuple[ChainLink, ...]
    values: tuple[ValueTest, ...]
    depth: int = HIERARCHY_DEPTH
    """How deep subproperties count (`|+depth=0` for none); of a Category or Kind property, subcategories."""


@dataclass(frozen=True, slots=True)
class InCategory:
    """`[[Category:A||B]]`; no names for `[[Category:+]]`; `negated` for `[[Category:!A]]`."""

    names: tuple[str, ...]
    negated: bool = False
    depth: int = HIERARCHY_DEPTH


@dataclass(frozen=True, slots=True)
class InConcept:
    """`[[Concept:X]]`."""

    name: str


@dataclass(frozen=True, slots=True)
class IsPage:
    """`[[A||~B*||>M]]`: the subject itself; text of a Compare may have `#fragment`; `namespace` for `Help:~F*`."""

    values: tuple[Compare, ...]


@dataclass(frozen=True, slots=True)
class InNamespace:
    """`[[Help:+]]`, `[[:+]]`."""

    number: int


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """At least one part holds."""

    parts: tuple[Condition, ...]


Condition = HasValue | InCategory | InConcept | IsPage | InNamespace | Conjunction | Disjunction


@dataclass(frozen=True, slots=True)
class Printout:
    """`?A.B#form=label|+limit=2`. An empty chain is the subject itself (`?`).

    `category` is set for `?Category` (empty string) and `?Category:X` (its name).
    """

    chain: tuple[ChainLink, ...]
    label: str
    output_format: str = ""
    category: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    """limit, offset, order, index, lang, align, width … as written after `+`."""
    labelled: bool = False
    """Whether the author wrote the label (it may be empty); else it is the name as written."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order: a chain (empty for the page itself), descending or not."""

    chain: tuple[ChainLink, ...]
    descending: bool = False


@dataclass(slots=True)
class Query:
    """A whole question."""

    condition: Condition
    printouts: list[Printout] = field(default_factory=list)
    sort: list[Sort] = field(default_factory=list)
    random: bool = False
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    as_of: str = ""
    """A date as written: the question is put to the facts as they were then."""
    parameters: dict[str, str] = field(default_factory=dict)
    """All others as written, by folded name: format, mainlabel, headers, link, intro, template, …"""
    source: str = ""
    """The text of its condition."""
    language: str = "fr"
    """In which its values are read: that of the page that asks, or of the interface."""
    page: str = ""
    """Full title of the page that asks, if one does (`#part` is a part of it)."""
    place_title: str = ""
    """Full title of that page's place, whose pages titles are looked for first."""


def flatten_conjunction(condition: Conjunction) -> list[Condition]:
    """Its conditions, with those of any AllOf among them."""
    found: list[Condition] = []
    for part in condition.parts:
        found.extend(flatten_conjunction(part) if isinstance(part, Conjunction) else [part])
    return found


def is_decided_by_facts(condition: Condition) -> bool:
    """Whether facts decide a condition: some value is said."""
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
    """Whether a condition names its pages one by one."""
    return isinstance(condition, IsPage) and not any(value.comparator for value in condition.values)
