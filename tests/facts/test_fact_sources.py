"""What subobjects state as sources of facts: without a database."""

from __future__ import annotations

import pytest

from wiki.facts.fact_sources import SOURCED, SOURCES_LIMIT, FactSource, sources_in, sources_of_statements
from wiki.text.statements import Statement


def source_of(*facts: tuple[str, str]) -> FactSource | None:
    return sources_in({"a": facts}).get("a")


def test_names_may_be_several_and_in_english() -> None:
    found = source_of((SOURCED, " Ville ; Région,,Adresse "), ("Source", "IGN"), ("License", "etalab-2.0"))
    assert found is not None
    assert found.names == ("Ville", "Région", "Adresse")
    assert found.keys == {"Ville", "Région", "Adresse"}
    assert found.data == {"properties": list(found.names), "source": "IGN", "license": "etalab-2.0", "url": ""}
    assert source_of((SOURCED, "Ville"), ("Link", "https://a.example/")) == FactSource(
        ("Ville",), "", "", "https://a.example/"
    )
    assert source_of((SOURCED, "Ville"), ("Licence", "CC0-1.0"), ("Licence", "MIT")) == FactSource(
        ("Ville",), "", "CC0-1.0", ""
    )


@pytest.mark.parametrize(
    "facts",
    [
        [(SOURCED, "Ville")],  # neither source nor licence nor link
        [(SOURCED, " ; ,"), ("Source", "IGN")],
        [("Source", "IGN")],
        [(SOURCED, "Ville"), ("Lien", "javascript:alert(1)")],
        [(SOURCED, "Ville"), ("Lien", "https://a.example/ b")],
    ],
)
def test_what_is_no_source(facts: list[tuple[str, str]]) -> None:
    assert source_of(*facts) is None


def test_a_name_that_no_property_can_have_is_kept_and_concerns_nothing() -> None:
    found = source_of((SOURCED, "Ville, <"), ("Source", "IGN"))
    assert found is not None
    assert found.keys == {"Ville"}
    assert found.names == ("Ville", "<")


def test_only_subobjects_and_so_many() -> None:
    facts = [(SOURCED, "Ville"), ("Source", "IGN")]
    assert sources_in({"": facts}) == {}
    many = {str(number): facts for number in range(SOURCES_LIMIT + 5)}
    assert list(sources_in(many)) == [str(number) for number in range(SOURCES_LIMIT)]


def test_html_says_source_and_licence_and_escapes() -> None:
    unknown = FactSource(("Ville",), "<b>", "à eux", "https://a.example/?a&b")
    assert unknown.html.startswith(
        '<a href="https://a.example/?a&amp;b" rel="nofollow">&lt;b&gt;</a>, <span class="problem"'
    )
    assert "à eux" in unknown.html
    assert FactSource(("Ville",), "IGN", "", "").html == "IGN"
    assert FactSource(("Ville",), "", "", "https://a.example/").title == "https://a.example/"
    known = FactSource(("Ville",), "", "CC0-1.0", "").html
    assert known.startswith("<a href=")
    assert 'rel="license"' in known


def test_sources_of_a_text() -> None:
    statements = [
        Statement("Fait sourcé", "Ville", "a"), Statement("Source", "IGN", "a"), Statement("<", "x", "a"),
        Statement("Source", "autre", "b"),
    ]  # fmt: skip
    assert [source.source for source in sources_of_statements(statements)] == ["IGN"]
