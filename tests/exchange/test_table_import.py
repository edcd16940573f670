"""Import of tables from the browser: upload, mapping, preview, import and report; merges and repeated imports."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from django.test import Client

from tests.exchange.spreadsheets import ods, ods_row, xlsx
from tests.exchange.table_uploads import PLACES, change, confirm, counts, facts, mapped, upload, whole
from tests.factories import make_page, make_place
from tests.tasks import follow
from wiki.accounts.models import User
from wiki.exchange.models import TableImport
from wiki.exchange.table_import.import_fields import FieldSet
from wiki.forms.missing_properties import create_missing_properties
from wiki.linked_data.kind_exports import csv_table
from wiki.pages.models import Changeset, PageVersion, Stewardship, WikiPage
from wiki.pages.writing import page_hiding
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def test_a_table_becomes_pages_and_changes_nothing_the_second_time(uploader: Client) -> None:
    preview = mapped(uploader, upload(uploader, PLACES))
    assert (preview.context["counts"]["create"], preview.context["counts"]["bad"]) == (2, 0)
    assert not WikiPage.objects.exists()
    report = confirm(uploader, preview)
    assert counts(report.context["report"]) == (2, 0, 0, 0)
    assert "Le Comptoir" in report.content.decode()
    assert facts("Le Comptoir") == {
        "Nature": "Lieu", "Adresse": "9 rue Haute", "Ville": "Nantes", "Code postal": "44300",
        "Coordonnées": "47.245935, -1.505602",
    }  # fmt: skip
    page = WikiPage.objects.get(full_title="Le Comptoir")
    assert (page.is_place, page.license, page.kind.key) == (True, "etalab-2.0", "place")
    assert (page.origin.source, page.origin.identifier) == ("lieux", "1")
    assert not Stewardship.objects.exists()
    changeset = Changeset.objects.get()
    assert (changeset.act, changeset.by.username, changeset.versions.count()) == ("import", "alice", 2)
    assert TableImport.objects.get().content is None
    versions = PageVersion.objects.count()
    assert counts(whole(uploader, PLACES)) == (0, 0, 2, 0)
    assert (PageVersion.objects.count(), Changeset.objects.count()) == (versions, 1)


def test_french_spreadsheets_are_imported_alike(uploader: Client) -> None:
    text = PLACES.replace(",", ";").replace("47.2", "47,2").replace("-1.5", "-1,5")
    text = text.replace("48.3", "48,3").replace("-4.4", "-4,4") + ";;;;;;\n"
    whole(uploader, text.encode("windows-1252"))
    assert facts("Chez Zoé")["Coordonnées"] == "48.390394, -4.486076"
    assert counts(whole(uploader, PLACES)) == (0, 0, 2, 0)
    rows = [line.split(",") for line in PLACES.splitlines()]
    typed = [rows[0], *([int(a), b, c, int(d), e, float(f), float(g)] for a, b, c, d, e, f, g in rows[1:])]
    assert counts(whole(uploader, xlsx(("Lieux", typed)))) == (0, 0, 2, 0)
    assert counts(whole(uploader, ods("".join(ods_row(*row) for row in rows)))) == (0, 0, 2, 0)


BAD = """ID,Nom,CP,Commune,LAT,LONG,Web
1,Le Comptoir,44300,Nantes,47.2,-1.5,https://example.org
2,Chez Zoé,29200,Brest,abc,-4.4,https://example.org
3,,29200,Brest,48.3,-4.4,
4,La Halle,1000,Bourg-en-Bresse,,,pas un site
5,Le Pré,44300,Nantes,47.2,,
1,Le Comptoir,44300,Nantes,47.2,-1.5,
"""


def test_bad_cells_are_named_and_refuse_no_other(uploader: Client) -> None:
    preview = mapped(uploader, upload(uploader, BAD))
    shown = {
        (plan.number, remark.column, remark.value)
        for plan in preview.context["pages"]
        for remark in plan.remarks
        if remark.kind == "bad"
    }
    assert shown == {(3, "LAT", "abc"), (5, "Web", "pas un site"), (6, "LONG", "")}
    assert "45.4397" in preview.content.decode()
    report = confirm(uploader, preview).context["report"]
    assert counts(report) == (4, 0, 0, 2)
    assert [number for number, _, _ in report["refused"]] == [4, 7]
    assert {(cell[0], cell[3]) for cell in report["cells"]} == {(3, "LAT"), (5, "Web"), (6, "LONG")}
    assert facts("Chez Zoé") == {
        "Nature": "Lieu", "Ville": "Brest", "Code postal": "29200", "Site": "https://example.org",
    }  # fmt: skip
    assert facts("La Halle")["Code postal"] == "01000"


def test_rows_with_bad_cells_can_be_left_out(uploader: Client) -> None:
    preview = mapped(uploader, upload(uploader, BAD))
    again = uploader.get(
        follow(uploader, uploader.post(preview.request["PATH_INFO"], {"bad": "out", "again": "1"}))["Location"]
    )
    assert again.context["counts"]["refuse"] == 5
    report = confirm(uploader, again, bad="out").context["report"]
    assert counts(report) == (1, 0, 0, 5)
    assert not WikiPage.objects.filter(full_title="La Halle").exists()


def test_what_is_not_plausible_is_asked(uploader: Client) -> None:
    lines = [f"{n},Lieu {n},44000,Nantes,47.21{n},-1.55{n},2019" for n in range(10, 16)]
    lines += [
        "20,Inversé,44000,Nantes,-1.55,47.21,2019",
        "21,Nul,44000,Nantes,0,0,2019",
        "22,Outre-mer,,,40.7,-74.0,2019",
        "23,Loin,44000,Nantes,43.3,5.4,2019",
        "24,Code,13001,Nantes,47.215,-1.5511,2019",
        "25,Lieu 10 bis,44000,Nantes,47.2110,-1.5510,2019",
        "26,Futur,44000,Nantes,47.3,-1.54,2190",
        "27,Cedex,44041,Nantes,47.31,-1.541,2019",
        "28,Lieu 11,44000,Rezé,47.19,-1.57,2019",
    ]
    content = "ID,Nom,CP,Commune,LAT,LONG,Ouvert depuis\n" + "\n".join(lines)
    preview = mapped(uploader, upload(uploader, content))
    plans = [plan for number in (1, 2) for plan in preview.context["pages"].paginator.get_page(number)]
    asked = {
        plan.title: [(remark.column, remark.text) for remark in plan.remarks if remark.kind == "question"]
        for plan in plans
    }
    columns = {title: [column for column, _ in found] for title, found in asked.items() if found}
    assert columns == {
        "Inversé": ["LAT"], "Nul": ["LAT"], "Outre-mer": ["LAT"], "Loin": ["LAT"], "Code": ["CP"],
        "Lieu 10 bis": [""], "Futur": ["Ouvert depuis"], "Lieu 11 (Nantes)": [""], "Lieu 11 (Rezé)": ["", "CP"],
    }  # fmt: skip
    report = confirm(uploader, preview, questioned="out").context["report"]
    assert report["refused"] == []
    assert "Coordonnées" not in facts("Inversé")
    assert "Code postal" not in facts("Code")
    assert "Coordonnées" in facts("Lieu 10 bis")


def test_a_changed_row_is_merged_with_edits_made_here(uploader: Client, bob: User) -> None:
    whole(uploader, PLACES)
    change("Le Comptoir", "---\nNature", "---\nTéléphone: '+33 2 40 00 00 00'\nNature", bob)
    change("Le Comptoir", "44300", "44000", bob)
    moved = PLACES.replace("9 rue Haute", "12 rue Haute")
    assert counts(whole(uploader, moved)) == (0, 1, 1, 0)
    text = WikiPage.objects.get(full_title="Le Comptoir").source.text or ""
    assert "12 rue Haute" in text
    assert "Code postal: 44000\n" in text.replace('"', "").replace("'", "")
    assert "+33 2 40" in text
    assert counts(whole(uploader, moved)) == (0, 0, 2, 0)


def test_a_conflict_is_reported_and_the_page_stays_unless_one_chooses(uploader: Client, bob: User) -> None:
    whole(uploader, PLACES)
    change("Le Comptoir", "9 rue Haute", "10 rue Haute", bob)
    moved = PLACES.replace("9 rue Haute", "12 rue Haute")
    preview = mapped(uploader, upload(uploader, moved))
    assert preview.context["counts"]["difference"] == 1
    report = confirm(uploader, preview).context["report"]
    assert counts(report) == (0, 0, 2, 0)
    assert [cell[:5] for cell in report["cells"]] == [[2, "Le Comptoir", "difference", "Adresse", "12 rue Haute"]]
    assert facts("Le Comptoir")["Adresse"] == "10 rue Haute"
    assert counts(whole(uploader, moved, different="table")) == (0, 1, 1, 0)
    assert facts("Le Comptoir")["Adresse"] == "12 rue Haute"


def test_a_value_that_leaves_the_table_leaves_the_page_unless_it_was_edited(uploader: Client, bob: User) -> None:
    whole(uploader, PLACES)
    change("Chez Zoé", "6 rue du Port", "7 rue du Port", bob)
    emptied = PLACES.replace("9 rue Haute", "").replace("6 rue du Port", "")
    assert counts(whole(uploader, emptied)) == (0, 1, 1, 0)
    assert "Adresse" not in facts("Le Comptoir")
    assert facts("Chez Zoé")["Adresse"] == "7 rue du Port"


def test_pages_that_are_there_already_are_filled_in_and_never_overwritten(uploader: Client, bob: User) -> None:
    make_place("Le Comptoir", bob, text="---\nNature: Lieu\nAdresse: 1 rue Basse  # sûr\n---\nUn texte.\n")
    assert counts(whole(uploader, PLACES)) == (1, 1, 0, 0)
    text = WikiPage.objects.get(full_title="Le Comptoir").source.text or ""
    assert text.startswith("---\nNature: Lieu\nAdresse: 1 rue Basse  # sûr\n")
    assert text.endswith("---\nUn texte.\n")
    assert "Ville: Nantes" in text


def test_rows_are_refused_for_pages_that_are_not_theirs_to_change(uploader: Client, alice: User, bob: User) -> None:
    place = make_place("Atelier", bob)
    make_page("Le Comptoir", "---\nNature: Pratique\n---\n", by=bob)
    dora = make_page("Dora", "---\nNature: Personne\n---\n", by=bob, place=place)
    page_hiding.hide(dora, Author.of(bob))
    assert [row[1:] for row in whole(uploader, PLACES)["refused"]] == [
        [
            "Le Comptoir",
            "«\u202fLe Comptoir\u202f» est une page d’une autre nature\u00a0: donnez un autre titre à cette ligne.",
        ]
    ]
    people = upload(uploader, "Nom,Texte\nDora,Caché\nForm:Place,x\n", kind="person", place="Atelier")
    report = confirm(uploader, mapped(uploader, people)).context["report"]
    assert counts(report) == (1, 0, 0, 1)
    assert report["refused"][0][1] == "Atelier:Dora"
    assert WikiPage.objects.get(pk=dora.pk).source.text == "---\nNature: Personne\n---\n"


RICH = """---
Nature: Lieu
Type de lieu: [Fablab, Café associatif]
Statut: Association loi 1901
Ouvert depuis: 2019-03-12
Adresse: 1 rue « Basse », au fond
Ville: Nantes
Code postal: "44000"
Coordonnées: 47.2184, -1.5536
Téléphone: +33 2 40 00 00 00
Courriel: a@example.org
Site: https://example.org/
Services: [découpe laser, "café, thé"]
Surface: 1234,5 m²
Capacité: 40 personnes
---
# Le Pré

