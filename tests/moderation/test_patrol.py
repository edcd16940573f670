"""Patrol: what new accounts write is listed until somebody has looked at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_page, make_place
from wiki.errors import NotAllowed
from wiki.moderation import patrol
from wiki.moderation.models import PatrolMark
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion
from wiki.pages.writing import page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def newcomer(db: None) -> User:
    user: User = get_user_model().objects.create_user("noé")
    return user


def waiting(user: User) -> list[str]:
    return sorted(str(version) for version in patrol.versions_to_patrol(user))


def test_what_is_listed(alice: User, bob: User, newcomer: User) -> None:
    make_place("Atelier", by=bob)
    page = make_page("Four", by=newcomer)
    make_page("Vieux", by=alice)
    page_writer.edit(page, "Encore.", Author.of(newcomer))
    assert waiting(bob) == ["Four v1", "Four v2"]
    assert waiting(newcomer) == []  # not one's own
    PageVersion.objects.filter(page=page, number=1).update(origin_host="ailleurs.example")
    assert waiting(bob) == ["Four v2"]
    make_page("Dora", "---\nKind: Person\n---\n", by=newcomer)
    page_hiding.hide(page_lookup.find_by_key("Dora"), Author.of(newcomer))  # type: ignore[arg-type]
    assert waiting(bob) == ["Four v2"]
    for change in ({"is_superuser": True}, {"date_joined": timezone.now() - patrol.NEW_FOR - timedelta(minutes=1)}):
        get_user_model().objects.filter(pk=newcomer.pk).update(**change)
        assert waiting(bob) == []
        get_user_model().objects.filter(pk=newcomer.pk).update(is_superuser=False, date_joined=timezone.now())
    make_place("Chez Noé", by=newcomer)  # a steward is not patrolled
    assert waiting(bob) == []


def test_marks(alice: User, bob: User, newcomer: User, client_of: Callable[..., Client]) -> None:
    make_place("Atelier", by=bob)
    for title in ("Four", "Compost", "Vélo"):
        make_page(title, by=newcomer)
    old = make_page("Vieux", by=alice)
    client = client_of(bob, "en")
    shown = client.get("/patrol").content.decode()
    assert shown.count("data-patrol-mark") == 3
    four = PageVersion.objects.get(title="Four")
    response = client.post("/patrol", {"version": [four.pk, old.versions.get().pk, "x", "9" * 30]}, follow=True)
    assert "1 version is marked as good." in response.content.decode()
    assert waiting(bob) == ["Compost v1", "Vélo v1"]
    assert PatrolMark.objects.get().by == bob
    assert patrol.mark([four.pk], bob) == 0
    with pytest.raises(NotAllowed, match="Only stewards"):
        patrol.mark([PageVersion.objects.get(title="Compost").pk], alice)
    assert PatrolMark.objects.count() == 1


def test_queries_do_not_grow(bob: User, newcomer: User, client_of: Callable[..., Client]) -> None:
    make_place("Atelier", by=bob)
    client, counts = client_of(bob), []
    for number in range(6):
        page = make_page(f"Page {number}", by=newcomer)
        page_writer.edit(page, "Encore.", Author.of(newcomer))
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/patrol").content.decode().count("data-patrol-mark") == 2 * number + 2
        counts.append(len(queries))
    assert counts[1] == counts[-1]
