"""Which field a column may be meant for, from its name: names of fields in both languages, and words of open data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from wiki.exchange.table_import.import_fields import (
    BODY,
    FIELD,
    IDENTIFIER,
    LATITUDE,
    LONGITUDE,
    TITLE,
    FieldSet,
    Target,
)
from wiki.pages.models import Kind
from wiki.text.titles import fold

_UNIT = re.compile(r"\s*\(([^()]{1,20})\)\s*\Z")
_SIGNS = re.compile(r"[\W_]+")
_WORDS: Mapping[str, tuple[str, ...]] = {
    TITLE: ("titre", "title", "nom", "name", "page", "nom tl", "nom lieu", "nom du lieu", "intitule", "libelle"),
    IDENTIFIER: ("id", "identifiant", "identifier", "uuid", "ref", "reference", "identifiant dans la source"),
    BODY: ("texte", "text", "contenu", "content", "description", "presentation"),
    LATITUDE: ("lat", "latitude", "y", "lat wgs84", "y wgs84"),
    LONGITUDE: ("lon", "long", "lng", "longitude", "x", "lon wgs84", "x wgs84"),
}
_WORDS_OF_INPUTS: Mapping[str, tuple[str, ...]] = {
    "coordinates": ("coordonnees", "coordinates", "geo point", "geo point 2d", "geo", "coord"),
    "postal-code": ("cp", "code postal", "codepostal", "zip", "postcode", "postal code", "code post"),
    "commune": ("commune", "ville", "town", "city", "nomcom", "nom commune", "com nom", "libcom"),
    "insee-code": ("insee", "code insee", "inseecom", "codgeo", "code commune", "insee com", "com code"),
    "department": ("departement", "department", "dep nom", "nom departement"),
    "region": ("region", "nomreg", "reg nom", "nom region"),
    "address": ("adresse", "rue", "address", "street", "voie", "adresse postale", "numero et voie"),
    "web-address": ("web", "url", "site", "website", "site web", "site internet", "lien"),
    "telephone": ("tel", "telephone", "phone", "numero de telephone"),
    "email": ("mail", "email", "courriel", "e mail", "adresse mail"),
    "opening-hours": ("horaires", "opening hours", "heures d ouverture"),
}


def name_key(name: str) -> str:
    """Return the form of a name for comparison: no accents, case or signs, and no unit in brackets at the end."""
    return _SIGNS.sub(" ", fold(_UNIT.sub("", name))).strip()


def unit_of(name: str) -> str:
    """Return the unit in brackets at the end of the name of a column; "" for none."""
    found = _UNIT.search(name)
    return found[1].strip() if found else ""


def guess_targets(columns: Sequence[str], fields: FieldSet) -> list[str]:
    """Return a target, as text, for each column; "" where nothing fits, and no target twice. One query."""
    targets = dict(_named_targets(fields))
    guesses, used = [], set()
    for column in columns:
        target = targets.get(name_key(column), "")
        guesses.append("" if target in used else target)
        used.add(target)
    if TITLE not in guesses and columns:
        free = [number for number, guess in enumerate(guesses) if not guess]
        if free and free[0] == 0:  # exported tables have the page in the first column, often without a name
            guesses[0] = TITLE
    _take_out_halves(guesses)
    return guesses


def _named_targets(fields: FieldSet) -> Iterator[tuple[str, str]]:
    """Yield names and targets; of those for one name, the last one counts."""
    point = fields.by_input("coordinates")
    for name, words in _WORDS.items():
        if name not in (LATITUDE, LONGITUDE):
            yield from ((word, name) for word in words)
        elif point is not None:
            yield from ((word, str(Target(name, point.key))) for word in words)
    kind = Kind.objects.filter(key=fields.kind_key).first()
    if kind is not None:
        yield from ((name_key(name), TITLE) for name in (kind.name_fr, kind.name_en))
    for input_id, words in _WORDS_OF_INPUTS.items():
        if (one := fields.by_input(input_id)) is not None:
            yield from ((word, str(Target(FIELD, one.key))) for word in words)
    for one in fields.fields.values():
        yield from ((name_key(name), str(Target(FIELD, one.key))) for name in one.names())


def _take_out_halves(guesses: list[str]) -> None:
    """Take out a latitude without its longitude, and the reverse, and both where the point has a column."""
    for number, text in enumerate(guesses):
        target = Target.parse(text)
        if target is None or target.name not in (LATITUDE, LONGITUDE):
            continue
        other = str(Target(LONGITUDE if target.name == LATITUDE else LATITUDE, target.key))
        if other not in guesses or str(Target(FIELD, target.key)) in guesses:
            guesses[number] = ""
