"""Undoing a batch: merged with later edits, what cannot be undone is named and left, large ones in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from tests.tasks import run_tasks
from wiki.accounts import rate_limits
from wiki.errors import Refused
from wiki.history import batch_undo, batch_views, version_undo
from wiki.pages import permissions
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing import batch_edits, page_hiding, page_writer
from wiki.pages.writing.batch_edits import PageEdit, edit_pages
from wiki.pages.writing.page_writer import Author, EditSummary

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
TEXT = "---\nVille: Lyon\nSurface: 3\n---\nUn texte.\n"


def make_batch(titles: list[str], by: User, act: Changeset.Act = Changeset.Act.EDIT) -> Changeset:
    """Return a changeset that changed the town of pages, which it finds or creates."""
    changeset = Changeset(act=act, by=by)
    for title in titles:
        make_page(title, TEXT, by=by)
    pages = WikiPage.objects.filter(title__in=titles).select_related("source", "place")
    edit_pages(
        [PageEdit(page, TEXT.replace("Lyon", "Brest")) for page in pages], Author.of(by), EditSummary(), changeset
    )
    return changeset


def page_of(title: str) -> WikiPage:
    found: WikiPage = WikiPage.objects.select_related("source", "place").get(title=title)
    return found


def change(title: str, old: str, new: str, by: User) -> None:
    page = page_of(title)
    page_writer.edit(page, page.source.text.replace(old, new), Author.of(by))


def test_each_page_goes_back_merged_with_later_edits(
    alice: User, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    batch = make_batch(["A", "B", "C", "D", "E"], alice, Changeset.Act.IMPORT)
    change("B", "Un texte.", "Un autre texte.", bob)
    change("C", "Brest", "Nantes", bob)
    change("D", "Brest", "Lyon", bob)
    page_writer.edit(page_of("E"), "---\nKind: Person\n---\n" + TEXT, Author.of(bob))
    WikiPage.objects.filter(title="E").update(hidden_with=page_of("E").pk)
    client = client_of(bob, "en")
    listed = client.get(f"/changes?batch={batch.pk}").content.decode()
    assert f'href="/batch/{batch.pk}/undo"' in listed
    assert f'href="/batch/{batch.pk}/undo"' in client.get("/changes").content.decode()
    assert "/undo" not in client_of(anna, "en").get(f"/changes?batch={batch.pk}").content.decode()
    confirmation = client.get(f"/batch/{batch.pk}/undo").content.decode()
    assert "4 pages" in confirmation  # the hidden one is not counted
    response = client.post(f"/batch/{batch.pk}/undo", {"comment": "par erreur"}, follow=True)
    content = response.content.decode()
    assert "message-warning" in content
    assert "2 pages are undone." in content
    assert "2 pages stay as they are:" in content
    assert "C (The same words were changed meanwhile)" in content
    assert "D (Nothing of this edit is left" in content
    assert "E (" not in content
    texts = [page_of(title).source.text for title in "ABC"]
    assert texts == [TEXT, TEXT.replace("Un texte", "Un autre texte"), TEXT.replace("Lyon", "Nantes")]
    undo = Changeset.objects.get(act=Changeset.Act.UNDO)
    assert undo.by == bob
    assert response.redirect_chain == [(f"/changes?batch={undo.pk}", 302)]
    assert sorted(undo.versions.values_list("page__title", flat=True)) == ["A", "B"]
    assert "par erreur" in PageVersion.objects.filter(changeset=undo)[0].comment
    # An undo is a batch too.
    assert "message-success" in client.post(f"/batch/{undo.pk}/undo", follow=True).content.decode()
    assert page_of("A").source.text == TEXT.replace("Lyon", "Brest")


def begin_batch(by: User, *pages: WikiPage) -> Changeset:
    """Return a batch that began pages."""
    batch = Changeset.objects.create(act=Changeset.Act.IMPORT, by=by)
    PageVersion.objects.filter(page__in=pages, number=1).update(changeset=batch)
    return batch


def test_pages_that_the_batch_began_are_deleted_and_come_back(
    alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    inside = make_page("Neuve", TEXT, by=alice, place=make_place("Neuf lieu", by=alice))
    batch = begin_batch(alice, inside, WikiPage.objects.get(title="Neuf lieu"), make_page("Reprise", TEXT, by=alice))
    change("Reprise", "Un texte.", "Un autre texte.", bob)
    content = client_of(alice, "en").post(f"/batch/{batch.pk}/undo", follow=True).content.decode()
    assert "2 pages are undone." in content
    assert "Reprise (Version 1 is where the text begins, and others went on with it)" in content
    assert all(page_of(title).is_deleted for title in ("Neuf lieu", "Neuve"))
    undo = Changeset.objects.get(act=Changeset.Act.UNDO)
    assert {tuple(version.tags) for version in undo.versions.all()} == {("undone", "deleted")}
    bob.is_superuser = True
    bob.save()
    with pytest.raises(Refused, match="no place now"):
        page_writer.undelete(page_of("Neuve"), Author.of(bob))
    make_page("Neuf lieu", "Un autre.", by=bob)  # the same page again, and no place
    report = batch_undo.undo_batch(undo, bob)
    assert report.left == [
        ("Neuf lieu", "Nothing of this edit is left in the page: there is nothing to undo."),
        ("Neuf lieu:Neuve", "It was in «Neuf lieu», which is no place now."),
    ]
    assert page_of("Neuve").is_deleted


def test_deleted_pages_come_back_with_their_place(alice: User, bob: User) -> None:
    inside = make_page("Neuve", TEXT, by=alice, place=make_place("Neuf lieu", by=alice))
    undo = batch_undo.undo_batch(begin_batch(alice, inside, WikiPage.objects.get(title="Neuf lieu")), alice).changeset
    bob.is_superuser = True
    bob.save()
    make_page("Autre", by=bob)
    WikiPage.objects.filter(title="Autre").update(title_key="Neuf lieu")
    assert undo is not None
    assert [reason for _, reason in batch_undo.undo_batch(undo, bob).left] == [
        "The title «Neuf lieu» is taken.", "It was in «Neuf lieu», which is no place now.",
    ]  # fmt: skip
    WikiPage.objects.filter(title="Autre").update(title_key="Autre")
    assert batch_undo.undo_batch(undo, bob).left == []
    assert (page_of("Neuve").full_title, page_of("Neuve").source.text) == ("Neuf lieu:Neuve", TEXT)


def test_who_may_delete_by_undoing(alice: User, bob: User) -> None:
    """Who wrote a page alone; else those who may delete it. A place that has pages of others stays."""
    alone, shared, of_bob = (make_page(title, TEXT, by=alice) for title in ("Seule", "Partagée", "De Bob"))
    batch = begin_batch(alice, alone, shared, of_bob, place := make_place("Habité", by=alice))
    make_page("Voisine", TEXT, by=bob, place=place)
    change("Partagée", "Un texte.", "Un mot.", bob)
    PageVersion.objects.filter(page=shared).update(changeset=batch)
    report = batch_undo.undo_batch(batch, alice)
    assert [title for title, _ in report.left] == ["Partagée", "Habité"]
    assert "Voisine" in report.left[1][1]
    assert report.undone == 2
    undo = report.changeset
    assert undo is not None
    assert batch_undo.undo_batch(undo, alice).undone == 0  # only administrators see deleted pages
    bob.is_superuser = True
    bob.save()
    assert batch_undo.undo_batch(undo, bob).undone == 2
    assert batch_undo.undo_batch(batch, bob).undone == 1
    with pytest.raises(version_undo.NotAllowed):
        edit_pages([PageEdit(make_page("Commune", by=bob), None, action=permissions.Action.DELETE)], Author.of(alice),
                   EditSummary(), Changeset())  # fmt: skip


def test_a_page_that_comes_into_a_place_meanwhile_keeps_it(alice: User, bob: User, monkeypatch: Any) -> None:
    batch = begin_batch(alice, place := make_place("Neuf lieu", by=alice))

    def edit_after_another(*arguments: Any) -> Any:
        if not WikiPage.objects.filter(title="Arrivée").exists():
            make_page("Arrivée", TEXT, by=bob, place=place)
        return edit_pages(*arguments)

    monkeypatch.setattr(version_undo, "edit_pages", edit_after_another)
    assert [title for title, _ in batch_undo.undo_batch(batch, alice).left] == ["Neuf lieu"]
    assert not page_of("Neuf lieu").is_deleted


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [([], []), ([4], [(4, 4)]), ([1, 2, 3], [(1, 3)]), ([1, 3, 4, 9], [(9, 9), (3, 4), (1, 1)])],
)
def test_runs_of_versions(numbers: list[int], runs: list[tuple[int, int]]) -> None:
    assert [(run.first, run.last) for run in version_undo.runs_of(numbers)] == runs


def test_several_edits_of_a_page_are_undone_one_after_the_other(alice: User, bob: User) -> None:
    batch = make_batch(["A"], alice)
    change("A", "Un texte.", "Un autre texte.", bob)
    edit_pages([PageEdit(page_of("A"), page_of("A").source.text.replace("Brest", "Dinan"))], Author.of(alice),
               EditSummary(), batch)  # fmt: skip
    assert batch_undo.undo_batch(batch, bob).undone == 1
    assert page_of("A").source.text == TEXT.replace("Un texte", "Un autre texte")


def test_who_may(
    alice: User, bob: User, charlie: User, anna: AnonymousUser, client_of: Callable[..., Client], monkeypatch: Any
) -> None:
    batch = make_batch(["A"], alice)
    address = f"/batch/{batch.pk}/undo"
    for user, status in ((charlie, 403), (anna, 302)):
        assert client_of(user).post(address).status_code == status
    client = client_of(bob)
    assert client.get("/batch/999999/undo").status_code == 404
    assert client.get(f"/batch/{10**30}/undo").status_code == 404
    page_writer.edit(page_of("A"), "---\nKind: Person\n---\n", Author.of(bob))
    page_hiding.hide(page_of("A"), Author.of(alice))
    assert client.get(address).status_code == 404
    monkeypatch.setattr(rate_limits, "BATCHES", rate_limits.RateLimit(0, 60, "Wait."))
    limited = client_of(alice).post(address)
    assert limited.status_code == 429
    assert "Wait." in limited.content.decode()
    assert client_of(alice).post(address, {"comment": "x" * 401}).status_code == 422
    assert page_of("A").version == 4


def test_a_page_that_may_not_be_edited_is_left(alice: User, monkeypatch: Any) -> None:
    batch = make_batch(["A", "Miroir"], alice)
    WikiPage.objects.filter(title="Miroir").update(namespace=permissions.MIRROR_NAMESPACE)
    report = batch_undo.undo_batch(batch, alice)
    assert (report.undone, [title for title, _ in report.left]) == (1, ["Miroir"])
    with pytest.raises(version_undo.NotAllowed):
        edit_pages([PageEdit(page_of("Miroir"), "x")], Author.of(alice), EditSummary(), Changeset())
    with pytest.raises(Refused):
        edit_pages([PageEdit(page_of("A"), "x")], Author.of(alice), EditSummary("x" * 10_001), Changeset())
    monkeypatch.setattr(batch_edits, "PAGES_LIMIT", 1)
    comment = EditSummary("x" * 10_000, minor=True, tags=["a"])
    (version,) = edit_pages([PageEdit(page_of("A"), "x", ["b"])], Author.of(alice), comment, Changeset())
    assert (version.minor, version.tags, len(version.comment)) == (True, ["a", "b"], 10_000)
    monkeypatch.setattr(batch_edits, "PAGES_LIMIT", 0)
    with pytest.raises(Refused):
        edit_pages([PageEdit(page_of("A"), "x")], Author.of(alice), EditSummary(), Changeset())


def test_a_large_batch_is_undone_in_the_background(
    alice: User, bob: User, client_of: Callable[..., Client], monkeypatch: Any
) -> None:
    batch = make_batch(["A", "B", "C"], alice)
    monkeypatch.setattr(batch_views, "PAGES_LIMIT", 2)
    monkeypatch.setattr(batch_edits, "PAGES_LIMIT", 2)
    client = client_of(bob, "en")
    assert "in the background" in client.get(f"/batch/{batch.pk}/undo").content.decode()
    response = client.post(f"/batch/{batch.pk}/undo")
    assert response.status_code == 302
    assert response["Location"].startswith("/tasks/")
    assert page_of("A").version == 2
    run_tasks()
    assert [page_of(title).source.text for title in "ABC"] == [TEXT] * 3
    undo = Changeset.objects.get(act=Changeset.Act.UNDO)
    assert undo.versions.count() == 3
    task = BackgroundTask.objects.get()
    assert task.result == {"address": f"/changes?batch={undo.pk}", "message": "3 pages are undone."}
    assert (task.done, task.total) == (2, 3)  # reports follow each other after half a second at least
    # Again, as after an interruption: nothing is left to undo.
    client.post(f"/batch/{batch.pk}/undo")
    run_tasks()
    again = BackgroundTask.objects.exclude(pk=task.pk).get()
    assert again.result["address"] == f"/changes?batch={batch.pk}"
    assert again.result["message"].startswith("Nothing was undone. 3 pages stay as they are:")


def test_a_deleted_page_is_named_to_those_who_see_it(alice: User, bob: User) -> None:
    batch = make_batch([f"Page {number}" for number in range(version_undo.NAMED_LIMIT + 1)], alice)
    bob.is_superuser = True
    bob.save()
    for page in WikiPage.objects.filter(title__startswith="Page ").select_related("source", "place"):
        page_writer.delete(page, Author.of(bob))
    report = batch_undo.undo_batch(batch, bob)
    assert report.undone == 0
    assert {reason for _, reason in report.left} == {"This page is deleted: bring it back first."}
    assert report.message.endswith("first) …")
    assert batch_undo.undo_batch(batch, alice).left == []


def test_a_race_is_merged_again_and_queries_do_not_grow(alice: User, bob: User, monkeypatch: Any) -> None:
    batch, raced = make_batch(["A"], alice), []

    def edit_after_another(*arguments: Any) -> Any:
        if not raced:
            raced.append(1)
            change("A", "Un texte.", "Un autre texte.", bob)
        return edit_pages(*arguments)

    monkeypatch.setattr(version_undo, "edit_pages", edit_after_another)
    assert batch_undo.undo_batch(batch, bob).undone == 1
    assert page_of("A").source.text == TEXT.replace("Un texte", "Un autre texte")
    counts = []
    for names in (["P"], [f"Q{number}" for number in range(6)]):
        with CaptureQueriesContext(connection) as queries:
            batch_undo.undo_batch(make_batch(names, alice), bob)
        counts.append(sum("SELECT" in query["sql"][:6] and "page_version" in query["sql"] for query in queries))
    assert counts[0] == counts[1]
