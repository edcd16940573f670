"""The catalogue of licences, read from `licenses/catalogue.toml` and `index.toml` at import.

A page or a picture has an SPDX licence *expression*: an identifier (`CC-BY-SA-4.0`), or several
combined (`CC-BY-SA-4.0 OR LAL-1.3`: the reader chooses; `A AND B`: both apply).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from django.utils.translation import get_language, gettext

from wiki.errors import LicenseConflict, gettext_noop
from wiki.licenses.expressions import (
    EXPRESSION_LIMIT,
    ExpressionParser,
    LicenseExpression,
    SimpleExpression,
    iter_license_ids,
    to_spdx,
)

FOLDER = Path(__file__).resolve().parents[2] / "licenses"
"""The data folder: catalogue, index, compatibility table, and one `<SPDX-id>.txt` per licence text that ships."""

KINDS = ("text", "media", "data", "code", "hardware")


class UnknownLicense(LicenseConflict):
    """The catalogue has no such licence, or the expression cannot be parsed."""


class LicenseNotFree(LicenseConflict):
    """The licence is known but does not give the four freedoms."""


@dataclass(frozen=True, slots=True)
class License:
    """One licence of the catalogue.

    `osi` and `fsf` are whether the OSI approves it and the FSF calls it free (None: no statement).
    `free` decides whether this wiki accepts it. `obligations` are keys of `verdict_texts.OBLIGATIONS`.
    """

    id: str
    name_en: str
    name_fr: str
    short_en: str
    short_fr: str
    deed_url: str
    text_url: str
    family: str
    version: str
    obligations: tuple[str, ...]
    share_alike: bool
    kinds: tuple[str, ...]
    free: bool
    osi: bool
    fsf: bool | None
    has_text: bool
    text_language: str
    origin: str
    sha256: str

    @property
    def name(self) -> str:
        """Return the full name in the active language."""
        return self.name_fr if _is_french() else self.name_en

    @property
    def short(self) -> str:
        """Return the short name in the active language."""
        return self.short_fr if _is_french() else self.short_en


class LicenseChoice(NamedTuple):
    """One option of a licence menu: `(value, label)`, as in the `choices` of Django's form fields."""

    value: str
    label: str


def _is_french() -> bool:
    return (get_language() or "en").startswith("fr")


def _load_toml(name: str) -> dict[str, Any]:
    with (FOLDER / name).open("rb") as file:
        return tomllib.load(file)


def _license(row: dict[str, Any], obligations: dict[str, list[str]], index: dict[str, Any]) -> License:
    text_record = index.get(row["id"], {})
    return License(
        id=row["id"],
        name_en=row["name_en"],
        name_fr=row["name_fr"],
        short_en=row["short_en"],
        short_fr=row.get("short_fr", row["short_en"]),
        deed_url=row.get("deed", ""),
        text_url=row.get("legal_code", ""),
        family=row["family"],
        version=row.get("version", ""),
        obligations=tuple(obligations[row["attribution"]]),
        share_alike=row.get("share_alike", False),
        kinds=tuple(row["kinds"]),
        free=row["free"],
        osi=row.get("osi", False),
        fsf=row.get("fsf"),
        has_text=row.get("text", False),
        text_language=row.get("text_language", "en"),
        origin=text_record.get("origin", ""),
        sha256=text_record.get("sha256", ""),
    )


_CATALOGUE = _load_toml("catalogue.toml")
_INDEX = _load_toml("index.toml")
LICENSES: Mapping[str, License] = MappingProxyType(
    {row["id"]: _license(row, _CATALOGUE["attribution"], _INDEX) for row in _CATALOGUE["license"]}
)
"""All licences of the catalogue, by SPDX id, in the order of the file."""

DEFAULT: str = _CATALOGUE["default"]
"""The licence of a new page, unless its author chooses another."""

_BY_FOLDED_ID = {license.id.casefold(): license for license in LICENSES.values()}
# Each page view parses the expression of the page: 0.04 ms, and few distinct expressions occur.
_tree_of = lru_cache(maxsize=512)(ExpressionParser(LICENSES).parse)


# ---------------------------------------------------------------- one licence


def get(license_id: str) -> License:
    """Return the licence with this SPDX id, in any letter case; raise `UnknownLicense`."""
    license = _BY_FOLDED_ID.get(license_id.strip().casefold())
    if license is None:
        raise UnknownLicense(
            gettext_noop("The licence “%(license)s” is not in the catalogue of this wiki."),
            license=license_id,
        )
    return license


def find(name_or_url: str) -> License | None:
    """Return the licence with this SPDX id, or with this URL as deed or legal code; None if there is none.

    For licences as other wikis and photo sites give them:
    `http://creativecommons.org/licenses/by/3.0/deed.fr` finds CC-BY-3.0.
    """
    name = name_or_url.strip()
    if name.casefold() in _BY_FOLDED_ID:
        return _BY_FOLDED_ID[name.casefold()]
    return _by_url().get(_normalize_url(name))


