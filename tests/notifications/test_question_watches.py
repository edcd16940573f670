"""Watched questions: rows that enter, leave and change, with the permissions of the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.ask.language.query_errors import AskProblem
from wiki.errors import Refused
from wiki.notifications import inbox, question_watches
from wiki.notifications.models import Delivery, Notification, WatchedQuestion
from wiki.notifications.question_watches import QuestionWatchJob, watch_question
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

QUESTION = "[[Ville::Lyon]]\n|?Depuis"


def make(title: str, by: User, town: str = "Lyon", since: str = "2020", kind: str = "Pratique") -> WikiPage:
    return make_page(title, f"---\nNature: {kind}\nVille: {town}\nDepuis: {since}\n---\nUn.", by=by)


def edit(page: WikiPage, by: User, town: str = "Lyon", since: str = "2020") -> None:
    text = f"---\nNature: Pratique\nVille: {town}\nDepuis: {since}\n---\nUn."
    page_writer.edit(page_lookup.reload_page(page.pk), text, Author.of(by))


def check() -> None:
    """Ask all watched questions again."""
    WatchedQuestion.objects.update(next_check_at=timezone.now() - timedelta(seconds=1))
    while QuestionWatchJob().run():
        pass


def sentences(user: User) -> list[str]:
    rows = list(inbox.notifications_of(user, inbox.Filter.ALL).order_by("pk"))
    return [one.sentence for group in inbox.group_by_page(rows, user) for one in group.listed]


def test_what_enters_leaves_and_changes(alice: User, bob: User) -> None:
    stays, leaves = make("Four", alice), make("Pain", alice)
    make("Levain", alice, town="Paris")
    watch_question(bob, QUESTION, Delivery.AT_ONCE, "fr")
    check()
    assert sentences(bob) == [], "the answer of the beginning is known"
    make("Farine", alice)
    edit(stays, alice, since="2021")
    edit(leaves, alice, town="Nice")
    check()
    assert sentences(bob) == ["entrées\u00a0: Farine · sorties\u00a0: Pain · modifiées\u00a0: Four"]
    assert Notification.objects.get().email_due == Delivery.AT_ONCE
    check()
    assert len(sentences(bob)) == 1


def test_pages_that_are_hidden_are_neither_named_nor_said_to_leave(alice: User, bob: User) -> None:
    page = make("Dora", alice, kind="Personne")
    watch_question(bob, QUESTION, Delivery.INBOX, "fr")
    watch_question(alice, QUESTION, Delivery.INBOX, "fr")
    text = page_lookup.reload_page(page.pk).source.text.replace("2020", "2021")
    page_writer.edit(page_lookup.reload_page(page.pk), text, Author.of(alice))
    check()
    assert sentences(bob) == ["modifiées\u00a0: Dora"]
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(alice))
    assert sentences(bob) == ["La réponse a changé."]
    check()
    assert (len(sentences(bob)), len(sentences(alice))) == (1, 1)


def test_it_is_asked_only_where_something_was_written(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make("Four", alice)
    watch_question(bob, QUESTION, Delivery.INBOX, "fr")
    asked: list[str] = []
    answer = question_watches.answer

    def count(text: str, *arguments: Any) -> dict[str, str]:
        asked.append(text)
        return answer(text, *arguments)

    monkeypatch.setattr(question_watches, "answer", count)
    check()
    assert asked == []
    QuestionWatchJob().run()
    make("Autre", alice, town="Nice")
    QuestionWatchJob().run()
    assert asked == [], "not before the interval is over"
    check()
    assert asked == [QUESTION]


def test_questions_that_cannot_be_watched_are_refused(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make("Four", alice)
    make("Pain", alice)
    for text, error in (("[[", AskProblem), (QUESTION + "|format=count", Refused), (QUESTION + "|at=2020", Refused)):
        with pytest.raises(error):
            watch_question(bob, text, Delivery.INBOX, "fr")
    assert not WatchedQuestion.objects.exists()
    watch_question(bob, QUESTION, Delivery.INBOX, "fr")
    monkeypatch.setattr(question_watches, "ROWS_LIMIT", 2)
    make("Farine", alice)
    check()
    assert sentences(bob) == []
    assert "plus de 2 lignes" in WatchedQuestion.objects.get().problem
    with pytest.raises(Refused):
        watch_question(alice, QUESTION, Delivery.INBOX, "fr")
    monkeypatch.setattr(question_watches, "QUESTIONS_LIMIT", 1)
    with pytest.raises(Refused):
        watch_question(bob, "[[Ville::Nice]]", Delivery.INBOX, "fr")
    watch_question(bob, QUESTION, Delivery.DAILY, "fr")
