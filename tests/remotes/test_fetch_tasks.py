"""Other sites are asked by the worker: the views enqueue a task, its page leads to the result or back to the form."""

from __future__ import annotations

import io
import ipaddress
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from tests.exchange.archives import export
from tests.factories import make_page, make_place
from tests.tasks import follow, run_tasks
from wiki.accounts.models import User
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import WikiPage
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing.page_writer import Author
from wiki.remotes import mirror_polling

pytestmark = pytest.mark.django_db
PUBLIC = "http://93.184.216.34/wiki/Pain"


class Garden(BaseHTTPRequestHandler):
    """A Federated Wiki with one page."""

    text = "Flour."

    def do_GET(self) -> None:
        """Serve the page as JSON."""
        if self.path != "/how-to-bake.json":
            self.send_error(404)
            return
        story = [{"type": "paragraph", "id": "a", "text": self.text}]
        body = json.dumps({"title": "How to Bake", "story": story}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Do not log."""


@pytest.fixture
def garden(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve a garden, which may be asked; yields its URL."""
    settings.FORK_FROM, settings.FORK_PORTS = [ipaddress.ip_network("127.0.0.0/8")], [range(1024, 65_536)]
    monkeypatch.setattr(Garden, "text", "Flour.")
    with ThreadingHTTPServer(("127.0.0.1", 0), Garden) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def client(client_of: Any, bob: User) -> Client:
    """A client signed in as bob, in French."""
    found: Client = client_of(bob)
    return found


def test_a_page_is_fetched_by_the_worker_and_the_browser_goes_on_to_fork_it(garden: str, client: Client) -> None:
    response = client.post("/elsewhere", {"address": f"{garden}/how-to-bake.json"})
    number = BackgroundTask.objects.get().pk
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{number}")
    assert not Mirror.objects.exists(), "the request asks no site"
    page = client.get(f"/tasks/{number}")
    html = page.content.decode()
    assert 'aria-live="polite"' in html
    assert "<progress" in html
    assert '<noscript><meta http-equiv="refresh"' in html
    assert f'data-task="/tasks/{number}/state"' in html
    assert "no-store" in page.headers["Cache-Control"]
    assert client.get(f"/tasks/{number}/state").json()["ended"] is False
    run_tasks()
    assert client.get(f"/tasks/{number}/state").json()["ended"] is True
    response = client.get(f"/tasks/{number}")
    mirror = Mirror.objects.get()
    assert response.status_code == 302
    assert response["Location"].startswith("/fork/Elsewhere:127.0.0.1")
    assert client.get(response["Location"]).status_code == 200
    assert mirror.page.full_title.endswith("/How to Bake")


def test_a_failed_fetch_is_said_in_french_and_leads_back_to_the_form_as_it_was(garden: str, client: Client) -> None:
    response = follow(client, client.post("/elsewhere", {"address": f"{garden}/nowhere?a=b&c=d"}))
    html = response.content.decode()
    assert response.status_code == 200
    assert "ne l’a pas, ou ne le donne pas (404)" in html
    assert "http-equiv" not in html
    back = BackgroundTask.objects.get().back
    assert f'href="{back.replace("&", "&amp;")}"' in html
    assert f'value="{garden}/nowhere?a=b&amp;c=d"' in client.get(back).content.decode()


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/", "http://[::1]/", "ftp://example.org/", "http://example.org:22/", "http://a:b@x.fr/"],
)
def test_an_address_that_cannot_be_right_is_refused_in_the_form(address: str, client: Client) -> None:
    response = client.post("/elsewhere", {"address": address})
    assert response.status_code == 422
    assert f'value="{address}"' in response.content.decode()
    assert not BackgroundTask.objects.exists()


