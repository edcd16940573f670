"""Properties that lead to others, in chains and rings: what they mean does not depend on who wrote first."""

from __future__ import annotations

import itertools

import pytest

from tests.factories import make_page
from wiki.facts.models import Property
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db

FACTS, NUMBER, TEXT = "---\nA: 12\nB: 13\nC: 14\n---", "---\nHas type: Number\n---", "---\nHas type: Text\n---"


def to(name: str) -> str:
    return f"#REDIRECT [[Property:{name}]]"


def write(title: str, text: str | None) -> None:
    page, by = page_lookup.find_by_key(title), Author(None, "Quelqu'un")
    if page is None:
        make_page(title, text or "")
    elif text is None:
        page_writer.delete(page, by)
    else:
        page_writer.edit(page, text, by)


def ends() -> dict[str, str | None]:
    """Where A, B and C lead."""
    return dict(Property.objects.filter(key__in="ABC").values_list("key", "redirects_to__key"))


CHAIN = [("Property:A", to("B")), ("Property:B", to("C")), ("Property:C", NUMBER), ("X", FACTS)]


@pytest.mark.parametrize("order", itertools.permutations(range(4)))
def test_a_chain_leads_to_its_end_in_whatever_order_it_was_written(order: tuple[int, ...]) -> None:
    for number in order:
        write(*CHAIN[number])
    assert ends() == {"A": "C", "B": "C", "C": None}
    kept = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == kept


@pytest.mark.parametrize(
    ("then", "found"),
    [
        (("Property:B", TEXT), {"A": "B", "B": None, "C": None}),
        (("Property:B", None), {"A": "B", "B": None, "C": None}),
        (("Property:C", to("D")), {"A": "D", "B": "D", "C": "D"}),
        (("Property:C", to("A")), {"A": None, "B": None, "C": None}),
        (("Property:A", None), {"A": None, "B": "C", "C": None}),
    ],
)
def test_a_chain_that_changes_is_what_history_makes_of_it(
    then: tuple[str, str | None], found: dict[str, str | None]
) -> None:
    for title, text in [*CHAIN, then]:
        write(title, text)
    assert ends() == found
    kept = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == kept


def test_one_may_lead_to_a_special_property_and_to_no_property_at_all() -> None:
    make_page("Property:A", to("Has type"))
    make_page("Property:B", "#REDIRECT [[Charte]]")
    make_page("Property:C", to("_"))
    assert ends()["A"] == "_TYPE"
    assert not [key for key, end in ends().items() if key != "A" and end]
