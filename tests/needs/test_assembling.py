"""The nearest that answer, narrowing, and what a place has of what a practice needs: without a database."""

from __future__ import annotations

from datetime import UTC, datetime

from wiki.needs.assembling import AssembledRequirement, assemble
from wiki.needs.stated_needs import Counterpart, NeedStatement, StatedNeeds, StatementRole, StatingPage
from wiki.needs.thesaurus import Thesaurus, ThesaurusEntry

NEED, OFFER, REQUIREMENT = StatementRole.NEED, StatementRole.OFFER, StatementRole.REQUIREMENT
LYON, VILLEURBANNE, SAINT_ETIENNE, BREST = (45.758, 4.835), (45.767, 4.88), (45.435, 4.39), (48.39, -4.486)


def place(pk: int, title: str, point: tuple[float, float] | None, within: int | None = None) -> StatingPage:
    return StatingPage(pk, title, title, "place", (within,) if within else (), "Atelier" if within else "", point)


ATELIER, BOCAL, CALE, DEPOT = (
    place(1, "Atelier", LYON), place(2, "Bocal", VILLEURBANNE), place(3, "Cale", BREST), place(4, "Dépôt", None),
)  # fmt: skip
CABANE = place(5, "Cabane", LYON, within=1)
FORGE = place(6, "Forge", SAINT_ETIENNE)
PRACTICE = StatingPage(9, "Repair café", "Repair café", "practice", (), "", None)
STATED = [
    (NEED, ATELIER, "Découpe laser"),
    (NEED, ATELIER, "Fabrication numérique"),
    (NEED, CABANE, "Tables"),
    (NEED, DEPOT, "laser"),
    (OFFER, ATELIER, "Tables pliantes"),
    (OFFER, CALE, "Découpe laser"),
    (OFFER, BOCAL, "Découpes laser"),
    (OFFER, DEPOT, "découpe laser"),
    (OFFER, ATELIER, "découpe laser le soir"),
    (OFFER, CABANE, "Fer à souder"),
    (OFFER, FORGE, "Fers à souder"),
    (REQUIREMENT, PRACTICE, "Fer à souder"),
    (REQUIREMENT, PRACTICE, "Découpe laser"),
    (REQUIREMENT, PRACTICE, "Bénévoles"),
]
NEEDS = StatedNeeds(
    [
        NeedStatement(role, page, text, datetime(2026, 1, number + 1, tzinfo=UTC))
        for number, (role, page, text) in enumerate(STATED)
    ],
    Thesaurus([ThesaurusEntry("Découpe laser", ("Fabrication numérique",))]),
)


def titles(found: list[Counterpart]) -> str:
    return " ".join(one.statement.page.title for one in found)


def test_the_nearest_come_first() -> None:
    assert [one.text for one in NEEDS.needs] == ["laser", "Tables", "Fabrication numérique", "Découpe laser"]
    found, count = NEEDS.counterparts(NEEDS.needs[-1], 10)
    assert (titles(found), count) == ("Bocal Cale Dépôt", 3)  # not its own offer
    assert [one.kilometres and round(one.kilometres) for one in found] == [4, 764, None]
    found, count = NEEDS.counterparts(NEEDS.needs[2], 1)
    assert (titles(found), count, found[0].through) == ("Bocal", 3, "Découpe laser")
    found, _ = NEEDS.counterparts(NEEDS.needs[1], 10)  # of a page in the place that offers them
    assert [(one.statement.page.title, one.kilometres) for one in found] == [("Atelier", 0.0)]
    bocal = next(one for one in NEEDS.offers if one.page == BOCAL)
    assert titles(NEEDS.counterparts(bocal, 10)[0]) == "Atelier Atelier Dépôt"
    assert [one.text for one in NEEDS.offers if not NEEDS.has_counterpart(one)] == ["Fers à souder", "Fer à souder"]


def test_narrowing() -> None:
    def narrowed(text: str, of: int | None = None) -> list[str]:
        return [one.text for one in NEEDS.narrowed(NEEDS.needs, text, of)]

    assert narrowed("", 1) == ["Tables", "Fabrication numérique", "Découpe laser"]
    assert narrowed("table") == ["Tables"]
    assert narrowed("lasers atelier") == ["Découpe laser"]  # words of the page count
    assert narrowed("fabrications numériques") == ["Fabrication numérique", "Découpe laser"]
    assert narrowed("fabrications numériques", 4) == []


def states(found: list[AssembledRequirement]) -> list[tuple[str, str, str, str]]:
    return [
        (
            one.statement.text,
            titles(one.here),
            titles(one.near),
            one.farther.statement.page.title if one.farther else "",
        )
        for one in found
    ]


def test_what_a_place_has() -> None:
    assert states(assemble(NEEDS, 9, 1, LYON, 20.0)) == [
        ("Fer à souder", "Cabane", "", "Forge"),
        ("Découpe laser", "Atelier", "Bocal", "Cale"),
        ("Bénévoles", "", "", ""),
    ]
    assert states(assemble(NEEDS, 9, 2, VILLEURBANNE, 60.0))[0] == ("Fer à souder", "", "Cabane Forge", "")
    assert states(assemble(NEEDS, 9, 4, None, 60.0))[0] == ("Fer à souder", "", "", "Cabane")
    assert states(assemble(NEEDS, 9, None, None, 60.0))[0] == ("Fer à souder", "", "", "Cabane")
    assert states(assemble(NEEDS, 1, 2, VILLEURBANNE, 60.0))[0][0] == "Fabrication numérique"  # the needs of a page
