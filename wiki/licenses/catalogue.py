"""The licences that the wiki knows, read once from `licenses/catalogue.toml` and `index.toml`.

A page or a picture carries an SPDX licence *expression*: an identifier (`CC-BY-SA-4.0`), or
several joined (`CC-BY-SA-4.0 OR LAL-1.3`: the reader chooses; `A AND B`: both hold).
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
"""Data: catalogue, index, table, and one `<SPDX-id>.txt` per licence that ships."""

KINDS = ("text", "media", "data", "code", "hardware")


class UnknownLicense(LicenseConflict):
    """The catalogue has no such licence, or the expression cannot be read."""


class LicenseNotFree(LicenseConflict):
    """The licence is known, and does not give the four freedoms."""


@dataclass(frozen=True, slots=True)
class License:
    """One licence. `osi` and `fsf` are what others say (`fsf` None: nothing); `free` is our gate."""

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
        """Return the full name in the language of the reader."""
        return self.name_fr if _french() else self.name_en

    @property
    def short(self) -> str:
        """Return the name that fits on a line, in the language of the reader."""
        return self.short_fr if _french() else self.short_en

    @property
    def requires_attribution(self) -> bool:
        """Tell whether the licence itself asks for credit (we credit in any case)."""
        return bool(self.obligations)


class LicenseChoice(NamedTuple):
    """One line of a licence menu: `(value, label)`, as Django's form fields take it."""

    value: str
    label: str


def _french() -> bool:
    return (get_language() or "en").startswith("fr")


def _read(name: str) -> dict[str, Any]:
    with (FOLDER / name).open("rb") as file:
        return tomllib.load(file)


def _license(row: dict[str, Any], needs: dict[str, list[str]], index: dict[str, Any]) -> License:
    shipped = index.get(row["id"], {})
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
        obligations=tuple(needs[row["attribution"]]),
        share_alike=row.get("share_alike", False),
        kinds=tuple(row["kinds"]),
        free=row["free"],
        osi=row.get("osi", False),
        fsf=row.get("fsf"),
        has_text=row.get("text", False),
        text_language=row.get("text_language", "en"),
        origin=shipped.get("origin", ""),
        sha256=shipped.get("sha256", ""),
    )


_CATALOGUE = _read("catalogue.toml")
_INDEX = _read("index.toml")
LICENSES: Mapping[str, License] = MappingProxyType(
    {row["id"]: _license(row, _CATALOGUE["attribution"], _INDEX) for row in _CATALOGUE["license"]}
)
"""Every licence known, by SPDX id, in the order of the catalogue."""

DEFAULT: str = _CATALOGUE["default"]
"""The licence of a new page, unless its maker chooses another."""

_BY_FOLDED_ID = {license.id.casefold(): license for license in LICENSES.values()}
# Each view of a page reads its expression: parsing costs 0.04 ms, and there are few different ones.
_tree_of = lru_cache(maxsize=512)(ExpressionParser(LICENSES).parse)


# ---------------------------------------------------------------- one licence


def get(license_id: str) -> License:
    """Return the licence with that SPDX id, in any case of letters; raise `UnknownLicense`."""
    license = _BY_FOLDED_ID.get(license_id.strip().casefold())
    if license is None:
        raise UnknownLicense(
            gettext_noop("The licence “%(license)s” is not in the catalogue of this wiki."),
            license=license_id,
        )
    return license


def find(name_or_url: str) -> License | None:
    """Return the licence that an SPDX id or the address of a deed or legal code means, or None.

    For what other wikis and photo sites write: `http://creativecommons.org/licenses/by/3.0/deed.fr`
    finds CC-BY-3.0.
    """
    wanted = name_or_url.strip()
    if wanted.casefold() in _BY_FOLDED_ID:
        return _BY_FOLDED_ID[wanted.casefold()]
    return _by_address().get(_plain_address(wanted))


def text_of(license_id: str) -> str:
    """Return the full text that ships with the wiki, or "" if only its address is known."""
    license = get(license_id)
    if not license.has_text:
        return ""
    return (FOLDER / f"{license.id}.txt").read_text(encoding="utf-8")


@cache
def _by_address() -> dict[str, License]:
    found: dict[str, License] = {}
    for license in LICENSES.values():
        for address in (license.deed_url, license.text_url):
            if address:
                found.setdefault(_plain_address(address), license)
    return found


def _plain_address(address: str) -> str:
    bare = re.sub(r"^(?:https?:)?//(?:www\.)?", "", address.strip().casefold())
    return re.sub(r"/(?:legalcode|deed)(?:\.[a-z-]+)?$", "/", bare).rstrip("/")


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
    """Return the ids that the expression names, each once, sorted; raise `UnknownLicense`."""
    return sorted(set(iter_license_ids(parse(expression))))


def licenses_in(expression: str) -> list[License]:
    """Return the licences that the expression names; raise `UnknownLicense`."""
    return [LICENSES[license_id] for license_id in ids_in(expression)]


def normalize(expression: str) -> str:
    """Return the one spelling of an expression (case, order, brackets); raise `UnknownLicense`."""
    return to_spdx(parse(expression))


def license_name(expression: str, *, full: bool = False) -> str:
    """Return an expression in words for the reader: "CC BY-SA 4.0 or Free Art License 1.3".

    An expression that cannot be read is returned as it is: it was stored, so it is shown.
    """
    try:
        tree = parse(expression)
    except UnknownLicense:
        return expression
    return expression_label(tree, (lambda license: license.name) if full else (lambda license: license.short))


def expression_label(tree: LicenseExpression, one: Callable[[License], str]) -> str:
    """Return a tree with each licence written by `one`, joined in the language of the reader."""
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
    """Tell whether every licence named is free; False for what cannot be read."""
    try:
        return all(license.free for license in licenses_in(expression))
    except UnknownLicense:
        return False


def require_free_license(expression: str) -> str:
    """Return the normal form of a licence that a page, picture or archive may carry here.

    Every licence named has to be free, and its text has to ship (an archive needs it). Raises
    `UnknownLicense` or `LicenseNotFree`.
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
    """Return the licences offered for a page, the default first, labelled for the reader.

    `also` is one that the page already carries: it stays in the menu though it is not offered.
    """
    return _offers("text", also)


def choices_for_media(also: str = "") -> list[LicenseChoice]:
    """Return the licences offered for a picture or a file; `also` as in `for_text`."""
    return _offers("media", also)


def choices_for_data(also: str = "") -> list[LicenseChoice]:
    """Return the licences offered for place records and other data; `also` as in `for_text`."""
    return _offers("data", also)


def _offers(use: str, also: str) -> list[LicenseChoice]:
    offered = [
        LicenseChoice(normalize(expression), license_name(expression)) for expression in _CATALOGUE["offers"][use]
    ]
    if also and also not in (choice.value for choice in offered):
        offered.append(LicenseChoice(also, license_name(also)))
    return offered
