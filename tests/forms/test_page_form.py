"""Forms over the facts of a text: form, text and form again, with all other bytes of the text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.factories import make_page
from wiki.forms.bound_fields import BoundField
from wiki.forms.form_definition import FormDefinition, parse_definition
from wiki.forms.form_lookup import built_in_texts, definition_of
from wiki.forms.page_form import PageForm
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
DEMO = Path(__file__).resolve().parent.parent.parent / "demo/texts"
FOLDERS = {"lieux": "place", "pratiques": "practice", "projets": "project"}
DEFINITION = parse_definition("""
## Un
### Ville
- input: text
- required: yes
### Besoins
- several: yes
### Surface
- input: number
- unit: m²
### Note
- input: long text
### Secret
- for: stewards
### Niveau
- input: choice
- choices: facile | dur
### Ouvert
- input: yes-no
## Deux
### Étapes
#### Titre
#### Texte
- input: long text
""")


def form_of(text: str, definition: FormDefinition = DEFINITION, **options: bool) -> PageForm:
    """The form of a text, for a reader and a page in French."""
    return PageForm(definition, text, "fr", "fr", **options)


def sent(form: PageForm, **values: str | list[str]) -> QueryDict:
    """What a browser sends of a form in which some inputs were changed."""
    data = QueryDict(mutable=True)
    for steps in form.steps_fields:
        data[f"{steps.name}_source"] = steps.source
    rows = [one for field in form.fields for row in field.rows for one in row.fields]
    for one in [*form.fields, *rows]:
        data.setlist(one.name, list(one.values))
    for name, value in values.items():
        data.setlist(f"fact-{name.replace('_', '-')}", [value] if isinstance(value, str) else value)
    return data


def changed(text: str, definition: FormDefinition = DEFINITION, **values: str | list[str]) -> str:
    """The text after some inputs were changed."""
    form = form_of(text, definition)
    form.fill(sent(form, **values))
    assert form.is_valid, [(one.name, one.errors) for one in form.fields]
    return form.new_text(form.body)


def field_of(form: PageForm, name: str) -> BoundField:
    return next(one for one in form.fields if one.name == f"fact-{name}")


@pytest.mark.parametrize("folder", FOLDERS)
def test_open_and_save_changes_no_byte_of_the_demo(folder: str) -> None:
    definition = definition_of(built_in_texts()[FOLDERS[folder]])
    for path in (DEMO / folder).glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert changed(text, definition) == text, path
        for heading in re.findall(r"^##? (.+)$", text, re.MULTILINE):  # any section could be one of steps
            steps = parse_definition(f"## Un\n### {heading}\n- input: steps")
            assert changed(text, steps) == text, (path, heading)


TEXT = """---
# remarque
kind: Lieu
Ville: Lyon # ici
Besoins: [a, b]
Autre: reste
Étapes:
  - Titre: Un
    Inconnu: gardé
  - Titre: Deux
