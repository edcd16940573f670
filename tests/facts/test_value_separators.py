"""A property may declare a separator: a text with several values then states each of them."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.facts.datatypes.registry import parse
from wiki.facts.datatypes.separators import divide, divide_values, is_separator
from wiki.facts.models import Fact
from wiki.facts.values import Context, Declaration
from wiki.pages import background_jobs, page_lookup
from wiki.pages.task_models import OutdatedPage
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author


@pytest.mark.parametrize(
    ("text", "separator", "values"),
    [
        ("café, wifi, atelier", ",", ["café", "wifi", "atelier"]),
        ("café,, wifi,", ",", ["café", "wifi"]),
        ("café", ",", ["café"]),
        ("[[Lyon, centre]], [[Brest]]", ",", ["[[Lyon, centre]]", "[[Brest]]"]),
        ("le [[Lieu, un]] et plus ; autre", ";", ["le [[Lieu, un]] et plus", "autre"]),
        ("a | b || c", "||", ["a | b", "c"]),
        ("a.b", ".", ["a", "b"]),
        (" , ", ",", []),
        ("[[ouvert, sans fin", ",", ["[[ouvert", "sans fin"]),
    ],
)
def test_texts_are_divided(text: str, separator: str, values: list[str]) -> None:
    assert divide(text, separator) == values


def test_a_text_without_values_or_separator_is_one_value() -> None:
    assert (divide_values(" , ", ","), divide_values("a, b", "")) == ([" , "], ["a, b"])


@pytest.mark.parametrize(("text", "usable"), [
    (",", True), (" ; ", True), ("·", True), ("||", True), ("", False), ("et", False), ("a,", False), ("]]", False),
    (",,,,,", True), (",,,,,,", False), (", ;", False), ("{", False), ("\\", False), ("1", False),
])  # fmt: skip
def test_separators_are_signs(text: str, usable: bool) -> None:
    assert is_separator(text) == usable


@pytest.mark.parametrize(("text", "code"), [(" ; ", None), ("et", "separator_unusable"), (" ", "value_empty")])
def test_a_declared_separator_is_checked(text: str, code: str | None) -> None:
    value = parse(text, Context("fr", Declaration("_SEP", "Value separator", "__sep")))
    assert (value.problem.code if value.problem else None) == code


def values(title: str, name: str = "Services") -> list[str]:
    """Return the current raw values of a property, in their order."""
    facts = Fact.objects.filter(page__title_key=title, property__key=name, removed_in=None).order_by("position")
    return list(facts.values_list("raw", flat=True))


def declare(text: str, by: User) -> None:
    """Write the property page."""
    make_page("Property:Services", f"---\nHas type: Text\n{text}\n---", by=by)


@pytest.mark.django_db
def test_values_are_facts_of_their_own(alice: User) -> None:
    declare('Séparateur de valeurs: ","', alice)
    make_page("Un", "---\nServices: café, wifi, café\nNote: a, b\n---\n{{#set:Services=atelier, four}}", by=alice)
    assert values("Un") == ["café", "wifi", "atelier", "four"]
    assert values("Un", "Note") == ["a, b"]
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before


@pytest.mark.django_db
def test_the_lifetime_of_a_value_is_its_own(alice: User) -> None:
    declare("Value separator: ;", alice)
    page = make_page("Un", "---\nServices: café; wifi\n---", by=alice)
    page_writer.edit(page, "---\nServices: wifi; four\n---", Author(alice, "alice"))
    assert values("Un") == ["wifi", "four"]
    rows = Fact.objects.filter(property__key="Services").order_by("pk").values_list("raw", "added_in", "removed_in")
    assert list(rows) == [("café", 1, 2), ("wifi", 1, None), ("four", 2, None)]


@pytest.mark.django_db
def test_written_values_are_divided_when_the_separator_changes(alice: User) -> None:
    for title in ("Un", "Deux"):
        make_page(title, "---\nServices: café, wifi\n---", by=alice)
    make_page("Autre", "---\nNote: café, wifi\n---", by=alice)
    declare("Value separator: ','", alice)
    assert OutdatedPage.objects.count() == 2
    background_jobs.run_pending()
    assert values("Un") == values("Deux") == ["café", "wifi"]
    assert not OutdatedPage.objects.exists()
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before
    page = page_lookup.find_by_key("Property:Services")
    page_writer.edit(page, "Rien", Author(alice, "alice"))
    background_jobs.run_pending()
    assert values("Un") == ["café, wifi"]


@pytest.mark.django_db
def test_a_synonym_has_the_separator_of_its_property(alice: User) -> None:
    declare("Value separator: ','", alice)
    make_page("Un", "---\nOffres: café, wifi\n---", by=alice)
    assert values("Un", "Offres") == ["café, wifi"]
    make_page("Property:Offres", "#REDIRECT [[Property:Services]]", by=alice)
    background_jobs.run_pending()
    assert values("Un", "Offres") == ["café", "wifi"]


@pytest.mark.django_db
def test_a_separator_that_is_none_divides_nothing_and_is_reported(alice: User) -> None:
    declare("Value separator: et", alice)
    make_page("Un", "---\nServices: café et wifi\n---", by=alice)
    assert values("Un") == ["café et wifi"]
    assert Fact.objects.get(property__key="_SEP").problem["code"] == "separator_unusable"


@pytest.mark.django_db
def test_annotations_and_previews_are_divided_too(alice: User, client: Client) -> None:
    declare('Value separator: ","', alice)
    make_page("Un", "On y trouve [[Services::café, wifi]] et [[Services::four|un four]].", by=alice)
    html = client.get("/wiki/Un").content.decode()
    assert "On y trouve café, wifi et un four." in html
    client.force_login(alice)
    html = client.post("/preview", {"text": "---\nServices: café, wifi\n---\nTexte.", "title": "Deux"}).content.decode()
    assert "<li>café</li>" in html or ">café<" in html
    assert "café, wifi" not in html
