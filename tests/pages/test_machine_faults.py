"""Faults of the machine are named as what they are, and give back what was typed."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages.rendering import page_cache
from wiki.pages.writing import version_store

pytestmark = pytest.mark.django_db
TEXT = "Un texte <b>long</b> à ne pas perdre."
FULL = [OperationalError("database or disk is full"), OSError(errno.ENOSPC, "No space left on device")]
AWAY = [OperationalError("connection refused"), InterfaceError("connection already closed")]


def client_for(client_of: Any, user: User) -> Client:
    """Return a client of a user that gets responses where Django's test client would raise."""
    client: Client = client_of(user, language="en")
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(("error", "words"), [*((one, "disk") for one in FULL), *((one, "database") for one in AWAY)])
def test_a_save_that_cannot_be_written_gives_the_text_back(
    error: Exception, words: str, alice: User, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_page("Fournil", by=alice)

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(version_store, "_write", fail)
        data = {"text": TEXT, "base": "1", "comment": "mieux"}
        response = client_for(client_of, alice).post("/edit/Fournil", data)
    html = response.content.decode()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert f"The {words} of the wiki" in html
    assert "Un texte &lt;b&gt;long&lt;/b&gt; à ne pas perdre." in html
    assert "mieux" in html
    page.refresh_from_db()
    assert page.version == 1
    assert client_for(client_of, alice).post("/edit/Fournil", data).status_code == 302, "no restart is needed"


@pytest.mark.parametrize("error", [*FULL, *AWAY, ValueError("a bug")])
def test_programs_get_json(error: Exception, alice: User, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_page("Fournil", by=alice)
    client = client_for(client_of, alice)
    token = client.get("/api.php?action=query&meta=tokens&format=json").json()["query"]["tokens"]["csrftoken"]

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(version_store, "_write", fail)
    data = {"action": "edit", "title": "Fournil", "text": TEXT, "token": token, "format": "json"}
    response = client.post("/api.php", data)
    is_fault = not isinstance(error, ValueError)
    assert response.status_code == (503 if is_fault else 500)
    assert response.json()["error"]["code"] == ("readonly" if is_fault else "internal_api_error")


def test_a_cached_page_without_its_database_is_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_page("Fournil", by=alice)
    reader = Client(raise_request_exception=False, headers={"accept-language": "fr"})
    assert reader.get("/wiki/Fournil").status_code == 200

    def fail(_: str) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(page_cache, "cache_key_for", fail)
        response = reader.get("/wiki/Fournil")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
        assert "base de données" in response.content.decode()
    assert reader.get("/wiki/Fournil").status_code == 200


def test_a_fault_of_the_program_stays_one(alice: User, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(page_cache, "cache_key_for", fail)
    assert Client(raise_request_exception=False).get("/wiki/Fournil").status_code == 500
