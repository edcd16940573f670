"""The page of a background task in a browser: it follows the progress, and leads to the result, with and without JS."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_layout import sign_in
from tests.browser.test_signed_in import FAULTS
from tests.factories import make_page
from tests.tasks import make_kind, working
from wiki.pages import background_jobs, background_tasks
from wiki.pages.background_jobs import Lane
from wiki.pages.background_tasks import TaskResult, TaskRun

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[threading.Event]:
    """Register a kind of task «letters» that goes on at each event."""
    monkeypatch.setattr(background_tasks, "REPORT_SECONDS", 0.0)
    events = [threading.Event(), threading.Event()]

    def work(run: TaskRun) -> TaskResult:
        assert events[0].wait(60)
        run.say("Les lettres sont comptées.")
        while not events[1].wait(0.05):
            run.report_progress(3, 7)
        return TaskResult("/wiki/Pain", "Sept lettres.")

    lane = Lane("letters", poll_seconds=0.05)
    monkeypatch.setattr(background_jobs, "JOBS", [])
    background_jobs.register(make_kind(monkeypatch, "letters", work, lane), lane)
    return events


def test_progress_is_followed_to_the_result(tab: Page, steps: list[threading.Event], alice: User) -> None:
    make_page("Pain")
    sign_in(tab, "alice")
    task = background_tasks.enqueue("letters", alice, {}, "/elsewhere")
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"/tasks/{task.pk}")
    bar = tab.locator("main progress")
    expect(bar).not_to_have_attribute("value", "3")
    assert tab.evaluate(FAULTS) == []
    assert Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"] == []
    with working():
        steps[0].set()
        expect(tab.locator("main [aria-live]")).to_have_text("Les lettres sont comptées.")
        expect(bar).to_have_attribute("value", "3")
        expect(bar).to_have_attribute("max", "7")
        steps[1].set()
        tab.wait_for_url("**/wiki/Pain")
    expect(tab.locator(".messages")).to_contain_text("Sept lettres.")


def test_it_is_cancelled(tab: Page, steps: list[threading.Event], alice: User) -> None:
    sign_in(tab, "alice")
    task = background_tasks.enqueue("letters", alice, {}, "/elsewhere")
    with working():
        steps[0].set()
        tab.goto(f"/tasks/{task.pk}")
        tab.click("main form button")
        expect(tab.locator("main progress")).to_have_count(0)
        task.refresh_from_db()
        assert task.state == "cancelled"
    tab.click("main .button-main")
    tab.wait_for_url("**/elsewhere")


def test_without_javascript_the_page_is_loaded_again(
    browser: Any, live_server: Any, steps: list[threading.Event], alice: User, client_of: Any
) -> None:
    make_page("Pain")
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", java_script_enabled=False)
    session = client_of(alice).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    task = background_tasks.enqueue("letters", alice, {}, "/elsewhere")
    page.goto(f"/tasks/{task.pk}")
    for step in steps:
        step.set()
    with working():
        page.wait_for_url("**/wiki/Pain", timeout=30_000)
    context.close()
