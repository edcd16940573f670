"""Tables of directories made by hand, without a database."""

from __future__ import annotations

import random
from collections.abc import Sequence

from wiki.directory.directory_table import DirectoryRow, DirectoryTable, FacetValues
from wiki.directory.facet_fields import DirectoryFields, directory_fields
from wiki.forms.form_definition import parse_definition
from wiki.text.titles import fold

FORM = """
## Où

### Ville
- saisie: commune

### Département
- saisie: département

### Services
- saisie: texte
- plusieurs: oui

### Accessible
- saisie: oui-non

### Surface
- saisie: nombre
- unité: m²

### Horaires
- saisie: horaires

### Adresse
- saisie: adresse
"""
FIELDS: DirectoryFields = directory_fields(parse_definition(FORM), of_places=True)
NAMES = [facet.name for facet in FIELDS.facets]


def make_table(
    *places: tuple[str, dict[str, Sequence[str]], tuple[float, float] | None], surfaces: Sequence[float | None] = ()
) -> DirectoryTable:
    """Return a table of places: title, values by facet, coordinates; their floor areas by position."""
    values = [FacetValues() for _ in FIELDS.facets]
    rows = []
    for pk, (title, facts, point) in enumerate(places, 1):
        ids = tuple(
            tuple(known.id_of(fold(value), value) for value in facts.get(name, ()))
            for name, known in zip(NAMES, values, strict=True)
        )
        lat, lon = point or (None, None)
        surface = surfaces[pk - 1] if pk <= len(surfaces) else None
        rows.append(
            DirectoryRow(
                pk, title, title, fold(title), pk, -pk, lat, lon, tuple(facts.get("hours", ())), ids, (surface,)
            )
        )
    return DirectoryTable(FIELDS, values, rows)


def random_places(count: int, seed: int) -> DirectoryTable:
    """Return a table of places with random towns, services and coordinates."""
    chance = random.Random(seed)
    towns = [f"Ville {number}" for number in range(max(1, count // 5))]
    services = [f"Service {number}" for number in range(40)]
    return make_table(
        *(
            (
                f"Lieu {number}",
                {
                    "ville": [chance.choice(towns)],
                    "departement": [f"Département {chance.randrange(100)}"],
                    "services": chance.sample(services, chance.randrange(5)),
                    "accessible": [chance.choice(["oui", "non"])],
                },
                (chance.uniform(42, 51), chance.uniform(-5, 8)),
            )
            for number in range(count)
        ),
        surfaces=[chance.choice([None, chance.uniform(10, 900)]) for _ in range(count)],
    )
