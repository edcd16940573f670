"""Chains and cycles of property redirects: the result does not depend on the order of writing."""

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


def redirect_to(name: str) -> str:
    return f"#REDIRECT [[Property:{name}]]"


def write(title: str, text: str | None) -> None:
    page, by = page_lookup.find_by_key(title), Author(None, "Quelqu'un")
    if page is None:
        make_page(title, text or "")
    elif text is None:
        page_writer.delete(page, by)
    else:
        page_writer.edit(page, text, by)


def targets() -> dict[str, str | None]:
    """Return the targets of A, B and C."""
    return dict(Property.objects.filter(key__in="ABC").values_list("key", "redirects_to__key"))


CHAIN = [("Property:A", redirect_to("B")), ("Property:B", redirect_to("C")), ("Property:C", NUMBER), ("X", FACTS)]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
def test_a_chain_resolves_to_its_end_whatever_the_order_of_writing(order: tuple[int, ...]) -> None:
    for number in order:
        write(*CHAIN[number])
    assert targets() == {"A": "C", "B": "C", "C": None}
    stored = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == stored


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (("Property:B", TEXT), {"A": "B", "B": None, "C": None}),
        (("Property:B", None), {"A": "B", "B": None, "C": None}),
        (("Property:C", redirect_to("D")), {"A": "D", "B": "D", "C": "D"}),
        (("Property:C", redirect_to("A")), {"A": None, "B": None, "C": None}),
        (("Property:A", None), {"A": None, "B": "C", "C": None}),
    ],
)
def test_a_changed_chain_equals_a_rebuild(edit: tuple[str, str | None], found: dict[str, str | None]) -> None:
    for title, text in [*CHAIN, edit]:
        write(title, text)
    assert targets() == found
    stored = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == stored


def test_redirects_to_special_properties_and_other_pages() -> None:
    make_page("Property:A", redirect_to("Has type"))
    make_page("Property:B", "#REDIRECT [[Charte]]")
    make_page("Property:C", redirect_to("_"))
    assert targets()["A"] == "_TYPE"
    assert not [key for key, end in targets().items() if key != "A" and end]
