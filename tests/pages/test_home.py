"""The first screen: originals before forks, and no row of zeros."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages.views import read
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def test_originals_come_before_forks(
    bob: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("Atelier", by=bob)
    original = make_page("Four à pain", "---\nNature: Pratique\n---\nDu pain.", by=bob)
    make_page("Compost", "---\nNature: Pratique\n---\nDes restes.", by=bob)
    fork_creation.fork(original, ForkTarget(place, title="Notre four"), Author.of(bob))
    client = client_of(bob)  # whose pages are not kept

    def practices() -> list[str]:
        shown = client.get("/").content.decode().split('id="home-practices"')[1].split("</section>")[0]
        return [title for title in ("Notre four", "Four à pain", "Compost") if title in shown]

    assert practices() == ["Notre four", "Four à pain", "Compost"]
    monkeypatch.setattr(read, "CARDS_PER_KIND", 2)
    assert practices() == ["Four à pain", "Compost"]


def test_a_kind_without_pages_has_no_number(bob: User, anna: AnonymousUser, client_of: Callable[..., Client]) -> None:
    client = client_of(anna)

    def numbers() -> list[str]:
        return re.findall(r'<span class="tile-count">(\d+)</span>', client.get("/").content.decode())

    assert numbers() == []
    make_place("Atelier", by=bob)
    assert numbers() == ["1"]
