"""Lists of fields: edited in the browser by stewards, pages with history, from which kinds follow."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.exchange.archives import export
from tests.factories import make_page, make_place
from wiki.errors import NotAllowed
from wiki.exchange.archive.importer import import_archive
from wiki.forms.field_inputs import input_of
from wiki.forms.field_list_forms import FieldRows, initial_rows, sections_of
from wiki.forms.form_definition import FormField, parse_definition, write_definition
from wiki.forms.form_lookup import built_in_texts, definition_of, form_of_kind
from wiki.pages import page_lookup, permissions
from wiki.pages.models import Kind, PageVersion
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.rederivation import RederivationJob
from wiki.text.titles import FORM

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
WORKSHOP = "- name (fr): Atelier\n- plural (fr): Ateliers\n- colour: rose\n\n## Un\n\n### Public\n- input: text\n"


@pytest.fixture
def steward(bob: User) -> User:
    """Bob, who looks after a place."""
    make_place("La Myne", by=bob)
    return bob


def sent_rows(rows: list[dict[str, Any]], **more: str) -> dict[str, str]:
    """What the screen sends of rows, in their order."""
    data = {"row-TOTAL_FORMS": str(len(rows)), "row-INITIAL_FORMS": str(len(rows)), "base": "0"}
    for number, row in enumerate(rows):
        data[f"row-{number}-ORDER"] = str(number + 1)
        for name, value in row.items():
            if value not in ("", False):
                data[f"row-{number}-{name}"] = "on" if value is True else str(value)
    return data | more


def canonical(one: FormField) -> FormField:
    """A field whose input is named by its id, as the screen does."""
    return replace(one, input=input_of(one).id, fields=tuple(map(canonical, one.fields)))


TERMS = {"name_fr": "Pratique", "name_en": "Practice", "icon": "practice", "colour": "ochre", "order": "30"}


def test_all_fields_come_back_from_the_screen() -> None:
    for key, text in built_in_texts().items():
        definition = definition_of(text)
        rows = FieldRows(sent_rows(initial_rows(definition)), initial=initial_rows(definition), prefix="row")
        assert rows.is_valid(), (key, rows.errors)
        found = [one for section in sections_of(rows) for one in section.fields]
        assert [section.label("en") for section in sections_of(rows)] == [s.label("en") for s in definition.sections]
        assert found == [canonical(one) for one in definition.fields]


def test_a_steward_changes_the_list_and_the_form_follows(steward: User, alice: User, client_of: ClientOf) -> None:
    client = client_of(steward, "fr")
    assert client.get("/forms/practice/fields").status_code == 200
    rows = [
        {"level": "section", "name": "En bref"},
        {"level": "field", "name": "Public", "input": "text", "is_required": True, "label_fr": "Pour qui"},
        {"level": "field", "name": "Durée", "input": "number", "unit": "h"},
    ]
    preview = client.post("/forms/practice/fields", sent_rows(rows, **TERMS, preview="1"))
    assert 'name="fact-duree"' in preview.content.decode()
    assert page_lookup.find_by_key("Form:Practice") is None
    assert client.post("/forms/practice/fields", sent_rows(rows, **TERMS, save="1")).status_code == 302
    page = page_lookup.find_by_key("Form:Practice")
    assert page is not None
    assert "### Durée\n- saisie: number\n- unité: h" in (page.source.text or "")
    make_page("Compost", "---\nkind: Pratique\n---\n", by=alice)
    content = client_of(alice).get("/form/Compost").content.decode()
    assert 'name="fact-duree"' in content
    assert 'name="fact-cout"' not in content
    declared = page_lookup.find_by_key("Property:Durée")
    assert declared is not None
    assert "Has type: _qty\nCorresponds to: 1 h" in (declared.source.text or "")
    again = sent_rows([*rows, {"level": "field", "name": "Coût", "input": "number"}], **TERMS, save="1") | {"base": "1"}
    client.post("/forms/practice/fields", again)
    assert PageVersion.objects.filter(page=page).count() == 2


def test_a_conflict_on_the_list_loses_nothing(steward: User, client_of: ClientOf) -> None:
    page = make_page("Form:Practice", WORKSHOP, by=steward)
    page_writer.edit(page, WORKSHOP.replace("Public", "Autre"), Author.of(steward))
    rows = [{"level": "section", "name": "Un"}, {"level": "field", "name": "Durée", "input": "text"}]
    answer = client_of(steward).post("/forms/practice/fields", sent_rows(rows, **TERMS, save="1") | {"base": "1"})
    assert answer.status_code == 409
    assert "Durée" in answer.content.decode()
    assert "Autre" in answer.content.decode()


def test_a_wrong_name_is_said_beside_it(steward: User, client_of: ClientOf) -> None:
    rows = [{"level": "section", "name": "Un"}, {"level": "field", "name": "a|b", "input": "text"}]
    answer = client_of(steward).post("/forms/practice/fields", sent_rows(rows, **TERMS, save="1"))
    assert answer.status_code == 422
    assert 'value="a|b"' in answer.content.decode()


def test_only_stewards_write_pages_of_forms(alice: User, steward: User, client_of: ClientOf) -> None:
    for user, may in ((alice, False), (steward, True)):
        assert permissions.has_permission(user, permissions.Action.EDIT_FORM) is may
    with pytest.raises(NotAllowed):
        page_writer.create("Formulaire:Pratique", WORKSHOP, Author.of(alice))
    page = make_page("Form:Practice", WORKSHOP, by=steward)
    with pytest.raises(NotAllowed):
        page_writer.edit(page, "", Author.of(alice))
    with pytest.raises(NotAllowed):
        page_writer.delete(page, Author.of(alice))
    assert client_of(alice).get("/forms/practice/fields").status_code == 403
    assert client_of(alice).post("/forms/practice/fields", sent_rows([], **TERMS)).status_code == 403
    page_writer.edit(page, WORKSHOP + "\n", Author.of(steward))


def test_who_renames_pages_of_a_place_makes_no_form_of_them(alice: User, steward: User) -> None:
    place = page_lookup.find("La Myne", steward)
    assert place is not None
    page = make_page("Page", WORKSHOP, by=alice, place=place)
    with pytest.raises(NotAllowed):
        permissions.require_namespace(alice, FORM)
    permissions.require_namespace(None, FORM)
    page_moves.move(page, "Form:Atelier", Author.of(steward))
    assert Kind.objects.filter(key="atelier").exists()


def test_an_administrator_without_a_place_writes_forms(alice: User) -> None:
    alice.is_superuser = True
    alice.save()
    make_page("Form:Practice", WORKSHOP, by=alice)


def test_kinds_follow_from_form_pages(alice: User, steward: User) -> None:
    early = make_page("Tour à bois", "---\nNature: Atelier\n---\n", by=alice)
    assert early.kind is not None
    assert early.kind.key == "article"
    page = make_page("Form:Workshop", WORKSHOP, by=steward)
    kind = Kind.objects.get(key="workshop")
    assert (kind.name_fr, kind.name_en, kind.plural_fr, kind.colour) == ("Atelier", "Atelier", "Ateliers", "rose")
    RederivationJob().run()
    assert page_lookup.reload_page(early.pk).kind == kind
    page_writer.edit(page, WORKSHOP.replace("Atelier\n", "Établi\n"), Author.of(steward))
    assert Kind.objects.get(key="workshop").name_fr == "Établi"
    page_writer.delete(page, Author.of(steward))
    assert Kind.objects.filter(key="workshop").exists(), "a page has it"
    page_writer.edit(early, "Un texte.", Author.of(alice))
    page_writer.undelete(page_lookup.reload_page(page.pk), Author.of(steward))
    page_writer.delete(page_lookup.reload_page(page.pk), Author.of(steward))
    assert not Kind.objects.filter(key="workshop").exists()


def test_kinds_are_rebuilt_from_the_history(steward: User) -> None:
    make_page("Form:Workshop", WORKSHOP, by=steward)
    make_page("Form:Bois", "## Un\n\n### Essence\n", by=steward)
    before = rebuild_derived.snapshot()
    Kind.objects.filter(key="workshop").update(name_fr="faux", colour="grey")
    call_command("rebuild", verbosity=0)
    assert rebuild_derived.snapshot() == before
    assert not Kind.objects.filter(key="bois").exists(), "a category is no kind"


def test_a_form_travels_in_an_archive(steward: User, alice: User) -> None:
    page = make_page("Form:Workshop", WORKSHOP, by=steward)
    archive = export(page)
    page_writer.delete(page, Author.of(steward))
    Kind.objects.filter(key="workshop").delete()
    with pytest.raises(NotAllowed):
        import_archive(io.BytesIO(archive), alice)
    import_archive(io.BytesIO(archive), steward)
    assert Kind.objects.filter(key="workshop").exists()
    assert form_of_kind("workshop", steward) is not None


def test_a_kind_that_comes_with_the_wiki_stays(steward: User) -> None:
    page_writer.delete(make_page("Form:Service", WORKSHOP, by=steward), Author.of(steward))
    assert Kind.objects.filter(key="service").exists()
    assert form_of_kind("service", steward) is not None


def test_properties_of_the_built_in_forms_are_created_once() -> None:
    call_command("install_forms", verbosity=0)
    page = page_lookup.find_by_key("Property:Horaires")
    assert page is not None
    assert "Has type: _oh" in (page.source.text or "")
    count = PageVersion.objects.count()
    call_command("install_forms", verbosity=0)
    assert PageVersion.objects.count() == count


def test_the_table_has_a_column_for_each_field(client: Client) -> None:
    answer = client.get("/forms/event/table.csv", headers={"accept-language": "fr"})
    rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0][:3] == ["Titre", "Date", "Fin"]
    assert client.get("/forms/zzz/table.csv").status_code == 404
    assert "tapes" not in client.get("/forms/practice/table.csv").content.decode(), "steps are no facts"


def test_a_list_of_another_language_is_read(steward: User) -> None:
    definition = parse_definition(WORKSHOP)
    assert "saisie: text" in write_definition(definition, "fr")
    assert "input: text" in write_definition(definition, "en")
