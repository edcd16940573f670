"""Steps of a practice as rows of its form, through the views and without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.http import QueryDict
from django.test import Client

from tests.factories import make_page
from wiki.forms.form_definition import parse_definition
from wiki.forms.form_lookup import all_fields
from wiki.forms.page_form import PageForm
from wiki.forms.step_fields import StepsField
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.step_sections import STEPS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User
    from wiki.pages.models import WikiPage

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
FRONT = "---\nkind: Pratique # ici\nOutils: scie\n---\n"
BODY = "Un texte.\n\n## Steps\n\n## Variantes\n\nAutre.\n"
STEPS = "### 1. Préparer\n\n![Tas](File:Tas.jpg)\n\nUn seau.\n\n### 2. Faire\n\nVerser.\n\n"
TEXT = FRONT + BODY.replace("## V", f"{STEPS}## V")
FORM = "/form/Compost"


@pytest.fixture
def page(alice: User) -> WikiPage:
    """A practice with two steps."""
    return make_page("Compost", TEXT, by=alice)


def steps_of(answer: Any) -> StepsField:
    """The steps that a screen shows."""
    field: StepsField = next(iter(answer.context["page_form"].steps_fields))
    return field


def shown(answer: Any) -> list[tuple[str, ...]]:
    """Title, text and picture of each row of a screen."""
    return [tuple("".join(one.values) for one in row.fields) for row in steps_of(answer).rows]


def filled(answer: Any, *order: int, **values: str) -> dict[str, str]:
    """What a browser sends of a form, with the rows in another order, or with other values."""
    field = steps_of(answer)
    data = {"front": answer.context["front"], "text": answer.context["form"]["text"].value(), "save": "1"}
    data |= {"base": "1", "license": "CC-BY-SA-4.0", "language": "fr", f"{field.name}_source": field.source}
    data |= {one.name: "".join(one.values) for one in answer.context["page_form"].properties if one.values}
    rows = [field.rows[number] for number in order] if order else field.rows
    data |= {one.name: "".join(one.values) for row in rows for one in row.fields}
    return data | {f"fact-etapes-{name.replace('_', '-')}": value for name, value in values.items()}


def text_of(title: str = "Compost") -> str | None:
    page = page_lookup.find_by_key(title)
    return page.source.text if page is not None else None


def test_steps_are_rows_and_come_back_byte_for_byte(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    client = client_of(alice, "fr")
    answer = client.get(FORM)
    assert answer.context["form"]["text"].value() == BODY
    assert shown(answer) == [("Préparer", "Un seau.", "Tas.jpg"), ("Faire", "Verser.", ""), ("", "", "")]
    content = answer.content.decode()
    assert "<legend>Étape 3</legend>" in content
    assert 'name="fact-etapes-0-title" id="id_fact-etapes-0-title"' in content
    assert client.post(FORM, filled(answer)).status_code == 302
    assert page_lookup.reload_page(page.pk).version == 1
    new = {"2_title": "Ranger", "2_text": "Tout.\r\n\r\n- seau", "2_picture": "fichier:coin 1.jpg", "1_text": "Tasser."}
    assert client.post(FORM, filled(answer, 2, 0, 1, **new)).status_code == 302
    assert text_of() == TEXT.replace(STEPS, (
        "### 1. Ranger\n\n![](File:coin_1.jpg)\n\nTout.\n\n- seau\n\n"
        "### 2. Préparer\n\n![Tas](File:Tas.jpg)\n\nUn seau.\n\n### 3. Faire\n\nTasser.\n\n"
    ))  # fmt: skip
    assert page_lookup.find_by_key("Property:Étapes") is None, "steps are no facts"


def test_a_row_without_anything_is_removed(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    client = client_of(alice)
    answer = client.get(FORM)
    emptied = {"0_title": "", "0_text": " ", "0_picture": ""}
    assert client.post(FORM, filled(answer, **emptied)).status_code == 302
    assert text_of() == TEXT.replace(STEPS, "### 1. Faire\n\nVerser.\n\n")


def test_preview_source_and_proposal_have_the_whole_text(
    alice: User, client_of: ClientOf, page: WikiPage, client: Client
) -> None:
    new = TEXT.replace("Verser.", "Tasser.")
    for user_client, address in ((client_of(alice), FORM), (client, "/suggest/Compost")):
        opened = user_client.post(address, {"text": TEXT, "base": "1", "open": "1"})
        assert opened.context["form"]["text"].value() == BODY
        data = filled(opened, **{"1_text": "Tasser."}) | {"message": "Tasser", "agrees": "on"}
        data.pop("save")
        preview = user_client.post(address, data | {"preview": "1"})
        assert "Tasser." in preview.context["preview"]
        assert shown(preview)[1] == ("Faire", "Tasser.", "")
        assert preview.context["form"]["text"].value() == BODY
        changes = user_client.post(address, data | {"changes": "1"}).context["changes"]
        new_lines = ["".join(span.text for span in row.new) for row in changes.rows if row.kind == "changed"]
        assert new_lines == ["Tasser."]
        source = user_client.post(address, data | {"source": "1"})
        assert source.context["form"]["text"].value() == new
    assert client.post("/suggest/Compost", data).status_code == 302
    assert Proposal.objects.get().text == new


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"0_picture": "https://example.org/a.jpg"}, "0-picture"),
        ({"0_picture": "une photo"}, "0-picture"),
        ({"0_picture": "dossier/a.jpg"}, "0-picture"),
        ({"0_picture": "[a].jpg"}, "0-picture"),
        ({"1_text": "```\ncode"}, "1-text"),
        ({"0_text": "<!-- rien"}, "0-text"),
        ({"2_text": "Sans titre."}, "2-title"),
        ({"0_title": ""}, "0-title"),
    ],
)
def test_what_is_wrong_is_said_beside_its_input_and_nothing_is_lost(
    alice: User, client_of: ClientOf, page: WikiPage, values: dict[str, str], name: str
) -> None:
    client = client_of(alice)
    data = filled(client.get(FORM), **values)
    answer = client.post(FORM, data)
    assert answer.status_code == 422
    assert f'id="id_fact-etapes-{name}_errors"' in answer.content.decode()
    assert [one.name for one in answer.context["page_form"].wrong_fields] == [f"fact-etapes-{name}"]
    again = filled(answer)
    assert {key: again.get(key) for key in data if key.startswith("fact-")} == {
        key: value for key, value in data.items() if key.startswith("fact-")
    }
    assert text_of() == TEXT
    typed = next(iter(values.values())).splitlines()
    source = client.post(FORM, data | {"source": "1"}).context["form"]["text"].value()
    assert all(line.replace(" ", "_") in source.replace(" ", "_") for line in typed)


def test_what_was_wrong_in_the_text_does_not_stop_anyone(alice: User, client_of: ClientOf) -> None:
    make_page("Compost", f"{FRONT}## Étapes\n\n### 1.\n\n![](File:a.jpg)\n\n```\ncode", by=alice)
    client = client_of(alice)
    data = filled(client.get(FORM), **{"0_text": "```\ncode\n```"})
    assert client.post(FORM, data | {"fact-etapes-0-text": "```\ncode"}).status_code == 302
    moved = client.post(FORM, data | {"fact-etapes-0-text": "```\ncode", "fact-etapes-1-title": "Après"})
    assert moved.status_code == 422, "the next step would be code"
    assert client.post(FORM, data | {"fact-etapes-1-title": "Après"}).status_code == 302


def test_too_many_rows_are_refused_and_kept() -> None:
    form = PageForm(parse_definition("## Un\n### Étapes\n- input: étapes"), "", "fr", "fr")
    form.fill(QueryDict("&".join(f"fact-etapes-{number}-title=x" for number in range(STEPS_LIMIT + 1))))
    assert not form.is_valid
    assert len(next(form.steps_fields).rows) == STEPS_LIMIT + 1


@pytest.mark.parametrize(("lines", "is_valid"), [(1, False), (3_001, True)])
def test_blocks_are_looked_for_in_what_can_be_divided(lines: int, is_valid: bool) -> None:
    form = PageForm(parse_definition("## Un\n### Étapes\n- input: étapes"), "", "fr", "fr")
    data = QueryDict("fact-etapes-0-title=x&fact-etapes-0-text=```&fact-etapes-1-title=y", mutable=True)
    data["fact-etapes-1-text"] = "x\n" * lines
    form.fill(data)
    assert form.is_valid == is_valid, "it takes too long for more"


def test_steps_are_merged_with_what_others_saved(alice: User, bob: User, client_of: ClientOf, page: WikiPage) -> None:
    client = client_of(alice)
    answer = client.get(FORM)
    page_writer.edit(page, TEXT.replace("Un seau.", "Deux seaux."), Author.of(bob))
    assert client.post(FORM, filled(answer, **{"1_text": "Tasser."})).status_code == 302
    assert text_of() == TEXT.replace("Un seau.", "Deux seaux.").replace("Verser.", "Tasser.")
    conflict = client.post(FORM, filled(answer, **{"0_text": "Trois seaux."}))
    assert conflict.status_code == 409
    assert "Trois seaux." in conflict.content.decode()


def test_without_a_session_the_rows_are_kept(client_of: ClientOf, alice: User, page: WikiPage) -> None:
    data = filled(client_of(alice).get(FORM), **{"2_title": "Ranger"})
    for client in (Client(), Client(enforce_csrf_checks=True)):
        answer = client.post(FORM, data)
        assert answer.status_code == 403
        assert shown(answer)[2][0] == "Ranger"
        assert answer.context["form"]["text"].value() == BODY


def test_steps_whose_heading_was_removed_stand_at_the_end(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    client = client_of(alice)
    data = filled(client.get(FORM)) | {"text": "Un texte.\n\n[[Catégorie:Sol]]\n"}
    assert client.post(FORM, data).status_code == 302
    assert text_of() == f"{FRONT}Un texte.\n\n## Étapes\n\n{STEPS}[[Catégorie:Sol]]\n"


def test_a_new_practice_begins_with_the_steps_of_its_kind(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, "fr")
    answer = client.get("/form/Lacto?kind=practice")
    assert [row[0] for row in shown(answer)] == ["Préparer", "Faire", "Vérifier", ""]
    assert answer.context["form"]["text"].value() == "\n## Pourquoi\n\n## Étapes\n\n## Variantes\n"
    data = filled(answer, **{"1_text": "Râper.", "3_title": "Manger"})
    assert client.post("/form/Lacto?kind=practice", data).status_code == 302
    assert text_of("Lacto") == (
        "---\nNature: Pratique\n---\n\n## Pourquoi\n\n## Étapes\n\n### 1. Préparer\n\n### 2. Faire\n\nRâper.\n\n"
        "### 3. Vérifier\n\n### 4. Manger\n\n## Variantes\n"
    )
    without = filled(client.get("/form/Chou?kind=practice")) | {"text": "Du chou.\n"}
    assert client.post("/form/Chou?kind=practice", without).status_code == 302
    assert text_of("Chou") == "---\nNature: Pratique\n---\nDu chou.\n", "titles alone need no heading"


def test_a_section_that_cannot_be_divided_stays_in_the_editor(alice: User, client_of: ClientOf) -> None:
    body = "# Étapes\n\nA\n---\n\ntexte\n"
    make_page("Compost", FRONT + body, by=alice)
    answer = client_of(alice).get(FORM)
    assert shown(answer) == [("", "", "")]
    assert answer.context["form"]["text"].value() == body
    assert client_of(alice).post(FORM, filled(answer)).status_code == 302
    assert text_of() == FRONT + body


def test_only_stewards_have_the_steps_of_a_field_for_them() -> None:
    definition = parse_definition(
        "## Un\n### Étapes\n- input: steps\n- for: stewards\n### A\n#### Steps\n- input: steps"
    )
    text = "## Étapes\n### A\n"
    assert PageForm(definition, text, "fr", "fr").body == "## Étapes\n"
    form = PageForm(definition, text, "fr", "fr", is_steward=False)
    assert form.body == text
    form.fill(QueryDict("fact-etapes-0-title=B"))
    assert form.new_text(form.body) == text
    assert [one.property for one in all_fields(definition)] == ["A"]
    assert form.empty_row(next(form.groups), 0).fields == [], "steps are no part of a fact"


def test_required_steps_and_facts_of_the_same_name(alice: User) -> None:
    definition = parse_definition("## Un\n### Étapes\n- input: étapes\n- required: yes")
    form = PageForm(definition, "---\nÉtapes: 3\n---\n", "fr", "fr")
    assert [fact.key for fact in form.other_facts] == ["Étapes"]
    form.fill(QueryDict(""))
    assert not form.is_valid
    form = PageForm(definition, "", "fr", "fr")
    form.fill(QueryDict("fact-etapes-0-title=B"))
    assert form.is_valid
    assert not list(form.filled_fields)
