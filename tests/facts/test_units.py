"""Units as property pages declare them."""

from __future__ import annotations

import pytest

from wiki.facts.datatypes.quantities import read_unit
from wiki.facts.values import Unit


@pytest.mark.parametrize(
    ("text", "language", "unit"),
    [
        ("1 km, kilomètre", "fr", Unit(1, ("km", "kilomètre"))),
        ("1000 m", "en", Unit(1000, ("m",))),
        ("1\u202f000 m,mètre , metres", "fr", Unit(1000, ("m", "mètre", "metres"))),
        ("1000m", "en", Unit(1000, ("m",))),
        ("0,62 mi", "fr", Unit(0.62, ("mi",))),
        ("0.62 mi, mile", "fr", Unit(0.62, ("mi", "mile"))),
        ("1e6 m²", "en", Unit(1e6, ("m²",))),
        ("€ 1, EUR", "en", Unit(1, ("€", "EUR"))),
        ("$1", "en", Unit(1, ("$",))),
        ("km", "en", None),
        ("5", "en", None),
        ("0 m", "en", None),
        ("-2 m", "en", None),
        ("", "en", None),
        (", , ,", "en", None),
    ],
)
def test_it_parses_declared_units(text: str, language: str, unit: Unit | None) -> None:
    assert read_unit(text, language) == unit
