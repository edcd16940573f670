"""Words and formats of each language for parsing and showing values. A further language is a further row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wiki.text.titles import fold


@dataclass(frozen=True, slots=True)
class Language:
    """Characters and words of one language. Words are folded for parsing, and shown as written."""

    decimal: str
    group: str
    """Separator of thousands, when shown."""
    true: tuple[str, ...]
    false: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """From Monday."""
    short_weekdays: tuple[str, ...]
    day_first: bool
    """Whether `1/2/2008` is in February."""
    before: str
    after: str
    """The abbreviations for years before and after Christ."""
    west: str
    """The letter of western longitudes."""


LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        ".", ",", ("true", "yes", "t", "y"), ("false", "no", "f", "n"),
        ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        False, "BC", "AD", "W",
    ),
    "fr": Language(
        ",", "\u202f", ("vrai", "oui", "v", "o"), ("faux", "non", "f", "n"),
        ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
         "décembre"),
        ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
        True, "av. J.-C.", "apr. J.-C.", "O",
    ),
}  # fmt: skip
DEFAULT = "en"

MONTHS: Mapping[str, int] = {
    fold(name).rstrip("."): number
    for language in LANGUAGES.values()
    for names in (language.months, language.short_months)
    for number, name in enumerate(names, 1)
} | {"sept": 9, "jan": 1, "fev": 2, "fevr": 2, "juill": 7, "jul": 7}
"""The number of a month by its folded name in any language, without a point."""

WEEKDAYS: frozenset[str] = frozenset(
    fold(name).rstrip(".")
    for language in LANGUAGES.values()
    for names in (language.weekdays, language.short_weekdays)
    for name in names
) | {"tues", "wednes", "thur", "thurs"}
"""Folded names of the days of the week in any language, without a point."""


def language_of(code: str) -> Language:
    """Return the row of a language code, or of its first part (`fr-CA`); English for others."""
    return LANGUAGES.get(code) or LANGUAGES.get(code.partition("-")[0].lower()) or LANGUAGES[DEFAULT]