def test_a_second_fetch_waits_for_the_first(client: Client, client_of: Any, alice: User) -> None:
    client.post("/elsewhere", {"address": PUBLIC})
    number = BackgroundTask.objects.get().pk
    response = client.post("/elsewhere", {"address": f"{PUBLIC}/2"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    html = response.content.decode()
    assert f'value="{PUBLIC}/2"' in html
    assert f'href="/tasks/{number}"' in html
    assert client_of(alice).post("/elsewhere", {"address": PUBLIC}).status_code == 302, "others are not concerned"
    client.post(f"/tasks/{number}/cancel")
    assert client.post("/elsewhere", {"address": f"{PUBLIC}/2"}).status_code == 302


def test_a_task_is_cancelled_by_its_person(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    monkeypatch.setattr(mirror_polling, "fetch_mirror", lambda url, *_: asked.append(url))
    response = client.post("/elsewhere", {"address": PUBLIC})
    assert client.post(f"{response['Location']}/cancel")["Location"] == response["Location"]
    html = follow(client, response).content.decode()
    assert BackgroundTask.objects.get().state == "cancelled"
    assert 'href="/elsewhere?address=' in html
    assert asked == []


def test_only_its_person_and_administrators_see_a_task(
    client: Client, client_of: Any, alice: User, charlie: User
) -> None:
    client.post("/elsewhere", {"address": PUBLIC})
    number = BackgroundTask.objects.get().pk
    for user in (alice, charlie):
        other = client_of(user)
        assert other.get(f"/tasks/{number}").status_code == 404
        assert other.get(f"/tasks/{number}/state").status_code == 404
        assert other.post(f"/tasks/{number}/cancel").status_code == 404
    assert BackgroundTask.objects.get().state == "waiting"
    BackgroundTask.objects.update(state="done", result={"address": "/wiki/Pain", "message": "Voilà."})
    eve = client_of(User.objects.create_superuser("eve", password="x"))
    shown = eve.get(f"/tasks/{number}")
    assert shown.status_code == 200, "the result is that of another person"
    assert 'href="/wiki/Pain"' in shown.content.decode()
    assert eve.get("/tasks/99999999999999999999").status_code == 404
    assert client.get(f"/tasks/{number}").status_code == 302


def test_an_account_that_is_blocked_meanwhile_imports_nothing(garden: str, client: Client) -> None:
    response = client.post("/elsewhere", {"address": f"{garden}/how-to-bake.json"})
    User.objects.filter(username="bob").update(is_blocked=True)
    assert "bloqué" in follow(client, response).content.decode()
    assert not Mirror.objects.exists()


@pytest.fixture
def fork(garden: str, bob: User) -> WikiPage:
    """A fork of a page of the garden."""
    mirror = mirror_polling.fetch_mirror(f"{garden}/how-to-bake.json", bob)
    return fork_creation.fork(mirror.page, ForkTarget(new_place="Fournil"), Author.of(bob))


def test_the_original_is_asked_by_the_worker(fork: WikiPage, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, said in (("Flour.", "n’a pas bougé"), ("Flour and water.", "a bougé")):
        monkeypatch.setattr(Garden, "text", text)
        response = client.post(f"/ask-original/{fork.full_title}")
        assert Mirror.objects.get().page.version == 1
        response = follow(client, response)
        assert response["Location"] == "/touch/Fournil:How_to_Bake"
        assert said in client.get(response["Location"]).content.decode()
    assert Mirror.objects.get().page.version == 2


def test_an_original_that_cannot_be_asked_is_said(fork: WikiPage, client: Client, bob: User) -> None:
    address = f"/ask-original/{fork.full_title}"
    Mirror.objects.update(archive=f"{Mirror.objects.get().archive}x")
    html = follow(client, client.post(address)).content.decode()
    assert "(404)" in html
    assert 'href="/touch/Fournil:How_to_Bake"' in html
    assert "(404)" in Mirror.objects.get().problem
    first = client.post(address)
    second = client.post(address)
    assert second["Location"] == first["Location"], "to the page of the unfinished task"
    assert "travaille encore" in client.get(second["Location"]).content.decode()
    run_tasks()
    Mirror.objects.update(archive="")
    response = client.post(address)
    assert response["Location"] == "/touch/Fournil:How_to_Bake"
    assert BackgroundTask.objects.count() == 2
    Mirror.objects.all().delete()
    assert client.post(address)["Location"] == "/touch/Fournil:How_to_Bake"
    assert BackgroundTask.objects.count() == 2


def test_a_mirror_that_is_gone_meanwhile_is_said(fork: WikiPage, client: Client) -> None:
    response = client.post(f"/ask-original/{fork.full_title}")
    Mirror.objects.all().delete()
    assert "sur un autre site" in follow(client, response).content.decode()


def test_an_archive_is_imported_within_the_request(client: Client, bob: User, settings: Any) -> None:
    settings.BASE_ADDRESS = "https://loin.example"
    far = make_page("Pain", by=bob, place=make_place("Loin", by=bob))
    archive = export(page_lookup.reload_page(far.pk))
    settings.BASE_ADDRESS = "https://ici.example"
    response = client.post("/elsewhere", {"file": io.BytesIO(archive)})
    assert response["Location"].startswith("/fork/Elsewhere:loin.example")
    assert not BackgroundTask.objects.exists()
    assert Mirror.objects.count() == 1
