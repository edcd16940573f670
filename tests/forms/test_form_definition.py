"""The text of a form page is read and written without loss."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.forms.field_inputs import INPUTS, find_input, shown_value, written_value
from wiki.forms.form_definition import (
    FIELDS_LIMIT,
    STEWARDS,
    FormField,
    parse_definition,
    write_definition,
)
from wiki.forms.form_lookup import all_fields, built_in_texts

KINDS = {"place", "practice", "project", "event", "person", "organisation", "service", "resource", "charter"}
TEXT = """Une note.

- nom (fr): Atelier
- name (en): Workshop
- order: 12

## Où
- label (en): Where

Une autre note.

### Ville
- saisie: commune
- aide (fr): Laquelle ?
- obligatoire: oui
- inconnu: mot

### Comptes
- pour: concierges

#### Année
- input: number
- unité: ans
- choices: 1 | 2 | 1
- choices (en): one | two

```python
code
```

```starter fr
## Début
```
"""


def test_all_that_a_text_says_is_read() -> None:
    form = parse_definition(TEXT)
    assert form.terms.names == {"fr": "Atelier", "en": "Workshop"}
    assert form.terms.order == 12
    assert form.notes == "Une note."
    section = form.sections[0]
    assert (section.name, section.label("en"), section.notes) == ("Où", "Where", "Une autre note.")
    town, accounts = section.fields
    assert (town.property, town.input, town.is_required, town.help("fr")) == ("Ville", "commune", True, "Laquelle ?")
    assert town.notes == "- inconnu: mot"
    assert form.unknown == ("inconnu",)
    assert accounts.audience == STEWARDS
    year = accounts.fields[0]
    assert (year.input, year.unit, year.choices) == ("number", "ans", ("1", "2"))
    assert year.label_of_choice("2", "en") == "two"
    assert year.label_of_choice("3", "en") == "3"
    assert "code" in year.notes
    assert form.starter("fr") == "## Début\n"
    assert form.starter("en") == ""


def test_a_written_form_is_read_as_it_was() -> None:
    for text in (TEXT, *built_in_texts().values()):
        form = parse_definition(text)
        for language in ("fr", "en"):
            again = parse_definition(write_definition(form, language))
            assert again == form


@given(st.text("#- :|()abcé\n`\r", max_size=200))
def test_no_text_is_refused_and_writing_settles(text: str) -> None:
    form = parse_definition(text)
    once = write_definition(form, "fr")
    assert parse_definition(once).sections == parse_definition(write_definition(parse_definition(once), "fr")).sections


def test_fields_are_bounded() -> None:
    form = parse_definition("## A\n" + "".join(f"### P{number}\n" for number in range(FIELDS_LIMIT + 50)))
    assert form.is_cut
    assert len(list(form.fields)) == FIELDS_LIMIT
    assert not parse_definition(TEXT).is_cut


def test_the_forms_that_come_with_the_wiki_are_whole() -> None:
    assert set(built_in_texts()) == KINDS
    for key, text in built_in_texts().items():
        form = parse_definition(text)
        assert form.unknown == (), key
        assert set(form.terms.names) == set(form.terms.plurals) == {"fr", "en"}
        for one in all_fields(form):
            assert one.fields or find_input(one.input) is not None, (key, one.property)
            assert "en" in one.labels, (key, one.property)
            for labels in one.choice_labels.values():
                assert len(labels) == len(one.choices), (key, one.property)


def test_inputs_are_found_by_their_words_in_both_languages() -> None:
    assert all(find_input(name) is one for one in INPUTS.values() for name in one.names)
    assert find_input("Horaires") is INPUTS["opening-hours"]
    assert find_input("rien") is None


def test_a_number_is_shown_without_its_unit() -> None:
    people = FormField("Capacité", "number", unit="personnes")
    assert shown_value(people, "1 850 personnes") == "1 850"
    assert shown_value(people, "1 personne") == "1"
    assert shown_value(people, "12 chaises") == "12 chaises"
    assert written_value(people, " 30 ") == "30 personnes"
    assert written_value(people, "30 chaises") == "30 chaises"
    picture = FormField("Image", "picture")
    assert shown_value(picture, "Fichier:Four.jpg") == "Four.jpg"
    assert written_value(picture, "Four.jpg") == "File:Four.jpg"


@pytest.mark.parametrize(
    "line",
    ["- a" + " " * 200_000, "## " + " " * 200_000 + "x", "## " + "# " * 100_000, "- choices: " + " " * 200_000 + "x",
     "-" + " " * 200_000 + ":", "- " + "(" * 200_000, "###" + "#" * 200_000],
    ids=range(7),
)  # fmt: skip
def test_hostile_lines_take_little_time(line: str) -> None:
    start = time.process_time()
    parse_definition(f"## Un\n### Deux\n{line}\n")
    shown_value(FormField("A", "number", unit="m"), line + "1\n" * 1000)
    assert time.process_time() - start < 1
