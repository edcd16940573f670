"""Edited tables: what has inputs, what is saved and what is not, merges and conflicts, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from tests.table_editing.sent_tables import cell_name, sent_data
from wiki.accounts import rate_limits
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.writing import page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User
    from wiki.table_editing.editable_table import EditableTable

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

ADDRESS = "/ask/edit?q=[[Ville::%2B]]&po=?Ville%0A?Surface%0A?Services"
FOUR = "---\n# remarque\nVille :   Lyon   # la ville\nSurface: 12\nServices: [Café, Wifi]\nAutre: x\n---\nLe four.\n"
TOUR = "---\nVille: Brest\nServices: Wifi\n---\nLa tour."


@pytest.fixture(autouse=True)
def pages(alice: User) -> None:
    make_page("Property:Surface", "---\nHas type: Number\n---\n")
    make_page("Four", FOUR, by=alice)
    make_page("Tour", TOUR, by=alice)


def text_of(title: str) -> str:
    page = page_lookup.find_by_key(page_lookup.titles.key_of(title))
    assert page is not None
    return str(page.source.text)


def write(title: str, text: str, by: User) -> None:
    page = page_lookup.find_by_key(page_lookup.titles.key_of(title))
    assert page is not None
    page_writer.edit(page, text, Author.of(by))


def table_at(client: Client, address: str = ADDRESS) -> EditableTable:
    table: EditableTable = client.get(address).context["table"]
    return table


def shown(table: EditableTable) -> dict[str, list[tuple[str, str]]]:
    """Return control and value of each cell by the title of its row."""
    return {row.title: [(cell.control, cell.value) for cell in row.cells] for row in table.rows}


def save(client: Client, changes: dict[tuple[str, str], str | list[str]], table: EditableTable, **more: str) -> Any:
    return client.post(ADDRESS, sent_data(table, changes, save="1", **more), follow=True)


def test_cells_are_inputs_by_type_and_unchanged_ones_change_nothing(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, "en")
    table = table_at(client)
    assert shown(table) == {
        "Four": [("line", "Lyon"), ("line", "12"), ("area", "Café\nWifi")],
        "Tour": [("line", "Brest"), ("line", ""), ("line", "Wifi")],
    }
    assert "Nothing was changed" in save(client, {}, table).content.decode()
    assert text_of("Four") == FOUR
    response = save(client, {("Four", "Surface"): "30"}, table, comment="mesuré", minor="on")
    content = response.content.decode()
    assert "1 page is saved." in content
    assert text_of("Four") == FOUR.replace("Surface: 12", "Surface: 30")  # and no other byte
    assert text_of("Tour") == TOUR
    version = PageVersion.objects.get(page__title="Four", number=2)
    assert (version.comment, version.minor, version.changeset.act) == ("mesuré", True, Changeset.Act.EDIT)
    assert version.changeset.versions.count() == 1
    assert f"/batch/{version.changeset_id}/undo" in content


def test_several_pages_are_one_batch_with_lists_and_removals(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    changes: dict[tuple[str, str], str | list[str]] = {
        ("Four", "Services"): "Wifi\nJardin\n", ("Four", "Surface"): "", ("Tour", "Surface"): "7",
    }  # fmt: skip
    save(client, changes, table_at(client))
    assert "Services: [Wifi, Jardin]\n" in text_of("Four")
    assert "Surface" not in text_of("Four")
    assert text_of("Tour") == TOUR.replace("---\nLa", "Surface: 7\n---\nLa")
    assert Changeset.objects.get(act=Changeset.Act.EDIT).versions.count() == 2


def test_a_wrong_value_is_refused_beside_its_cell_and_all_stays(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, "en")
    table = table_at(client)
    response = save(client, {("Four", "Surface"): "beaucoup", ("Tour", "Ville"): "Nantes"}, table, comment="si")
    assert response.status_code == 422
    content = response.content.decode()
    assert 'value="beaucoup"' in content
    assert 'value="Nantes"' in content
    assert 'value="si"' in content
    assert f'id="{cell_name(table, "Four", "Surface")}-error"' in content
    assert text_of("Tour") == TOUR
    response = save(client, {("Tour", "Ville"): "a" * 10_000}, response.context["table"], comment="c" * 501)
    assert response.status_code == 422


def test_what_others_changed_meanwhile_is_merged(alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(alice, "en")
    table = table_at(client)
    write("Four", FOUR.replace("Lyon", "Vienne").replace("Wifi]", "Wifi, Bar]") + "Ajout.", bob)
    response = save(client, {("Four", "Surface"): "13", ("Four", "Services"): "Café\nWifi\nJardin"}, table)
    assert "Merged with what was changed meanwhile." in response.content.decode()
    text = text_of("Four")
    assert "Ville :   Vienne   # la ville\nSurface: 13\n" in text
    assert "Services: [Café, Wifi, Jardin, Bar]" in text
    assert text.endswith("Ajout.")


@pytest.mark.parametrize(("choice", "city"), [("mine", "Nantes"), ("theirs", "Vienne")])
def test_a_conflict_asks_and_saves_nothing_before(
    choice: str, city: str, alice: User, bob: User, client_of: ClientOf
) -> None:
    client = client_of(alice, "en")
    table = table_at(client)
    write("Four", FOUR.replace("Lyon", "Vienne").replace("12", "14"), bob)
    response = save(client, {("Four", "Ville"): "Nantes", ("Tour", "Ville"): "Dinan"}, table)
    assert response.status_code == 409
    content = response.content.decode()
    assert "<b>Vienne</b>" in content
    assert "<b>Nantes</b>" in content
    assert text_of("Tour") == TOUR  # all or nothing
    again = response.context["table"]
    assert ("line", "14") in shown(again)["Four"]  # what nobody clashes on is as it stands now
    undecided = save(client, {}, again)
    assert undecided.status_code == 422
    assert "Choose what shall stand here." in undecided.content.decode()
    again = undecided.context["table"]
    name = cell_name(again, "Four", "Ville")
    saved = save(client, {}, again, **{f"{name}-conflict": choice})
    assert saved.status_code == 200
    assert text_of("Four") == FOUR.replace("Lyon", city).replace("12", "14")
    assert "Ville: Dinan" in text_of("Tour")


def test_a_page_that_went_away_keeps_what_was_typed(alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(alice, "en")
    table = table_at(client)
    page = page_lookup.find_by_key("Tour")
    assert page is not None
    bob.is_superuser = True
    bob.save()
    page_writer.delete(page, Author.of(bob))
    response = save(client, {("Tour", "Ville"): "Dinan", ("Four", "Ville"): "Nantes"}, table)
    assert response.status_code == 409
    assert "Leave it out to save the others." in response.content.decode()
    assert "<bdi>Dinan</bdi>" in response.content.decode()
    again = response.context["table"]
    data = sent_data(again, {}, save="1") | dict(next(row.kept for row in again.rows if row.kept))
    assert client.post(ADDRESS, data).status_code == 409
    assert client.post(ADDRESS, data | {f"leave-{page.pk}": "1"}).status_code == 302
    assert "Nantes" in text_of("Four")


def test_the_session_may_end_without_loss(alice: User, client_of: ClientOf) -> None:
    data = sent_data(table_at(client_of(alice)), {("Four", "Ville"): "Nantes"}, save="1")
    stranger = Client(HTTP_ACCEPT_LANGUAGE="en")
    response = stranger.post(ADDRESS, data)
    assert response.status_code == 403
    assert 'value="Nantes"' in response.content.decode()
    wrong = stranger.post(ADDRESS, data | {"username": "alice", "password": "faux"})
    assert wrong.status_code == 403
    assert text_of("Four") == FOUR
    checked = Client(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="en").post(ADDRESS, data)
    assert checked.status_code == 403
    assert 'value="Nantes"' in checked.content.decode()
    from tests.conftest import PASSWORD

    assert stranger.post(ADDRESS, data | {"username": "alice", "password": PASSWORD}).status_code == 302
    assert "Nantes" in text_of("Four")


def test_columns_that_the_page_does_not_state_are_only_shown(alice: User, client_of: ClientOf) -> None:
    make_page("Lien", "Un texte, [[Ville::Caen]], et [[Voisin::Four]].", by=alice)
    client = client_of(alice, "en")
    response = client.get(
        "/ask/edit?q=[[Ville::%2B]]"
        "&po=?Ville%0A?Voisin.Ville%0A?-Voisin%0A?Modification date%0A?Category%0A?Kind%0A?Ville=Encore"
    )
    table = response.context["table"]
    cells = dict(shown(table).items())
    assert cells["Lien"][:3] == [("none", "Caen"), ("none", "Lyon"), ("none", "")]
    assert [control for control, _ in cells["Four"]] == ["line"] + ["none"] * 6
    assert all(column.note for column in table.columns[1:])
    content = response.content.decode()
    assert "The text of the page states this" in content
    assert "Another page states this" in content
    # A form that claims otherwise gets no cells.
    data = sent_data(table, {}) | {"column": ["+Ville", "+Kind", "+Modification date", "+Category", "+Voisin|", "+ "]}
    data |= {
        name.replace("-0", f"-{number}"): "x" for name in list(data) if name.endswith("-0") for number in (1, 2, 3)
    }
    assert client.post(ADDRESS, data).status_code == 302
    assert text_of("Four") == FOUR


def test_another_column_keeps_what_was_typed(alice: User, client_of: ClientOf) -> None:
    make_place("Atelier", alice, "---\nVille: Lyon\n---\nUn lieu.")
    client = client_of(alice)
    table = table_at(client, "/directory/place/edit?ville=Lyon")
    name = table.further_fields[0][0]
    data = sent_data(table, {("Atelier", "Ville"): "Nantes"}, add="1", further=name, comment="pourquoi")
    response = client.post("/directory/place/edit?ville=Lyon", data)
    again = response.context["table"]
    assert again.columns[-1].name == name
    assert ("line", "Nantes") in shown(again)["Atelier"]
    assert 'value="pourquoi"' in response.content.decode()
    saved = client.post("/directory/place/edit", sent_data(again, {}, save="1"))
    assert saved.status_code == 302
    assert "Ville: Nantes" in text_of("Atelier")


def test_choices_truths_and_units_are_inputs_of_their_form(alice: User, bob: User, client_of: ClientOf) -> None:
    make_page("Property:Ouvert", "---\nHas type: Boolean\n---\n")
    make_page("Property:Type", "---\nHas type: Text\nAllows value: [Fablab, Café]\n---\n")
    make_page("Grue", "---\nVille: Lyon\nOuvert: oui\nType: Fablab\n---\n", by=alice)
    make_page("Cale", "---\nVille: Lyon\nOuvert: parfois\nType: [Fablab, Café]\nSurface: {a: b}\n---\n", by=alice)
    address = "/ask/edit?q=[[Ville::Lyon]]&po=?Ouvert%0A?Type%0A?Surface"
    client = client_of(alice)
    table = table_at(client, address)
    cells = shown(table)
    assert cells["Grue"][:2] == [("yes_no", "oui"), ("choice", "Fablab")]
    assert cells["Cale"] == [("line", "parfois"), ("area", "Fablab\nCafé"), ("none", "")]
    assert client.post(address, sent_data(table, {("Grue", "Type"): "Bar"})).status_code == 422
    assert (
        client.post(address, sent_data(table, {("Grue", "Type"): "Café", ("Grue", "Ouvert"): "non"})).status_code == 302
    )
    assert "Ouvert: non\nType: Café\n" in text_of("Grue")
    assert "Ouvert: parfois" in text_of("Cale")


def test_checkboxes_keep_the_order_of_the_text_and_required_fields_stay(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    make_page("Form:Place", "## Tout\n\n### Services\n\n- input: choices\n- choices: Bar | Café | Wifi\n\n"
              "### Ville\n\n- required: yes\n\n### Note\n\n- for: stewards\n", by=_steward(bob))  # fmt: skip
    make_place("Atelier", bob, "---\nServices: [Wifi, Bar]\nVille: Lyon\nNote: secret\n---\nUn lieu.")
    address = "/directory/place/edit"
    for user, control in ((alice, "none"), (bob, "line")):
        table = table_at(client_of(user), address)
        assert shown(table)["Atelier"] == [("choices", "Wifi\nBar"), ("line", "Lyon"), (control, "secret")]
    as_steward = table
    alices = client_of(alice, "en")
    refused = alices.post(address, sent_data(as_steward, {("Atelier", "Note"): "public"}))
    assert refused.status_code == 422
    assert "Only those who look after the place" in refused.content.decode()
    assert alices.post(address, sent_data(table, {("Atelier", "Ville"): ""})).status_code == 422
    before = text_of("Atelier")
    assert alices.post(address, sent_data(table, {("Atelier", "Services"): ["", "Bar", "Wifi"]})).status_code == 302
    assert text_of("Atelier") == before
    assert (
        alices.post(address, sent_data(table, {("Atelier", "Services"): ["", "Bar", "Café", "Wifi"]})).status_code
        == 302
    )
    assert "Services: [Wifi, Bar, Café]" in text_of("Atelier")


def _steward(user: User) -> User:
    make_place("Siège", user)
    return user


def test_rights_and_limits(alice: User, bob: User, charlie: User, client_of: ClientOf, monkeypatch: Any) -> None:
    make_page("Dora", "---\nKind: Person\nVille: Lyon\n---\n", by=bob)
    dora = page_lookup.find_by_key("Dora")
    assert dora is not None
    page_hiding.hide(dora, Author.of(bob))
    client = client_of(alice, "en")
    table = table_at(client)
    assert "Dora" not in shown(table)
    data = sent_data(table, {("Four", "Ville"): "Nantes"}, save="1")
    forged = data | {"row": [*data["row"], f"{dora.pk}:{dora.version}", "x", "1:1:1"], f"c-{dora.pk}-0": "Nantes"}
    refused = client.post(ADDRESS, forged)
    assert refused.status_code == 409
    assert "Dora" not in refused.content.decode()
    assert client_of(charlie).get(ADDRESS).status_code == 403
    assert client_of(charlie).post(ADDRESS).status_code == 403
    blocked = client_of(charlie).post(ADDRESS, data)
    assert blocked.status_code == 403
    assert 'value="Nantes"' in blocked.content.decode()
    assert client_of(AnonymousUser()).get(ADDRESS).status_code == 302
    monkeypatch.setattr(rate_limits, "BATCHES", rate_limits.RateLimit(0, 60, "Wait."))
    assert client.post(ADDRESS, data).status_code == 429
    assert text_of("Four") == FOUR


def test_a_race_is_merged_again(alice: User, bob: User, client_of: ClientOf, monkeypatch: Any) -> None:
    """Somebody saves between the look at the page and the write."""
    from wiki.table_editing import table_saving

    real, raced = table_saving.edit_pages, []

    def edit_pages(*arguments: Any) -> Any:
        if not raced:
            raced.append(1)
            write("Four", FOUR + "Plus tard.", bob)
        return real(*arguments)

    client = client_of(alice)
    table = table_at(client)
    monkeypatch.setattr(table_saving, "edit_pages", edit_pages)
    save(client, {("Four", "Ville"): "Nantes"}, table)
    assert text_of("Four") == FOUR.replace("Lyon", "Nantes") + "Plus tard."
    assert Changeset.objects.filter(act=Changeset.Act.EDIT).count() == 1


def test_odd_requests_are_answered(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/ask/edit").status_code == 302
    assert client.get("/ask/edit?q=[[").status_code == 422
    assert client.get("/directory/rien/edit").status_code == 404
    assert client.get("/directory/place/edit?p=99999&q=x").status_code == 200
    for data in ({}, {"row": "1:1", "column": "+"}, {"row": ["999:1"], "column": ["+Ville"], "c-999-0": "x"}):
        assert client.post(ADDRESS, data).status_code < 500
    assert b"earlier day" in client_of(alice, "en").get(f"{ADDRESS}&at=2020").content


def test_the_number_of_queries_does_not_grow(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    client.get(ADDRESS)
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            table = table_at(client)
        with CaptureQueriesContext(connection) as writes:
            save(client, {(row.title, "Ville"): f"Ville {number}" for row in table.rows}, table)
        counts.append((len(queries), len(writes) / len(table.rows)))
        for index in range(8):
            make_page(f"Page {index} {number}", FOUR, by=alice)
    assert counts[0][0] == counts[1][0]
    assert counts[1][1] < counts[0][1]  # each page has its row written, and little else
    assert WikiPage.objects.filter(title__startswith="Page").count() == 16


def test_needs_are_texts_in_cells_and_those_with_details_are_left_to_the_form(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    make_place("Un", by=bob, text="---\nBesoins: [Bras, Four]\n---\nx")
    make_place("Deux", by=bob, text="---\nBesoins:\n- Besoins: Salle\n  Prix: 10 €\n---\nx")
    controls = shown(table_at(client_of(alice), "/ask/edit?q=[[Besoins::%2B]]&po=?Besoins"))
    assert controls["Un"][0][1] == "Bras\nFour"
    assert controls["Deux"][0][0] == "none"
