"""Typed values of facts, and the context in which they are parsed and shown.

The `parse` of a datatype returns a `Value`, which becomes the columns of a `Fact`. Parsing never raises: a value that
cannot be parsed has its `raw` text and a `problem`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wiki.text.problems import Problem

CANONICAL_LIMIT = 255
"""Maximum number of characters of `Value.canonical_value`."""


@dataclass(frozen=True, slots=True)
class Value:
    """One typed value. The class of each datatype says which fields it fills."""

    datatype: str
    """SMW's id: `_txt`, `_num`, …"""
    raw: str
    """As written in the text."""
    canonical_value: str = ""
    """What equality compares, bytewise: a title key, a canonical form, or `canonical_text` of a long text."""
    folded_text: str = ""
    """The whole text without case and accents (`titles.fold`), for wildcards and the order of texts."""
    number: float | None = None
    """A number in the main unit; kelvins; 1.0 and 0.0 for a boolean; the Julian day on which a date begins."""
    number_end: float | None = None
    """Where the interval of a date's precision ends (exclusive)."""
    lat: float | None = None
    lon: float | None = None
    """Degrees, north and east positive."""
    lang: str = ""
    """Language code of a monolingual text."""
    place_key: str = ""
    """Title key within the page's own place; a page value points there if that page exists."""
    parts: tuple[tuple[str, Value], ...] = ()
    """Values of a record by property key, in the order of its fields; omitted fields are left out."""
    problem: Problem | None = None
    """Why it could not be parsed, or why its declaration does not allow it."""
    note: str = ""
    """`ambiguous` where it could be parsed in another way too (`1,234`, `01/02/2021`)."""

    @property
    def is_usable(self) -> bool:
        """Whether queries may find it: it could be parsed and is allowed."""
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Unit:
    """One way to write the unit of a quantity; `factor` of these are one main unit."""

    factor: float
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the page of a property declares. The default is that of an undeclared property."""

    key: str
    """Title key within the namespace, as `City`; SMW's id of a special property, as `_MDAT`."""
    title: str
    datatype: str = ""
    """Empty when undeclared: then values are parsed as URLs or pages where possible, else as text."""
    allowed: tuple[str, ...] = ()
    """Allowed values as written: `value`, `>n`, `<n`, `a...b`."""
    pattern: str = ""
    units: tuple[Unit, ...] = ()
    """The main unit (factor 1) first."""
    display_units: tuple[str, ...] = ()
    precision: int | None = None
    unique: bool = False
    separator: str = ""
    """Divides a text into several values (`value_lists`)."""
    parents: tuple[str, ...] = ()
    """Keys of the properties that this one refines (Subproperty of)."""
    fields: tuple[Declaration, ...] = ()
    """Declarations of a record's fields, in order."""
    formatter: str = ""
    """External formatter URI, with `$1`."""
    equivalent: tuple[str, ...] = ()
    """Equivalent URIs."""
    labels: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def label(self, language: str) -> str:
        """Return the name of the property in `language`; its title where it declares no label."""
        return self.labels.get(language) or self.title


@dataclass(frozen=True, slots=True)
class Context:
    """How a value is parsed or shown."""

    language: str = "fr"
    """The language of the page; when values are shown, that of the interface."""
    declaration: Declaration = Declaration("", "")
    page: str = ""
    """Full title of the page that states the value (`#fragment` values belong to it)."""
    place_title: str = ""
    """Full title of the place in which page titles are looked up first."""

    @property
    def name_language(self) -> str:
        """The language for names of datatypes: French or English."""
        return "fr" if self.language.startswith("fr") else "en"
