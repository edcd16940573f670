"""Values: what a fact says, typed, and the context in which it is read.

A `Value` is made by the `parse` of a datatype and becomes the columns of a `Fact`. Parsing never
raises: what could not be read keeps its `raw` words and carries a `problem`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wiki.text.problems import Problem

CANONICAL_LIMIT = 255
"""Characters of `Value.canonical_value`."""


@dataclass(frozen=True, slots=True)
class Value:
    """One typed value. Which fields a datatype fills is said in its module."""

    datatype: str
    """SMW's id: `_txt`, `_num`, …"""
    raw: str
    """As written in the text."""
    canonical_value: str = ""
    """What equality compares, bytewise: a title key, a canonical form; `word_of(text)` for longer texts."""
    folded_text: str = ""
    """Words without case and accents (`titles.fold`): what wildcards and the order of texts see, whole."""
    number: float | None = None
    """A number in the main unit; kelvins; 1.0 and 0.0 for a boolean; the Julian day on which a date begins."""
    number_end: float | None = None
    """Where the interval of a date's precision ends (it does not hold this moment)."""
    lat: float | None = None
    lon: float | None = None
    """Degrees, north and east positive."""
    lang: str = ""
    """Language code of a monolingual text."""
    place_key: str = ""
    """Title key within the page's own place, which a page value looks for first."""
    parts: tuple[tuple[str, Value], ...] = ()
    """Values of a record by property key, in order of its fields; left-out fields are not there."""
    problem: Problem | None = None
    """Why it could not be read, or what its declaration does not allow."""
    note: str = ""
    """`ambiguous` where another reading was possible (`1,234`, `01/02/2021`)."""

    @property
    def is_usable(self) -> bool:
        """Whether questions may find it: it could be read and is allowed."""
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Unit:
    """One way to write the unit of a quantity; `factor` of these make one main unit."""

    factor: float
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the page of a property says about it. The default is that of a property nobody declared."""

    key: str
    """Title key within the namespace, as `City`; of a special property SMW's own, as `_MDAT`."""
    title: str
    datatype: str = ""
    """Empty when nobody declared one: read as a page where that is possible, else as text."""
    allowed: tuple[str, ...] = ()
    """Values as written: words, `>n`, `<n`, `a...b`."""
    pattern: str = ""
    units: tuple[Unit, ...] = ()
    """The main unit (factor 1) first."""
    display_units: tuple[str, ...] = ()
    precision: int | None = None
    unique: bool = False
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
        """How the property is called in `language`."""
        return self.labels.get(language) or self.title


@dataclass(frozen=True, slots=True)
class Context:
    """How a value is read or shown."""

    language: str = "fr"
    """The page's, or that of the interface when shown."""
    declaration: Declaration = Declaration("", "")
    page: str = ""
    """Full title of the page in which it stands (`#fragment` values belong to it)."""
    place_title: str = ""
    """Full title of the place whose pages titles are looked for first."""

    @property
    def name_language(self) -> str:
        """The language in which datatypes are named: French or English."""
        return "fr" if self.language.startswith("fr") else "en"
