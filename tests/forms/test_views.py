"""Pages written by their form: through the one writer, without losing what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.forms.form_lookup import form_of_page
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.titles import MIRROR_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
TEXT = "---\nkind: Pratique # ici\nPublic: Tous\nAutre: reste\n---\nUn texte.\n"
FRONT = "---\nkind: Pratique # ici\nPublic: Tous\nAutre: reste\n---\n"


@pytest.fixture
def page(alice: User) -> WikiPage:
    """A practice."""
    return make_page("Compost", TEXT, by=alice)


def filled(**values: Any) -> dict[str, Any]:
    """What the form of the practice sends, with other values."""
    data = {"front": FRONT, "text": "Un texte.\n", "base": "1", "save": "1", "fact-public": "Tous"}
    return data | {name.replace("_", "-"): value for name, value in values.items()}


def text_of(title: str) -> str | None:
    page = page_lookup.find_by_key(title)
    return page.source.text if page is not None else None


def test_the_form_shows_the_facts_of_the_page(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    answer = client_of(alice).get("/form/Compost")
    content = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="fact-public" id="id_fact-public" value="Tous"' in content
    assert "Autre" in content
    assert "Un texte." in content
    assert answer.context["form"]["text"].value() == "Un texte.\n"


def test_saving_changes_only_what_was_changed(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    client = client_of(alice)
    assert client.post("/form/Compost", filled()).status_code == 302
    assert page_lookup.reload_page(page.pk).version == 1
    answer = client.post("/form/Compost", filled(fact_public="Les lieux", fact_cout="30", comment="coût"))
    assert answer.headers["location"] == "/wiki/Compost"
    assert text_of("Compost") == TEXT.replace("Tous", "Les lieux").replace("reste\n", "reste\nCoût: 30 €\n")
    version = PageVersion.objects.filter(page=page).latest("number")
    assert (version.comment, version.author_name) == ("coût", "alice")


def test_what_was_entered_gets_the_datatype_of_its_input(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    client_of(alice).post("/form/Compost", filled(fact_cout="30", fact_difficulte="facile"))
    assert "Has type: _qty" in (text_of("Property:Coût") or "")
    assert "Allows value:\n- facile" in (text_of("Property:Difficulté") or "")
    assert text_of("Property:Machines") is None, "nothing was entered there"
    number = page.facts.get(property__key="Coût", removed_in=None).number
    assert number == 30.0


def test_errors_stand_beside_the_field_and_nothing_is_lost(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    data = filled(fact_cout="beaucoup", fact_public="Les lieux", text="Autre texte.\n")
    answer = client_of(alice).post("/form/Compost", data)
    content = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_fact-cout_errors"' in content
    assert "number_unreadable" not in content, "a sentence, and no code"
    assert '<li><a href="#id_fact-cout">Coût</a>: ' in content
    for typed in ("beaucoup", "Les lieux", "Autre texte."):
        assert typed in content
    assert text_of("Compost") == TEXT


def test_facts_are_merged_with_what_others_saved(alice: User, bob: User, client_of: ClientOf, page: WikiPage) -> None:
    page_writer.edit(page, TEXT.replace("reste", "ailleurs") + "Fin.\n", Author.of(bob))
    client_of(alice).post("/form/Compost", filled(fact_public="Les lieux"))
    assert text_of("Compost") == TEXT.replace("reste", "ailleurs").replace("Tous", "Les lieux") + "Fin.\n"


def test_a_conflict_gives_the_whole_text_back(alice: User, bob: User, client_of: ClientOf, page: WikiPage) -> None:
    page_writer.edit(page, TEXT.replace("Tous", "Personne"), Author.of(bob))
    answer = client_of(alice).post("/form/Compost", filled(fact_public="Les lieux"))
    assert answer.status_code == 409
    assert "Les lieux" in answer.content.decode()
    assert "Personne" in answer.content.decode()
    assert text_of("Compost") == TEXT.replace("Tous", "Personne")
    again = {"text": TEXT.replace("Tous", "Deux"), "base": "2", "save": "1"}
    assert client_of(alice).post("/form/Compost", again).status_code == 302
    assert text_of("Compost") == TEXT.replace("Tous", "Deux")


def test_a_preview_and_the_source_show_what_was_entered(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    client = client_of(alice)
    preview = client.post("/form/Compost", filled(fact_public="Les lieux") | {"preview": "1"})
    assert "Les lieux" in preview.context["preview_facts"][0][1][0] or "Les lieux" in str(
        preview.context["preview_facts"]
    )
    changes = client.post("/form/Compost", filled(fact_public="Les lieux") | {"changes": "1"})
    assert "Les lieux" in str(changes.context["changes"].rows)
    source = client.post("/form/Compost", filled(fact_public="Les lieux") | {"source": "1"})
    assert source.context["form"]["text"].value() == TEXT.replace("Tous", "Les lieux")
    assert "page_form" not in source.context
    opened = client.post("/form/Compost", {"text": TEXT.replace("Tous", "Moi"), "base": "1", "open": "1"})
    assert 'value="Moi"' in opened.content.decode()
    assert text_of("Compost") == TEXT


def test_without_a_session_the_form_asks_to_sign_in_and_keeps_all(client: Client, page: WikiPage) -> None:
    answer = client.post("/form/Compost", filled(fact_public="Les lieux"))
    assert answer.status_code == 403
    assert 'value="Les lieux"' in answer.content.decode()
    assert 'name="password"' in answer.content.decode()
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/form/Compost", filled(fact_public="Les lieux"))
    assert answer.status_code == 403
    assert 'value="Les lieux"' in answer.content.decode()


def test_a_blocked_user_changes_nothing(charlie: User, client_of: ClientOf, page: WikiPage) -> None:
    answer = client_of(charlie).post("/form/Compost", filled(fact_public="Les lieux", fact_cout="3"))
    assert answer.status_code == 403
    assert 'value="Les lieux"' in answer.content.decode()
    assert text_of("Compost") == TEXT
    assert text_of("Property:Coût") is None


def test_a_page_that_may_not_be_written_makes_no_properties(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    WikiPage.objects.filter(pk=page.pk).update(namespace=MIRROR_NAMESPACE)
    answer = client_of(alice).post("/form/Compost", filled(fact_cout="3"))
    assert answer.status_code == 403
    assert text_of("Property:Coût") is None


def test_a_new_page_begins_with_the_text_of_its_kind(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, "fr")
    answer = client.get("/form/Lacto?kind=practice")
    assert answer.context["front"] == "---\nNature: Pratique\n---\n"
    assert "## Pourquoi" in answer.context["form"]["text"].value()
    data = {"front": answer.context["front"], "text": "Un four.\n", "base": "0", "license": "CC-BY-SA-4.0",
            "language": "fr", "save": "1", "fact-difficulte": "facile"}  # fmt: skip
    assert client.post("/form/Lacto?kind=practice", data).status_code == 302
    assert text_of("Lacto") == "---\nNature: Pratique\nDifficulté: facile\n---\nUn four.\n"


def test_in_the_manner_of_another_page_takes_its_headings_only(alice: User, client_of: ClientOf) -> None:
    make_page("Modèle", "# Un *titre*\n\nSecret.\n\n## Deux\n\n# Trois\n", by=alice)
    text = client_of(alice).get("/form/Neuf?kind=practice&like=Modèle").context["form"]["text"].value()
    assert text == "\n## Un titre\n\n### Deux\n\n## Trois\n\n"
    article = client_of(alice).get("/form/Neuf?like=Modèle")
    assert article.context["form"]["text"].value() == text[1:]
    assert client_of(alice).get("/form/Neuf?like=Rien").headers["location"] == "/edit/Neuf?like=Rien"


def test_a_page_without_a_form_opens_in_the_editor(alice: User, client_of: ClientOf) -> None:
    make_page("Article", "Un texte.", by=alice)
    assert client_of(alice).get("/form/Article").headers["location"].startswith("/edit/Article")
    answer = client_of(alice).post("/form/Article", {"text": "Autre.", "base": "1", "save": "1"})
    assert answer.status_code == 302
    assert text_of("Article") == "Autre."


def test_front_matter_that_is_not_read_opens_as_source(alice: User, client_of: ClientOf) -> None:
    make_place("Long", by=alice, text=f"---\nNote: {'x' * 70_000}\n---\n")
    assert client_of(alice).get("/form/Long").headers["location"].startswith("/edit/Long")


def test_a_place_is_made_with_its_facts(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, "fr")
    answer = client.get("/create-place")
    data = {"front": answer.context["front"], "title": "Le Fournil", "text": "Un four.", "license": "CC-BY-SA-4.0",
            "language": "fr", "fact-ville": "Ici", "fact-horaires": "Tu-Fr 09:00-18:30",
            "fact-comptes-0-annee": "2024", "fact-comptes-0-part-publique": "33"}  # fmt: skip
    assert client.post("/create-place", data).headers["location"] == "/wiki/Le_Fournil"
    assert text_of("Le Fournil") == (
        "---\nNature: Lieu\nVille: Ici\nHoraires: Tu-Fr 09:00-18:30\n"
        "Comptes:\n- Année: '2024'\n  Part publique: 33 %\n---\nUn four."
    ).replace("'2024'", "2024")
    page = page_lookup.find("Le Fournil", alice)
    assert page is not None
    assert page.is_place
    assert page.facts.get(property__key="Horaires", removed_in=None).datatype == "_oh"


def test_a_commune_says_its_departement_without_a_script(alice: User, client_of: ClientOf) -> None:
    data = {"front": "", "title": "Atelier", "text": "", "license": "CC-BY-SA-4.0", "language": "fr",
            "fact-ville": "Saint-Chamond", "fact-code-insee": "1"}  # fmt: skip
    client_of(alice).post("/create-place", data)
    text = text_of("Atelier") or ""
    assert "Code postal: 42400\nDépartement: Loire\nRégion: Auvergne-Rhône-Alpes\nCode INSEE: 1\n" in text
    assert "Coordonnées: 45." in text
    data |= {"title": "Autre lieu", "fact-ville": "Saint-Denis", "fact-code-insee": ""}
    client_of(alice).post("/create-place", data)
    assert text_of("Autre lieu") == "---\nVille: Saint-Denis\n---\n", "several communes have this name"


def test_a_form_may_ask_for_the_position(alice: User, client_of: ClientOf, page: WikiPage) -> None:
    policy = client_of(alice).get("/form/Compost").headers["Permissions-Policy"]
    assert "geolocation=(self)" in policy
    assert "camera=()" in policy


def test_a_place_with_a_mistake_keeps_what_was_typed(alice: User, client_of: ClientOf) -> None:
    make_page("Le Fournil", by=alice)
    data = {"front": "", "title": "Le Fournil", "text": "Un four.", "license": "CC-BY-SA-4.0", "language": "fr",
            "fact-surface": "210"}  # fmt: skip
    taken = client_of(alice).post("/create-place", data)
    wrong = client_of(alice).post("/create-place", data | {"title": "Autre", "fact-courriel": "pas une adresse"})
    assert (taken.status_code, wrong.status_code) == (409, 422)
    assert [twin.full_title for twin in taken.context["twins"]] == ["Le Fournil"]
    for answer in (taken, wrong):
        assert 'value="210"' in answer.content.decode()
        assert "Un four." in answer.content.decode()
    assert page_lookup.find("Autre", alice) is None


def test_a_place_can_be_seen_before_it_is_made(alice: User, client_of: ClientOf) -> None:
    data = {"front": "", "title": "Halle", "text": "Un **four**.", "license": "CC-BY-SA-4.0", "language": "fr",
            "fact-ville": "Ici", "preview": "1"}  # fmt: skip
    answer = client_of(alice).post("/create-place", data)
    assert "<strong>four</strong>" in answer.context["preview"]
    assert "Ici" in str(answer.context["preview_facts"])
    assert 'value="Ici"' in answer.content.decode()
    assert page_lookup.find("Halle", alice) is None


def test_a_category_adds_its_fields(alice: User, bob: User, client_of: ClientOf) -> None:
    make_place("La Myne", by=bob)
    page = make_page("Four", "---\nkind: Pratique\n---\n[[Catégorie:Bois]]\n", by=alice)
    make_page("Formulaire:Bois", "## Bois\n### Essence\n### Coût\n- input: text\n", by=bob)
    source = form_of_page("practice", page, alice)
    assert source is not None
    assert [one.property for one in source.definition.fields].count("Coût") == 1
    assert "Essence" in [one.property for one in source.definition.fields]
    article = make_page("Bûche", "[[Catégorie:Bois]]\n", by=alice)
    assert form_of_page("", article, alice) is not None


def test_a_form_asks_few_questions(
    alice: User, client_of: ClientOf, page: WikiPage, django_assert_max_num_queries: Any
) -> None:
    client = client_of(alice)
    client.get("/form/Compost")
    with django_assert_max_num_queries(16):
        client.get("/form/Compost")
