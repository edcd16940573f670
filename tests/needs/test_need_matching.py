"""Which offers answer a need, without a database."""

from __future__ import annotations

import random

import pytest

from wiki.needs.need_matching import NeedMatcher, TextMatch
from wiki.needs.significant_words import significant_words
from wiki.needs.thesaurus import Thesaurus, ThesaurusEntry

NOTHING = Thesaurus([])
SKILLS = Thesaurus(
    [
        ThesaurusEntry("Découpe laser", ("Fabrication numérique",), ("Laser cutting", "Laseuse")),
        ThesaurusEntry("Fabrication numérique", ("Fabrication",)),
        ThesaurusEntry("Fabrication", ("Fabrications numériques",)),  # a circle, and another form of a name
        ThesaurusEntry("Impression 3D", ("fabrication NUMERIQUE",)),
    ]
)


@pytest.mark.parametrize(
    ("need", "offer", "expected"),
    [
        ("Découpe laser", "Heures de découpe LASER", True),
        ("Découpe laser CO₂ 60 W", "decoupe laser", True),
        ("menuisière", "Menuisiers", True),
        ("Workshops", "a workshop", True),
        ("Salle de réunion", "Salle de réunion 12 places", True),
        ("Chutes de contreplaqué 3 mm", "Contreplaqué", True),
        ("Formation à la broderie numérique", "Formation", False),
        ("Comptable bénévole", "Bénévoles au comptoir", False),
        ("Local de 200 m²", "Bureaux de 200 m²", False),
        ("200", "200 m²", True),  # words that are all there is
        ("200", "", False),
        ("le", "de", False),
    ],
)
def test_words(need: str, offer: str, expected: bool) -> None:
    matcher = NeedMatcher([need], [offer], NOTHING)
    assert matcher.offers_for(need) == ([TextMatch(offer)] if expected else [])
    assert matcher.needs_for(offer) == ([TextMatch(need)] if expected else [])


@pytest.mark.parametrize(
    ("need", "offer", "through"),
    [
        ("Fabrication numérique", "Heures de découpe laser", "Découpe laser"),
        ("Fabrication", "Imprimante et impression 3D", "Impression 3D"),
        ("Découpe laser", "Laser cutting by the hour", "Laser cutting"),
        ("Laser cutting", "La laseuse du fablab", "Laseuse"),
        ("Découpe laser", "Impression 3D", None),  # beside it, not below
        ("Stage de fabrication numérique pour jeunes migrants", "Découpe laser", None),  # about something else
    ],
)
def test_narrower_words(need: str, offer: str, through: str | None) -> None:
    matcher = NeedMatcher([need], [offer], SKILLS)
    assert matcher.offers_for(need) == ([] if through is None else [TextMatch(offer, through)])
    assert matcher.needs_for(offer) == ([] if through is None else [TextMatch(need, through)])


def test_a_broader_offer_does_not_answer() -> None:
    chain = Thesaurus([ThesaurusEntry("Soudure", ("Métal",)), ThesaurusEntry("Forge", ("Métal",))])
    matcher = NeedMatcher(["Soudure", "Métal"], ["Métal", "Forge"], chain)
    assert [match.text for match in matcher.offers_for("Soudure")] == []
    assert [match.text for match in matcher.offers_for("Métal")] == ["Métal", "Forge"]
    assert [match.text for match in matcher.needs_for("Forge")] == ["Métal"]


def test_both_directions_agree() -> None:
    numbers = random.Random(5)
    words = ["découpe", "laser", "bois", "atelier", "salle", "réunion", "four", "pain", "soudure", "numérique"]
    texts = [" ".join(numbers.sample(words, numbers.randint(1, 4))) for _ in range(120)]
    needs, offers = texts[:60], texts[60:]
    matcher = NeedMatcher(needs, offers, SKILLS)
    pairs = {(need, match.text) for need in needs for match in matcher.offers_for(need)}
    assert pairs == {(match.text, offer) for offer in offers for match in matcher.needs_for(offer)}
    assert len(pairs) > 60
    assert len(significant_words("mot " * 100_000)) == 1
