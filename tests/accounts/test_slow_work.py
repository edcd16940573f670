"""Slow work holds a bounded share of the threads: cached pages answer, the next slow request gets a 503 at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from tests.factories import make_page
from tests.pages.test_media import drawn, upload
from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.errors import RateLimitExceeded, ServerBusy
from wiki.history import views as history_views
from wiki.pages.media_models import Picture
from wiki.pages.rendering import page_renderer

pytestmark = pytest.mark.django_db
TEXT = "Un texte **long** à ne pas perdre."


@pytest.fixture
def request_of(rf: RequestFactory) -> Callable[..., Any]:
    """Return a function that makes a request of a user, from an address."""

    def make(user: Any, address: str = "10.0.0.1") -> Any:
        request = rf.get("/", REMOTE_ADDR=address)
        request.user = user
        return request

    return make


def test_one_person_runs_one_piece_of_each_kind(request_of: Callable[..., Any], alice: User, bob: User) -> None:
    first = request_of(alice)
    slow_work.begin(first, "preview")
    with pytest.raises(ServerBusy, match="before"):
        slow_work.begin(request_of(alice), "preview")
    slow_work.begin(other := request_of(bob), "preview")
    slow_work.end(other)
    slow_work.begin(other := request_of(alice), "export")
    slow_work.end(other)
    slow_work.end(first)
    slow_work.end(first)  # once is enough
    slow_work.begin(again := request_of(alice), "preview")
    slow_work.end(again)


def test_addresses_without_an_account_count_as_persons(request_of: Callable[..., Any], anna: AnonymousUser) -> None:
    slow_work.begin(request_of(anna), "preview")
    with pytest.raises(ServerBusy):
        slow_work.begin(request_of(anna), "preview")
    slow_work.begin(request_of(anna, "10.0.0.2"), "preview")


def test_all_together_hold_a_bounded_share(request_of: Callable[..., Any], anna: AnonymousUser) -> None:
    running = [request_of(anna, f"10.0.1.{number}") for number in range(slow_work.SLOTS)]
    for request in running:
        slow_work.begin(request, "preview")
    late = request_of(anna, "10.0.2.1")
    with pytest.raises(ServerBusy, match="others"):
        slow_work.begin(late, "preview")
    slow_work.end(running[0])
    slow_work.begin(late, "preview")


def test_seconds_are_counted_not_requests(request_of: Callable[..., Any], alice: User) -> None:
    counters.set(f"slow:user:{alice.pk}:ms", slow_work.BUDGET.count * 1000, 60)
    slow_work.begin(request := request_of(alice), "export")
    slow_work.end(request)
    with pytest.raises(RateLimitExceeded, match="120 seconds"):
        slow_work.begin(request_of(alice), "export")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("kind", get_args(slow_work.Kind))
def test_work_that_many_pages_offer_counts_as_a_preview(
    request_of: Callable[..., Any], anna: AnonymousUser, monkeypatch: pytest.MonkeyPatch, kind: slow_work.Kind
) -> None:
    counted = list[Any]()
    monkeypatch.setattr(slow_work, "limit_previews", counted.append)
    slow_work.begin(request := request_of(anna), kind)
    slow_work.end(request)
    assert counted == ([request] if kind in ("preview", "calls", "comparison", "credits") else [])


@pytest.mark.only_on("sqlite")
def test_a_request_that_does_two_things_is_one_piece(request_of: Callable[..., Any], anna: AnonymousUser) -> None:
    slow_work.begin(request := request_of(anna), "preview")
    slow_work.begin(request, "preview")
    slow_work.end(request)
    assert slow_work._slots._value == slow_work.SLOTS  # type: ignore[attr-defined]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("kind", "path"), [
    ("preview", "/wiki/Fournil?version=1"), ("comparison", "/compare/Fournil?from=0&to=1"),
    ("export", "/archive/Fournil.zip"), ("credits", "/credits/Fournil?words=four"),
])  # fmt: skip
def test_views_do_their_slow_work_as_a_piece(
    request_of: Callable[..., Any], alice: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch,
    kind: slow_work.Kind, path: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(history_views, "LONG_COMPARISON", 0)
    make_page("Fournil", "Un four.")
    slow_work.begin(request_of(alice), kind)
    assert client_of(alice).get(path).status_code == 503


@pytest.mark.only_on("sqlite")
def test_a_picture_is_stored_as_a_piece(
    request_of: Callable[..., Any], alice: User, client_of: Callable[..., Client]
) -> None:
    slow_work.begin(request_of(alice), "picture")
    assert upload(client_of(alice), drawn()).status_code == 503
    assert not Picture.objects.exists()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Semaphore, threading.Event]]:
    """Make previews wait for an event; yields what says that one began, and the event."""
    begun, release = threading.Semaphore(0), threading.Event()
    render = page_renderer.render_preview

    def wait(*arguments: Any) -> Any:
        begun.release()
        assert release.wait(30)
        return render(*arguments)

    monkeypatch.setattr(page_renderer, "render_preview", wait)
    yield begun, release
    release.set()


@pytest.mark.django_db(transaction=True)
def test_while_slow_work_runs_cached_pages_answer_and_the_next_slow_request_is_refused(
    held: tuple[threading.Semaphore, threading.Event], alice: User, client_of: Callable[..., Client]
) -> None:
    begun, release = held
    make_page("Fournil")
    reader = Client(headers={"accept-language": "en"})
    assert reader.get("/wiki/Fournil").status_code == 200
    statuses = list[int]()

    def look(number: int) -> None:
        client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=f"10.0.3.{number}")
        statuses.append(client.get("/wiki/Fournil?version=1").status_code)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(slow_work.SLOTS)]
    for thread in threads:
        thread.start()
        assert begun.acquire(timeout=30)
    assert reader.get("/wiki/Fournil").status_code == 200
    editor = client_of(alice, language="en")
    refused = editor.post("/edit/Fournil", {"text": TEXT, "base": "1", "comment": "", "preview": "1"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert TEXT in refused.content.decode()
    refused = editor.post("/preview", {"text": TEXT, "title": "Fournil"})
    assert refused.status_code == 503
    assert TEXT in refused.content.decode(), "the error page gives the text back"
    release.set()
    for thread in threads:
        thread.join(30)
    assert statuses == [200] * slow_work.SLOTS
    assert editor.post("/preview", {"text": TEXT, "title": "Fournil"}).status_code == 200


def test_an_export_ends_before_it_is_sent(alice: User, client_of: Callable[..., Client]) -> None:
    make_page("Fournil")
    client = client_of(alice, language="en")
    assert client.get("/archive/Fournil.zip").status_code == 200
    assert client.get("/archive/Fournil.zip").status_code == 200, "nothing of the first was taken"
    assert client.head("/archive/Fournil.zip").status_code == 200


def test_no_second_piece_begins_however_long_the_first_takes(
    request_of: Callable[..., Any], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_work, "LEASE", 0.4)
    monkeypatch.setattr(slow_work, "_renewer", threading.Thread())  # not one that sleeps for longer
    slow_work.begin(first := request_of(alice), "export")
    time.sleep(1)
    with pytest.raises(ServerBusy, match="before"):
        slow_work.begin(request_of(alice), "export")
    slow_work.end(first)
    slow_work.begin(again := request_of(alice), "export")
    slow_work.end(again)


def test_the_lease_of_a_killed_process_ends(
    request_of: Callable[..., Any], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_work, "LEASE", 0.2)
    slow_work.begin(request_of(alice), "export")
    slow_work._leases.clear()  # as if this process were no more
    time.sleep(0.5)
    slow_work.begin(again := request_of(alice), "export")
    slow_work.end(again)