Un *texte*.
"""
PRINTOUTS = (
    "Type de lieu", "Statut", "Ouvert depuis", "Adresse", "Ville", "Code postal", "Coordonnées", "Téléphone",
    "Courriel", "Site", "Services", "Surface", "Capacité",
)  # fmt: skip


@pytest.mark.parametrize("parameters", [
    "format=csv", "format=csv&sep=;&bom=yes&decimal=,&units=yes", "format=xlsx", "open data",
])  # fmt: skip
def test_what_goes_out_comes_back_in_unchanged(uploader: Client, bob: User, parameters: str) -> None:
    fields = FieldSet("place", bob)
    create_missing_properties([one.field for one in fields.fields.values()], Author.of(bob), "fr")
    make_place("Le Pré", bob, text=RICH)
    make_place("Le Vide", bob, text="---\nNature: Lieu\n---\n")
    if parameters == "open data":
        content = csv_table("place")
    else:
        query = {"q": "[[Nature::Lieu]]", "po": "|".join(f"?{name}" for name in PRINTOUTS)}
        content = uploader.get("/ask/file", {**query, **dict(parse_qsl(parameters, separator="&"))}).content
    preview = mapped(uploader, upload(uploader, content, "lieux.csv"))
    plans = [(plan.title, plan.action.value, plan.changes, plan.remarks) for plan in preview.context["pages"]]
    assert plans == [("Le Pré", "keep", [], []), ("Le Vide", "keep", [], [])]
    assert len([target for target in TableImport.objects.get().mapping if target]) >= len(PRINTOUTS)