---
Corps
"""


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ({"ville": "Brest"}, "Lyon", "Brest"),
        ({"besoins": ["a", "", "c, d"]}, "[a, b]", '[a, "c, d"]'),
        ({"besoins": []}, "Besoins: [a, b]\n", ""),
        ({"surface": "210"}, "---\nCorps", "Surface: 210 m²\n---\nCorps"),
        ({"note": "deux\r\nlignes"}, "---\nCorps", "Note: |-\n  deux\n  lignes\n---\nCorps"),
        ({"ouvert": "oui"}, "---\nCorps", "Ouvert: oui\n---\nCorps"),
    ],
)
def test_a_changed_input_changes_its_entry(values: dict[str, str | list[str]], old: str, new: str) -> None:
    assert changed(TEXT, **values) == TEXT.replace(old, new)


def test_rows_of_a_group_keep_what_the_form_does_not_know() -> None:
    text = changed(TEXT, **{"etapes-0-titre": "Premier", "etapes-2-titre": "Trois", "etapes-2-texte": "a\nb"})
    entry = next(entry for entry in parse_front_matter(text).data if entry.key == "Étapes")
    assert entry.value == [
        {"Titre": "Premier", "Inconnu": "gardé"}, {"Titre": "Deux"}, {"Titre": "Trois", "Texte": "a\nb"},
    ]  # fmt: skip


def test_rows_follow_the_order_in_which_they_are_sent() -> None:
    form = form_of(TEXT)
    data = sent(form)
    first, second = data.pop("fact-etapes-0-titre"), data.pop("fact-etapes-1-titre")
    data.setlist("fact-etapes-1-titre", second)
    data.setlist("fact-etapes-0-titre", first)
    data.pop("fact-etapes-0-texte")
    data.pop("fact-etapes-1-texte")
    form = form_of(TEXT)
    form.fill(data)
    entry = next(entry for entry in parse_front_matter(form.new_text("")).data if entry.key == "Étapes")
    assert entry.value == [{"Titre": "Deux"}, {"Titre": "Un", "Inconnu": "gardé"}]


DETAILED = parse_definition("""
## Un
### Offres
- input: text
- several: yes
#### Fin
- input: day
#### Prix
""")


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("Offres: [a, 'b'] # ici", {}, "Offres: [a, 'b'] # ici"),
        ("Offres:\n- a\n- Offres: b\n  Fin: 2026-12-24\n  Autre: x", {},
         "Offres:\n- a\n- Offres: b\n  Fin: 2026-12-24\n  Autre: x"),
        ("Offres: [a, b]", {"offres-2-offres": "c"}, "Offres: [a, b, c]"),
        ("Offres: a", {"offres-1-offres": "c", "offres-1-prix": "gratuit"},
         "Offres:\n- a\n- Offres: c\n  Prix: gratuit"),
        ("Offres:\n- Offres: b\n  Fin: 2026-12-24", {"offres-0-fin": ""}, "Offres:\n- b"),
        ("Offres:\n- Offres: b\n  Autre: x", {"offres-0-offres": "c"}, "Offres:\n- Offres: c\n  Autre: x"),
        ("Offres: [a, b]", {"offres-0-offres": ""}, "Offres: [b]"),
        ("Offres: a", {"offres-0-offres": ""}, ""),
    ],
)  # fmt: skip
def test_texts_with_details_are_plain_values_as_long_as_they_have_none(
    before: str, values: dict[str, str], after: str
) -> None:
    text = f"---\nVille: Lyon\n{before}\n---\n"
    assert changed(text, DETAILED, **values) == f"---\nVille: Lyon\n{after}\n---\n".replace("\n\n", "\n")


def test_details_of_nothing_and_what_is_no_date_are_errors() -> None:
    for values in ({"offres-1-prix": "2 €"}, {"offres-0-offres": "", "offres-0-prix": "2 €"}):
        form = form_of("---\nOffres: [a]\n---\n", DETAILED)
        form.fill(sent(form, **values))
        assert [one.name.rpartition("-")[2] for one in form.wrong_fields] == ["offres"]
    form = form_of("---\nOffres: [a]\n---\n", DETAILED)
    form.fill(sent(form, **{"offres-0-fin": "bientôt"}))
    assert [one.values for one in form.wrong_fields] == [["bientôt"]]
    legacy = "---\nOffres:\n- Prix: 2 €\n---\n"  # rows without a text, as others may have written them
    assert changed(legacy, DETAILED, **{"offres-0-prix": "3 €"}) == legacy.replace("2", "3")
    assert [one.key for one in form_of("---\nÉtapes: deux\n---\n").other_facts] == ["Étapes"], "a group has no texts"
    assert form_of(legacy, parse_definition("## Un\n### Offres\n- several: yes\n")).other_facts


def test_details_follow_a_synonym_and_a_separator(alice: User) -> None:
    make_page("Attribut:Offers", "#REDIRECT [[Attribut:Offres]]", by=alice)
    make_page("Attribut:Offres", "---\nHas type: Texte\nSeparator: ';'\n---", by=alice)
    text = "---\nOffers: a; b\n---\n"
    assert changed(text, DETAILED) == text
    new = "---\nOffers:\n- a\n- Offers: b\n  Prix: 2 €\n---\n"
    assert changed(text, DETAILED, **{"offres-1-prix": "2 €"}) == new


def test_other_facts_are_listed_and_kept() -> None:
    form = form_of("---\nkind: Lieu\nAutre: reste\nVille:\n  - Nom: Lyon\n---\n")
    assert [(fact.key, fact.text) for fact in form.other_facts] == [("Autre", "reste"), ("Ville", "Nom: Lyon")]
    assert "fact-ville" not in [one.name for one in form.fields]


def test_errors_stand_at_their_field_and_only_for_what_was_changed(alice: User) -> None:
    make_page("Attribut:Surface", "---\nA le type: Quantité\nCorrespond à: 1 m²\n---", by=alice)
    text = "---\nVille: Lyon\nSurface: grand\nNiveau: moyen\n---\n"
    form = form_of(text)
    form.fill(sent(form))
    assert form.is_valid, "what was wrong before does not stop anyone"
    form = form_of(text)
    form.fill(sent(form, ville="", surface="petit", niveau="fou"))
    assert [one.name for one in form.fields if one.errors] == ["fact-ville", "fact-surface", "fact-niveau"]
    assert field_of(form, "surface").values == ["petit"], "what was typed stays"


def test_a_field_for_stewards_is_hidden_from_others_and_kept() -> None:
    text = "---\nVille: Lyon\nSecret: oui\n---\n"
    form = form_of(text, is_steward=False)
    assert "fact-secret" not in [one.name for one in form.fields]
    assert not form.other_facts
    form.fill(sent(form, ville="Brest", secret="non"))
    assert form.new_text("") == text.replace("Lyon", "Brest")
    assert field_of(form_of(text), "secret").values == ["oui"]


def test_a_synonym_is_the_same_field(alice: User) -> None:
    make_page("Attribut:Town", "#REDIRECT [[Attribut:Ville]]", by=alice)
    assert changed("---\nTown: Lyon\n---\n", ville="Brest") == "---\nTown: Brest\n---\n"


def test_a_value_that_cannot_be_written_is_an_error() -> None:
    form = form_of("---\nVille: Lyon\n---\n")
    field_of(form, "ville").values = ["x\x00"]
    form.new_text("")
    assert field_of(form, "ville").errors


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=10)
values = words.map(str.strip).filter(bool)
fronts = st.dictionaries(
    st.sampled_from(["Ville", "Besoins", "Note", "Autre", "ville"]),
    st.one_of(values, st.lists(values, max_size=3)),
    max_size=4,
)


class RoundTrip(TestCase):
    """Form, text and form again, over random facts."""

    @given(fronts, values, st.lists(values, max_size=3, unique=True), st.text("abé\n#-", max_size=20))
    def test_all_fields_come_back(
        self, front: dict[str, str | list[str]], town: str, needs: list[str], body: str
    ) -> None:
        lines = [
            f"{key}: {value if isinstance(value, str) else '[' + ', '.join(value) + ']'}"
            for key, value in front.items()
        ]
        text = "---\n" + "".join(f"{line}\n# rem\n" for line in lines) + f"---\n{body}" if lines else body
        form = form_of(text)
        form.fill(sent(form, ville=town, besoins=needs))
        if not form.is_valid:
            return
        new_text = form.new_text(parse_front_matter(text).body)
        if not form.is_valid:  # a value that cannot be written
            return
        again = form_of(new_text)
        assert {one.name: one.values for one in again.fields} == {one.name: one.values for one in form.fields}
        assert [(fact.key, fact.text) for fact in again.other_facts] == [
            (fact.key, fact.text) for fact in form.other_facts
        ]
        assert new_text.count("# rem\n") >= text.count("# rem\n")
        assert new_text.endswith(parse_front_matter(text).body)
