"""The screens of table imports: mappings that are remembered, owners, limits, and what goes on while one imports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.exchange.table_uploads import PLACES, change, confirm, counts, facts, mapped, upload, whole
from tests.factories import make_page, make_place
from tests.tasks import run_tasks
from wiki.accounts.models import User
from wiki.accounts.rate_limits import HOUR, RateLimit
from wiki.exchange.models import TableImport
from wiki.exchange.table_import import table_check, table_tasks, table_views, table_writer
from wiki.exchange.table_import.import_fields import FieldSet
from wiki.forms.missing_properties import create_missing_properties
from wiki.pages import permissions
from wiki.pages.background_tasks import TaskCleanupJob
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def test_a_mapping_is_remembered_for_the_same_columns(uploader: Client, bob: User) -> None:
    columns = "Champ 1,Champ 2,Champ 3\n"
    first = upload(uploader, columns + "a,Le Pré,Nantes\n")
    assert uploader.get(first["Location"]).context["form"].initial["column_1"] == ""
    mapped(uploader, first, **{"Champ 1": "", "Champ 2": "title", "Champ 3": "field:Ville", "source": "Recensement"})
    again = uploader.get(upload(uploader, "champ 3,Champ 2,Champ 1\nNantes,Le Pré,a\n", "x.csv")["Location"])
    initial = again.context["form"].initial
    assert (initial["column_0"], initial["column_1"], initial["column_2"]) == ("field:Ville", "title", "")
    assert initial["source"] == "Recensement"
    uploader.force_login(bob)
    others = uploader.get(upload(uploader, columns + "a,Le Pré,Nantes\n")["Location"]).context["form"].initial
    assert (others["column_1"], others["source"]) == ("title", "Recensement")


@pytest.mark.parametrize("changes", [
    {"Nom": ""}, {"ID": "title"}, {"LONG": ""}, {"CP": "field:Coordonnées"}, {"CP": "field:Rien"}, {"source": " "},
])  # fmt: skip
def test_a_mapping_that_cannot_be_is_refused(uploader: Client, changes: dict[str, str]) -> None:
    response = upload(uploader, PLACES)
    form = uploader.get(response["Location"]).context["form"]
    data = {"source": changes.get("source", "x")}
    for number, column in enumerate(form.columns):
        data[f"column_{number}"] = changes.get(column, form.initial[f"column_{number}"])
    answer = uploader.post(response["Location"], data)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert answer.context["form"]["column_2"].value() == data["column_2"]


def test_a_table_is_seen_by_its_owner_alone_until_it_expires(uploader: Client, alice: User, bob: User) -> None:
    address = upload(uploader, PLACES)["Location"]
    pending = TableImport.objects.get()
    uploader.force_login(bob)
    assert uploader.get(address).status_code == 404
    assert uploader.post(address, {"discard": "1"}).status_code == 404
    uploader.force_login(alice)
    TableImport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert uploader.get(address).status_code == 404
    other = TableImport.objects.create(person=alice, expires_at=timezone.now() + timedelta(days=1))
    TaskCleanupJob(table_tasks.delete_expired).run()
    assert list(TableImport.objects.all()) == [other]
    assert pending.content is not None


def test_a_table_can_be_discarded_and_few_are_kept(uploader: Client, alice: User) -> None:
    preview = mapped(uploader, upload(uploader, PLACES))
    assert uploader.post(preview.request["PATH_INFO"], {"discard": "1"})["Location"] == "/import-table"
    assert not TableImport.objects.exists()
    for _ in range(table_views.PENDING_LIMIT + 1):
        upload(uploader, PLACES)
    assert TableImport.objects.count() == table_views.PENDING_LIMIT
    assert len(uploader.get("/import-table").context["waiting"]) == table_views.PENDING_LIMIT


def test_who_is_blocked_meanwhile_imports_nothing(uploader: Client, alice: User) -> None:
    create_missing_properties([one.field for one in FieldSet("place", alice).fields.values()], Author.of(alice), "fr")
    preview = mapped(uploader, upload(uploader, PLACES))
    response = uploader.post(preview.request["PATH_INFO"], {"import": "1"})
    User.objects.filter(pk=alice.pk).update(is_blocked=True)
    run_tasks()
    assert BackgroundTask.objects.get(pk=int(response["Location"].rstrip("/").rpartition("/")[2])).state == "failed"
    assert not WikiPage.objects.filter(is_place=True).exists()
    assert uploader.get(preview.request["PATH_INFO"]).status_code == 403


def test_names_that_are_no_titles_and_equal_names_get_titles(uploader: Client) -> None:
    names = ["Le [Lab]", "La Cordée", "La Cordée", "X", "X", "Aide", "A:B"]
    towns = ["Nantes", "Lyon", "Annecy", "Nantes", "Nantes", "Nantes", "Nantes"]
    rows = [f"{n},{name},{n} rue Haute,{town}" for n, (name, town) in enumerate(zip(names, towns, strict=True))]
    report = whole(uploader, "ID,Nom,Adresse,Commune\n" + "\n".join(rows) + "\n9,..,,\n")
    assert report["create"] == 6
    titles = set(WikiPage.objects.filter(is_place=True).values_list("title", flat=True))
    assert titles == {
        "Le ［Lab］", "La Cordée (Lyon)", "La Cordée (Annecy)", "X (Nantes, 3 rue Haute)", "X (Nantes, 4 rue Haute)",
        "A：B",
    }  # fmt: skip
    assert [row[0] for row in report["refused"]] == [7, 9]
    assert facts("Le ［Lab］")["Titre affiché"] == "Le [Lab]"


def test_a_renamed_page_is_known_again_and_a_deleted_one_stays_deleted(uploader: Client, bob: User) -> None:
    whole(uploader, PLACES)
    page_moves.move(WikiPage.objects.get(full_title="Le Comptoir"), "Le Zinc", Author(None, "Quelqu'un"))
    page_writer.delete(WikiPage.objects.get(full_title="Chez Zoé"), Author(None, "Quelqu'un"))
    report = whole(uploader, PLACES.replace("9 rue Haute", "12 rue Haute").replace("6 rue", "7 rue"))
    assert counts(report) == (0, 1, 0, 1)
    assert facts("Le Zinc")["Adresse"] == "12 rue Haute"
    assert report["refused"][0][2] == "Sa page a été supprimée ici, et le reste."


def test_pages_of_other_kinds_go_into_a_place_with_their_text(uploader: Client, bob: User) -> None:
    make_place("Atelier", bob)
    content = "Nom,Texte\nSouder,Un *texte*.\nAtelier:Scier,\nAutre:Percer,\n"
    report = confirm(uploader, mapped(uploader, upload(uploader, content, kind="practice", place="Atelier")))
    assert counts(report.context["report"]) == (3, 0, 0, 0)
    page = WikiPage.objects.get(full_title="Atelier:Souder")
    assert page.place.full_title == "Atelier"
    assert page.source.text == "---\nNature: Pratique\n---\nUn *texte*.\n"
    assert WikiPage.objects.filter(full_title__in=["Atelier:Scier", "Atelier:Autre:Percer"]).count() == 2
    refused = whole_kind(uploader, "Nom\nForm:Place\nAilleurs:x\n")
    assert counts(refused) == (0, 0, 0, 2)


def whole_kind(client: Client, content: str, kind: str = "practice") -> dict[str, Any]:
    """Import a table of another kind; return the report."""
    report: dict[str, Any] = confirm(client, mapped(client, upload(client, content, kind=kind))).context["report"]
    return report


def test_an_edit_during_the_import_is_merged(uploader: Client, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(uploader, PLACES)
    store = table_writer.store
    edits = iter([("6 rue du Port", "8 rue du Port")])

    def store_too_late(*args: Any, **options: Any) -> list[PageVersion]:
        for old, new in edits:
            change("Chez Zoé", old, new, bob)
        return store(*args, **options)

    preview = mapped(uploader, upload(uploader, PLACES.replace("29200", "29000").replace("6 rue", "9 rue")))
    assert preview.context["counts"]["change"] == 1
    monkeypatch.setattr(table_writer, "store", store_too_late)
    report = confirm(uploader, preview).context["report"]
    assert counts(report) == (0, 1, 1, 0)
    assert facts("Chez Zoé")["Adresse"] == "8 rue du Port"
    assert facts("Chez Zoé")["Code postal"] == "29000"


def test_an_interrupted_import_goes_on_in_the_same_changeset(
    uploader: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_check, "CHUNK", 1)
    preview = mapped(uploader, upload(uploader, PLACES))
    pending = TableImport.objects.get()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table_writer.import_table(pending, alice, stop)
    assert WikiPage.objects.filter(is_place=True).count() == 1
    half = uploader.get(preview.request["PATH_INFO"].replace("preview", "report"))
    assert "Le Comptoir" in half.content.decode()
    assert counts(confirm(uploader, preview).context["report"]) == (2, 0, 0, 0)
    assert Changeset.objects.get().versions.count() == 2


def test_queries_do_not_grow_with_the_rows(uploader: Client, alice: User, django_assert_max_num_queries: Any) -> None:
    rows = "".join(f"{n},Lieu {n},{n} rue Haute,44000,Nantes,47.2{n},-1.5{n}\n" for n in range(100, 200))
    mapped(uploader, upload(uploader, PLACES.splitlines(keepends=True)[0] + rows))
    pending = TableImport.objects.get()
    with django_assert_max_num_queries(20):
        table_check.check_table(pending, alice, lambda done, total: None)
    table_writer.import_table(pending, alice, lambda done, total: None)
    mapped(uploader, upload(uploader, PLACES.splitlines(keepends=True)[0] + rows.replace("rue", "place")))
    pending = TableImport.objects.last()
    with django_assert_max_num_queries(20):
        table_check.check_table(pending, alice, lambda done, total: None)


@pytest.mark.parametrize(("content", "data", "status"), [
    ("", {}, 422), ("Nom\n", {}, 422), (b"\x00\x01", {}, 422), (PLACES, {"kind": "nothing"}, 422),
    (PLACES, {"place": "Nulle part"}, 422), (PLACES, {"license": "proprietary"}, 422),
])  # fmt: skip
def test_an_upload_that_cannot_be_read_is_refused(
    uploader: Client, content: bytes | str, data: dict[str, str], status: int
) -> None:
    answer = upload(uploader, content, **data)
    assert answer.status_code == status
    assert answer.context["form"].errors
    assert not TableImport.objects.exists()


def test_uploads_are_limited(uploader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_views, "UPLOADS", RateLimit(1, HOUR, table_views.UPLOADS.message))
    assert upload(uploader, PLACES).status_code == 302
    assert upload(uploader, PLACES).status_code == 429


def test_the_empty_table_of_a_kind_is_mapped_whole(uploader: Client) -> None:
    screen = uploader.get("/import-table")
    assert 'href="/forms/place/table.csv"' in screen.content.decode()
    table = uploader.get("/forms/place/table.csv").content.decode()
    initial = uploader.get(upload(uploader, f"{table}Le Pré\n")["Location"]).context["form"].initial
    assert all(initial[f"column_{number}"] for number in range(table.count(";") + 1))


def test_fields_for_stewards_are_theirs_to_import(uploader: Client, bob: User) -> None:
    make_place("Atelier", bob)
    fields = "## Fiche\n\n### Ville\n- saisie: commune\n\n### Note interne\n- saisie: texte\n- pour: concierges\n"
    page_writer.create("Form:Place", fields, Author.of(bob))
    content = "Nom,Ville,Note interne\nLe Pré,Nantes,secret\n"
    chosen = {"Note interne": "field:Note interne"}
    form = uploader.get(upload(uploader, content)["Location"]).context["form"]
    assert (chosen["Note interne"] in dict(form.fields["column_2"].choices[2][1])) is False
    uploader.force_login(bob)
    confirm(uploader, mapped(uploader, upload(uploader, content), **chosen))
    assert facts("Le Pré")["Note interne"] == "secret"


def test_a_page_that_may_not_be_changed_is_refused(uploader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(uploader, PLACES)
    allows = permissions.has_permission

    def protected(user: Any, action: permissions.Action, page: WikiPage | None = None) -> bool:
        is_protected = page is not None and page.title == "Chez Zoé" and action == permissions.Action.EDIT
        return not is_protected and allows(user, action, page)

    monkeypatch.setattr(permissions, "has_permission", protected)
    report = whole(uploader, PLACES.replace("rue", "place"))
    assert counts(report) == (0, 1, 0, 1)
    assert report["refused"][0][:2] == [3, "Chez Zoé"]


def test_a_table_that_is_discarded_while_it_is_imported_stays_gone(uploader: Client, alice: User) -> None:
    preview = mapped(uploader, upload(uploader, PLACES))
    task = uploader.post(preview.request["PATH_INFO"], {"import": "1"})["Location"]
    uploader.post(preview.request["PATH_INFO"], {"discard": "1"})
    run_tasks()
    assert BackgroundTask.objects.get(pk=int(task.rstrip("/").rpartition("/")[2])).state in ("failed", "cancelled")
    assert not WikiPage.objects.filter(is_place=True).exists()


def test_two_rows_of_one_page_and_rows_of_others_are_refused(uploader: Client, bob: User) -> None:
    make_place("Le Pré", bob)
    make_page("Pré", "#REDIRECT [[Le Pré]]", by=bob)
    preview = mapped(uploader, upload(uploader, "Nom,Ville\nPré,Nantes\nLe Pré,Lyon\n"))
    assert (preview.context["counts"]["change"], preview.context["counts"]["refuse"]) == (1, 1)
    report = confirm(uploader, preview).context["report"]
    assert counts(report) == (0, 1, 0, 1)
    assert [row[0] for row in report["refused"]] == [3]
    assert facts("Le Pré")["Ville"] == "Nantes"
    whole(uploader, PLACES)
    taken = whole(uploader, f"ID,Nom,Ville\n77,Le Comptoir,Lyon\n{'9' * 256},Chez Zoé,Lyon\n")
    assert counts(taken) == (0, 0, 0, 2)
    assert facts("Le Comptoir")["Ville"] == "Nantes"
    same = whole(uploader, "ID,Nom\n5,La Halle\n5,La Criée\n")
    assert [row[:2] for row in same["refused"]] == [[3, "La Criée"]]


def test_an_import_that_was_done_is_not_done_again(uploader: Client, alice: User) -> None:
    whole(uploader, PLACES)
    task = table_tasks.enqueue_import(TableImport.objects.get(), alice)
    run_tasks()
    task.refresh_from_db()
    assert (task.state, task.result["address"][-7:]) == ("done", "/report")


def test_a_page_that_was_hidden_is_not_changed_and_not_named(uploader: Client, bob: User) -> None:
    content = "ID,Nom,Texte\n1,Dora,Un portrait\n"
    confirm(uploader, mapped(uploader, upload(uploader, content, kind="person")))
    page = WikiPage.objects.get(full_title="Dora")
    page_moves.move(page, "Dora Maar", Author(None, "Quelqu'un"))
    uploader.force_login(bob)
    WikiPage.objects.filter(pk=page.pk).update(hidden_with=page.pk)
    report = confirm(uploader, mapped(uploader, upload(uploader, content.replace("portrait", "texte"), kind="person")))
    assert counts(report.context["report"]) == (0, 0, 0, 1)
    assert "Maar" not in report.content.decode()
    assert "portrait" in (WikiPage.objects.get(pk=page.pk).source.text or "")
