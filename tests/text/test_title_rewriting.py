"""Finding title references in texts, and replacing titles without changing anything else."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wiki.text.title_rewriting import TitleReference, find_title_references, replace_titles

TEXT = """---
Lieu: La Filature  # ici
Voisins: [La Myne, 'La Filature']
Session:
  - Où: "[[La Filature]]"
---
Voir [[Charte]]s, [[La Filature:Charte#But|la charte]], [[La Filature:Accueil]] et [ici](La_Filature:Charte.md#but).

    [[Charte]]

```
[[La Filature:Charte]]
```
`[[Charte]]` [[Où::La Filature]] [[Où::La Filature|chez nous]] {{#ask: [[Où::La Filature]]}} [web](https://a.fr) \\[[x]]
{{La Filature:Charte|[[Charte]]|a=La Filature}} {{#show: La Filature:Charte|?Où}} `{{La Filature:Charte}}`
{{#ask: [[Où.Porte::!La Filature || Autre||La Filature#Ici]] [[La Filature:Charte||Autre]]
[[Où::~La Filature*]]|?La Filature}}
{{#set: Où = La Filature|Nom=La Filature et plus}}
{{#subobject: x|Où=La Filature:Charte}} [[La Filature|{{La Filature}}]]
"""


def renamed(text: str) -> str:
    """Return the text with the place renamed to «Le Fil», and with a full title for the root page «Charte»."""

    def new(reference: TitleReference) -> str | None:
        if reference.title == "Charte":
            return "La Myne:Charte"
        return reference.title.replace("La Filature", "Le Fil") if "Filature" in reference.title else None

    return replace_titles(text, find_title_references(text), new)


def test_an_escaped_bar_stays_escaped() -> None:
    assert renamed("| [[La Filature\\|chez nous]] | [[Où::La Filature\\|ici]] |") == (
        "| [[Le Fil\\|chez nous]] | [[Où::Le Fil\\|ici]] |"
    )


def test_it_replaces_titles_and_nothing_else() -> None:
    assert (
        renamed(TEXT)
        == """---
Lieu: Le Fil  # ici
Voisins: [La Myne, Le Fil]
Session:
  - Où: "[[Le Fil]]"
---
Voir [[La Myne:Charte|Chartes]], [[Le Fil:Charte#But|la charte]], [[Le Fil:Accueil]] et [ici](Le_Fil:Charte#but).

    [[Charte]]

```
[[La Filature:Charte]]
```
`[[Charte]]` [[Où::Le Fil]] [[Où::Le Fil|chez nous]] {{#ask: [[Où::Le Fil]]}} [web](https://a.fr) \\[[x]]
{{Le Fil:Charte|[[La Myne:Charte|Charte]]|a=La Filature}} {{#show: Le Fil:Charte|?Où}} `{{La Filature:Charte}}`
{{#ask: [[Où.Porte::!Le Fil || Autre||Le Fil#Ici]] [[Le Fil:Charte||Autre]]
[[Où::~La Filature*]]|?La Filature}}
{{#set: Où = Le Fil|Nom=Le Fil et plus}}
{{#subobject: x|Où=Le Fil:Charte}} [[Le Fil|{{La Filature}}]]
"""
    )


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ("\n- [[Old]]\n- b", "\n- [[New]]\n- b"),
        ("\n\t- Old", "\n\t- New"),
        ("\n-Old", "\n-New"),
        (' "[[Old|l]]"', ' "[[New|l]]"'),
        (' ["[[Old|l]]", Old]', ' ["[[New|l]]", New]'),
        (" [[Old#sec]], [[M]]", " [[New#sec]], [[M]]"),
        (" |\n  Old", " |\n  Old"),
    ],
)
def test_values_of_every_form_are_renamed_where_they_stand(value: str, new: str) -> None:
    text = f"---\na:{value}\nb: c\n---\nx"
    references = find_title_references(text)
    assert replace_titles(text, references, lambda one: "New" if one.title == "Old" else None) == (
        f"---\na:{new}\nb: c\n---\nx"
    )


@pytest.mark.parametrize("title", ["a: b", "a, b", "[a]", "'a", "- a", "# a", "{a}"])
def test_values_of_the_front_matter_are_quoted_where_they_must_be(title: str) -> None:
    from wiki.text.frontmatter.frontmatter_reader import parse_front_matter

    text = "---\nA: [Vieux, autre]\nB: Vieux\n---\n"
    new = replace_titles(
        text, find_title_references(text), lambda reference: title if reference.title == "Vieux" else None
    )
    assert [(entry.key, entry.value) for entry in parse_front_matter(new).data] == [
        ("A", [title, "autre"]),
        ("B", title),
    ]


@settings(max_examples=150, phases=(Phase.explicit, Phase.generate))
@given(st.text(alphabet="ab[]|#:()`{}-\n \\'\"!", max_size=60), st.booleans())
def test_it_never_fails_and_changes_nothing_without_new_titles(text: str, front: bool) -> None:
    text = f"---\na: {text}\n---\n{text}" if front else text
    assert replace_titles(text, find_title_references(text), lambda reference: None) == text
    replace_titles(text, find_title_references(text), lambda reference: "Autre: page")
