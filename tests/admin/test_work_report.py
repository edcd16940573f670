"""The report on background work: administrators see what failed and the state of the index, and retry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages import background_jobs
from wiki.pages.background_jobs import FailureLog
from wiki.pages.task_models import BackgroundTask, TaskFailure
from wiki.search import work_report

pytestmark = pytest.mark.django_db
URL = "/admin/work/"


def test_it_shows_failures_and_the_index_and_retries(admin_client: Client) -> None:
    background_jobs.run_pending()
    make_page("Fournil")
    for item in ("1", "2"):
        FailureLog("letters").record(item, ValueError(f"<no> {item}"))
    html = admin_client.get(URL).content.decode()
    assert "ValueError: &lt;no&gt; 2" in html
    assert "wait to be indexed" in html
    assert "The oldest is 0\xa0minutes old." in html
    assert "<code>wiki.pagesearchtext</code>: built on" in html
    first = TaskFailure.objects.get(item="1")
    response = admin_client.post(URL, {"retry": str(first.pk)}, follow=True)
    assert "tried again within some seconds" in response.content.decode()
    assert FailureLog("letters").waiting() == ["2"]
    admin_client.post(URL)
    assert FailureLog("letters").waiting() == []


def test_a_damaged_index_is_told(admin_client: Client) -> None:
    make_page("Fournil")
    background_jobs.run_pending()
    from modelsearch.backends import get_search_backend

    index = next(one for one in get_search_backend().all_indexes() if str(one) == "wiki.pagesearchtext")
    index.directory.record_damage(EOFError("cut"))
    assert "damaged (EOFError: cut)" in admin_client.get(URL).content.decode()
    (state,) = (one for one in work_report.index_states() if one.name == "wiki.pagesearchtext")
    assert state.built_at is not None
    assert timezone.now() - state.built_at < timedelta(minutes=10)


def make_task(person: User, **values: Any) -> BackgroundTask:
    return BackgroundTask.objects.create(kind="letters", lane="tests", person=person, language="fr", **values)


def test_tasks_that_failed_by_a_fault_are_shown_and_retried(admin_client: Client, alice: User, bob: User) -> None:
    assert "None waits, runs, or has failed" in admin_client.get(URL).content.decode()
    failed = make_task(alice, state="failed", error="ValueError: <no>", attempts=1)
    make_task(alice, state="failed", message="There is no site called example.org.")
    make_task(alice, state="done")
    make_task(bob, state="running")
    html = admin_client.get(URL).content.decode()
    assert "ValueError: &lt;no&gt;" in html
    assert "under way" in html
    assert "example.org" not in html, "what was said to its person needs no administrator"
    assert html.count("/tasks/") == 2
    FailureLog("numbers").record("1", ValueError("no"))
    response = admin_client.post(URL, {"task": str(failed.pk)}, follow=True)
    assert "tried again within some seconds" in response.content.decode()
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 0)
    assert FailureLog("numbers").waiting() == ["1"], "only the task is retried"
    second = make_task(bob, state="failed", error="ValueError: no")
    response = admin_client.post(URL, {"task": str(second.pk)}, follow=True)
    assert "still works on what you asked for" in response.content.decode()
    second.refresh_from_db()
    assert second.state == "failed"
    assert admin_client.post(URL, {"task": "999"}).status_code == 302


def test_only_administrators_see_it(moderator: User, alice: User, anna: AnonymousUser, client_of: Any) -> None:
    FailureLog("letters").record("1", ValueError("no"))
    for user in (moderator, alice, anna):
        client = client_of(user)
        assert client.get(URL).status_code in (302, 403)
        assert client.post(URL).status_code in (302, 403)
    assert FailureLog("letters").waiting() == ["1"]
    assert "/admin/work/" not in client_of(moderator).get("/admin/").content.decode()
