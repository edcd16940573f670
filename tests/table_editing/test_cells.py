"""What single cells show and enter: long texts, lists, boxes, and what becomes of them when the page changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import make_page, make_place
from tests.table_editing.sent_tables import cell_name, sent_data
from tests.table_editing.test_views import shown, table_at, text_of, write
from wiki.errors import NotAllowed
from wiki.pages.models import WikiPage
from wiki.table_editing import table_saving
from wiki.text.titles import MIRROR_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from wiki.accounts.models import User

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ADDRESS = "/directory/place/edit"
FORM = """## Tout

### Résumé

- input: long text

### Services

- input: choices
- choices: Bar | Café | Wifi

### Courriel

- input: email

### Horaires

- input: opening-hours

### Ville

- required: yes

### Mots

- several: yes
"""
ATELIER = """---
Résumé: |-
  Un lieu.

  Ouvert.
Services: [Wifi, Café]
Courriel: a@example.org
Ville: Lyon
Mots: [un, deux]
---
Un lieu.
"""


@pytest.fixture
def client(alice: User, bob: User, client_of: ClientOf) -> Client:
    make_place("Siège", bob)
    make_page("Form:Place", FORM, by=bob)
    make_place("Atelier", alice, ATELIER)
    return client_of(alice, "en")


def test_each_cell_shows_its_values_and_gives_them_back(client: Client) -> None:
    response = client.get("/ask/edit?q=[[Atelier]]&po=?Résumé%0A?Services%0A?Courriel%0A?Horaires%0A?Ville%0A?Mots")
    table = response.context["table"]
    assert shown(table)["Atelier"] == [
        ("area", "Un lieu.\n\nOuvert."), ("choices", "Wifi\nCafé"), ("line", "a@example.org"), ("line", ""),
        ("line", "Lyon"), ("area", "un\ndeux"),
    ]  # fmt: skip
    content = response.content.decode()
    assert 'type="email" value="a@example.org"' in content
    assert 'data-was="un\ndeux"' in content
    assert 'data-input="opening-hours"' not in content
    assert 'placeholder="Tu-Fr' in content
    assert [cell.lines for cell in table.rows[0].cells] == [3, 2, 1, 1, 1, 2]
    assert client.post(ADDRESS, sent_data(table, {}, save="1")).status_code == 302
    assert text_of("Atelier") == ATELIER
    # A cell that was not sent is not emptied.
    data = sent_data(table, {("Atelier", "Ville"): "Brest", ("Atelier", "Services"): ["", "Café", "Bar"]})
    del data[cell_name(table, "Atelier", "Mots")], data[cell_name(table, "Atelier", "Courriel")]
    assert client.post(ADDRESS, data).status_code == 302
    assert text_of("Atelier") == ATELIER.replace("Lyon", "Brest").replace("[Wifi, Café]", "[Café, Bar]")


def test_values_that_no_cell_shows_have_no_input(client: Client, alice: User) -> None:
    make_place("Bocal", alice, '---\nVille: Lyon\nMots: ["a\\nb", c]\n---\n')
    make_place("Cale", alice, "---\nVille: Lyon\nMots: a\n---\n")
    table = table_at(client, "/ask/edit?q=[[Ville::Lyon]]&po=?Mots")
    assert shown(table) == {"Atelier": [("area", "un\ndeux")], "Bocal": [("none", "a\nb · c")], "Cale": [("area", "a")]}
    data = sent_data(table, {("Cale", "Mots"): "a\nb"})
    write("Cale", "---\nVille: Lyon\nMots: {x: y}\n---\n", alice)
    refused = client.post(ADDRESS, data)
    assert refused.status_code == 409
    assert "The page states this in another way now" in refused.content.decode()


def test_lists_are_merged_or_clash(client: Client, alice: User) -> None:
    table = table_at(client, "/ask/edit?q=[[Atelier]]&po=?Mots%0A?Services")
    write("Atelier", ATELIER.replace("un, deux", "un, sept").replace("Wifi, Café", "Wifi"), alice)
    changes: dict[tuple[str, str], str | list[str]] = {
        ("Atelier", "Mots"): "un\nhuit", ("Atelier", "Services"): ["", "Wifi", "Café", "Bar"],
    }  # fmt: skip
    response = client.post(ADDRESS, sent_data(table, changes))
    assert response.status_code == 409
    again = response.context["table"]
    assert shown(again)["Atelier"] == [("area", "un\nhuit"), ("choices", "Wifi\nBar")]
    name = cell_name(again, "Atelier", "Mots")
    # Who types what stands there needs not choose.
    typed = sent_data(again, {("Atelier", "Mots"): "un\nsept"}) | {f"{name}-conflict": "neither"}
    assert client.post(ADDRESS, typed).status_code == 302
    assert "Mots: [un, sept]" in text_of("Atelier")
    assert "Services: [Wifi, Bar]" in text_of("Atelier")


def test_an_empty_cell_that_both_fill_gets_one_value(client: Client, alice: User) -> None:
    make_place("Bocal", alice, "---\nVille: Lyon\n---\n")
    table = table_at(client, "/ask/edit?q=[[Bocal]]&po=?Courriel%0A?Ville%0A?Autre")
    write("Bocal", "---\nVille: Brest\nCourriel: b@example.org\n---\n", alice)
    changes: dict[tuple[str, str], str | list[str]] = {
        ("Bocal", "Courriel"): "c@example.org", ("Bocal", "Autre"): "x",
    }  # fmt: skip
    response = client.post(ADDRESS, sent_data(table, changes))
    assert response.status_code == 409
    again = response.context["table"]
    assert [cell.conflict for cell in again.rows[0].cells] == [["b@example.org"], None, None]
    assert shown(again)["Bocal"] == [("line", "c@example.org"), ("line", "Brest"), ("line", "x")]
    chosen = {f"{cell_name(again, 'Bocal', 'Courriel')}-conflict": "mine"}
    assert client.post(ADDRESS, sent_data(again, {}) | chosen).status_code == 302
    assert text_of("Bocal") == "---\nVille: Brest\nCourriel: c@example.org\nAutre: x\n---\n"
    assert not WikiPage.objects.filter(full_title="Property:Autre").exists()  # no form says of which type it is


def test_what_both_wrote_and_what_cannot_be_written(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_at(client, "/ask/edit?q=[[Atelier]]&po=?Ville%0A?Courriel")
    write("Atelier", ATELIER.replace("Lyon", "Brest"), alice)
    assert client.post(ADDRESS, sent_data(table, {("Atelier", "Ville"): "Brest"})).status_code == 302
    page = WikiPage.objects.get(title="Atelier")
    assert page.version == 2  # the same was written by both: no version

    real = table_saving.with_values

    def with_values(text: str, values: dict[str, object]) -> str:
        if "Courriel" in values:
            raise table_saving.UnwritableValue
        return real(text, values)  # type: ignore[arg-type]

    monkeypatch.setattr(table_saving, "with_values", with_values)
    changes: dict[tuple[str, str], str | list[str]] = {
        ("Atelier", "Courriel"): "b@example.org", ("Atelier", "Ville"): "Brest",
    }  # fmt: skip
    response = client.post(ADDRESS, sent_data(table, changes))
    assert response.status_code == 409
    wrong = response.context["table"].wrong_cells
    assert [(cell.column.name, cell.errors) for cell in wrong] == [
        ("Courriel", ["This cannot be written as a fact: leave out unusual signs."])
    ]


def test_properties_of_forms_are_declared_with_their_first_value(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_at(client, "/ask/edit?q=[[Atelier]]&po=?Horaires")
    data = sent_data(table, {("Atelier", "Horaires"): "jamais"})
    assert client.post(ADDRESS, data).status_code == 422
    assert not WikiPage.objects.filter(full_title="Property:Horaires").exists()
    assert client.post(ADDRESS, sent_data(table, {("Atelier", "Horaires"): "24/7"})).status_code == 302
    assert WikiPage.objects.filter(full_title="Property:Horaires").exists()

    def refuse(*arguments: object) -> None:
        raise NotAllowed("Not this property.")

    monkeypatch.setattr(table_saving, "create_missing_properties", refuse)
    table = table_at(client, "/ask/edit?q=[[Atelier]]&po=?Courriel")
    data = sent_data(table, {("Atelier", "Courriel"): "b@example.org"})
    assert "Not this property." in client.post(ADDRESS, data, follow=True).content.decode()
    assert "b@example.org" in text_of("Atelier")


def test_tables_have_limits(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from wiki.table_editing import editable_table, table_columns

    make_place("Bocal", alice, "---\nVille: Lyon\n---\n")
    table = table_at(client, "/ask/edit?q=[[Ville::Lyon]]&po=?Ville%0A?Mots")
    data = sent_data(table, {(title, "Ville"): "Brest" for title in ("Atelier", "Bocal")})
    monkeypatch.setattr(editable_table, "ROWS_LIMIT", 1)
    assert client.post(ADDRESS, data).status_code == 302
    assert "Brest" not in text_of("Bocal")
    monkeypatch.setattr(table_columns, "COLUMNS_LIMIT", 1)
    assert len(table_at(client, "/ask/edit?q=[[Ville::Lyon]]&po=?Ville%0A?Mots").columns) == 1


def test_rows_and_columns_that_cannot_be_changed_have_no_inputs(client: Client, alice: User) -> None:
    make_page("Property:Fiche", "---\nHas type: Record\nHas fields: A; B\n---\n")
    make_page("Copie", "---\nVille: Nantes\n---\n")
    WikiPage.objects.filter(title="Copie").update(namespace=MIRROR_NAMESPACE)
    table = table_at(client, "/ask/edit?q=[[Ville::%2B]]&po=?Ville%0A?Fiche")
    assert shown(table) == {"Atelier": [("line", "Lyon"), ("none", "")], "Copie": [("none", "Nantes"), ("none", "")]}
    assert [(row.title, row.note) for row in table.rows if row.note] == [("Copie", "You may not change this page.")]
    assert table.columns[1].note == "This fact has several fields: change it by the form of the page."
    # Nor for a form that claims so.
    page = WikiPage.objects.get(title="Atelier")
    data = {
        "row": f"{page.pk}:1", "column": ["+Fiche", "+a[b]", "+Fiche|x"],
        **{f"c-{page.pk}-{number}": "x" for number in range(3)},
    }  # fmt: skip
    assert client.post(ADDRESS, data).status_code == 302
    assert text_of("Atelier") == ATELIER
    make_place("Long", alice, "---\nVille: Lyon\nNote: " + "x" * 70_000 + "\n---\n")
    row = next(row for row in table_at(client, ADDRESS).rows if row.title == "Long")
    assert "too long for a table" in row.note
    assert not row.sent