def text_of(license_id: str) -> str:
    """Return the full text that ships with the wiki, or "" if none ships; raise `UnknownLicense`."""
    license = get(license_id)
    if not license.has_text:
        return ""
    return (FOLDER / f"{license.id}.txt").read_text(encoding="utf-8")


@cache
def _by_url() -> dict[str, License]:
    licenses: dict[str, License] = {}
    for license in LICENSES.values():
        for url in (license.deed_url, license.text_url):
            if url:
                licenses.setdefault(_normalize_url(url), license)
    return licenses


def _normalize_url(url: str) -> str:
    """Return a URL without scheme, "www.", the last part of a deed or legal code, and the last slash."""
    without_scheme = re.sub(r"^(?:https?:)?//(?:www\.)?", "", url.strip().casefold())
    return re.sub(r"/(?:legalcode|deed)(?:\.[a-z-]+)?$", "/", without_scheme).rstrip("/")


# ---------------------------------------------------------------- expressions


def parse(expression: str) -> LicenseExpression:
    """Return the tree of an SPDX expression, simplified; raise `UnknownLicense` with the reason."""
    if not expression.strip():
        raise UnknownLicense(gettext_noop("A licence is missing."))
    try:
        return _tree_of(expression)
    except ValueError as problem:
        raise UnknownLicense(
            gettext_noop("“%(license)s” is not a licence that this wiki knows, or several joined by OR."),
            license=expression[:EXPRESSION_LIMIT],
        ) from problem


def ids_in(expression: str) -> list[str]:
    """Return the ids in the expression, each once, sorted; raise `UnknownLicense`."""
    return sorted(set(iter_license_ids(parse(expression))))


def licenses_in(expression: str) -> list[License]:
    """Return the licences in the expression, sorted by id; raise `UnknownLicense`."""
    return [LICENSES[license_id] for license_id in ids_in(expression)]


def normalize(expression: str) -> str:
    """Return the canonical spelling of an expression (case, order, brackets); raise `UnknownLicense`."""
    return to_spdx(parse(expression))


def license_name(expression: str, *, full: bool = False) -> str:
    """Return an expression as names in the active language: "CC BY-SA 4.0 or Free Art License 1.3".

    Names are short unless `full`. An expression that cannot be parsed is returned unchanged, so
    that stored values can always be shown.
    """
    try:
        tree = parse(expression)
    except UnknownLicense:
        return expression
    return expression_label(tree, (lambda license: license.name) if full else (lambda license: license.short))


def expression_label(tree: LicenseExpression, one: Callable[[License], str]) -> str:
    """Return a tree as text in the active language; `one` gives the text of each licence."""
    if isinstance(tree, SimpleExpression):
        return one(LICENSES[tree.id])
    parts = [
        expression_label(part, one) if isinstance(part, SimpleExpression) else f"({expression_label(part, one)})"
        for part in tree.parts
    ]
    if tree.operator == "OR":
        return gettext("%(first)s or %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


# ---------------------------------------------------------------- what may be used


def is_free(expression: str) -> bool:
    """Return whether every licence in the expression is free; False if it cannot be parsed."""
    try:
        return all(license.free for license in licenses_in(expression))
    except UnknownLicense:
        return False


def require_free_license(expression: str) -> str:
    """Return the canonical form of an expression that pages, pictures and archives may have here.

    Every licence in it must be free, and its text must ship with the wiki (archives include it).
    Raises `UnknownLicense` or `LicenseNotFree`.
    """
    for license in licenses_in(expression):
        if not license.free:
            raise LicenseNotFree(
                gettext_noop("“%(license)s” is not a free licence: this wiki cannot share it onwards."),
                license=license.short_en,
            )
        if not license.has_text:
            raise UnknownLicense(
                gettext_noop(
                    "The text of “%(license)s” does not ship with this wiki and could not travel with the work: "
                    "choose another licence."
                ),
                license=license.short_en,
            )
    return normalize(expression)


def choices_for_text(also: str = "") -> list[LicenseChoice]:
    """Return the licences offered for a page, the default first, with labels in the active language.

    `also` is the licence that the page already has; it is added to the menu if it is not offered.
    """
    return _choices("text", also)


def choices_for_media(also: str = "") -> list[LicenseChoice]:
    """Return the licences offered for a picture or a file; `also` as in `choices_for_text`."""
    return _choices("media", also)


def _choices(use: str, also: str) -> list[LicenseChoice]:
    choices = [
        LicenseChoice(normalize(expression), license_name(expression)) for expression in _CATALOGUE["offers"][use]
    ]
    if also and also not in (choice.value for choice in choices):
        choices.append(LicenseChoice(also, license_name(also)))
    return choices
