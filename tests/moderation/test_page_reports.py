"""Reports by readers reach those who decide, and nobody else; what waits is on one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from wiki.accounts import rate_limits
from wiki.errors import NotAllowed, Refused
from wiki.moderation import page_reports
from wiki.moderation.models import PageReport, Proposal
from wiki.notifications.models import Notification

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def root(db: None) -> User:
    user: User = get_user_model().objects.create_superuser("root")
    return user


def recipients() -> list[str]:
    return sorted(Notification.objects.filter(kind="report").values_list("recipient__username", flat=True))


def test_a_reader_reports_and_the_steward_settles(
    alice: User, bob: User, charlie: User, root: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    make_page("Charte", by=alice, place=make_place("Atelier", by=bob))
    reader = client_of(anna, "en")
    assert "/report/Atelier:Charte" in reader.get("/wiki/Atelier:Charte").content.decode()
    for wrong in ({"reason": " "}, {"reason": "x" * 1001}, {"reason": "Spam", "website": "x"}):
        assert reader.post("/report/Atelier:Charte", wrong).status_code == 422
    done = reader.post("/report/Atelier:Charte", {"reason": "Une <b>insulte</b>"}, follow=True)
    assert "Thank you." in done.content.decode()
    assert recipients() == ["bob"]
    steward = client_of(bob, "en")
    waiting = steward.get("/waiting").content.decode()
    assert "Une &lt;b&gt;insulte&lt;/b&gt;" in waiting
    number = PageReport.objects.get().pk
    other = client_of(alice, "en")
    make_place("Fournil", by=alice)
    assert "insulte" not in other.get("/waiting").content.decode()
    assert other.post(f"/waiting/{number}/settle").status_code == 403
    assert "insulte" in client_of(root).get("/waiting").content.decode()
    assert "settled" in steward.post(f"/waiting/{number}/settle", follow=True).content.decode()
    assert PageReport.objects.get().settled_by == bob
    assert "insulte" not in steward.get("/waiting").content.decode()
    with pytest.raises(Refused):
        page_reports.settle(number, bob)
    with pytest.raises(NotAllowed):
        page_reports.settle(2**62, bob)


def test_without_stewards_administrators_learn_of_it(
    alice: User, bob: User, root: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_page("Seule", by=bob)
    page_reports.report(page, "Spam", alice)
    assert recipients() == ["root"]
    assert not PageReport.objects.decided_by(bob).exists()
    monkeypatch.setattr(rate_limits, "SUGGESTIONS", rate_limits.RateLimit(0, 60, "Wait."))
    limited = client_of(alice).post("/report/Seule", {"reason": "Encore"})
    assert limited.status_code == 429
    assert "Encore" in limited.content.decode()
    assert PageReport.objects.count() == 1


def test_proposals_of_ones_places_wait_there_and_queries_do_not_grow(
    alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    place = make_place("Atelier", by=bob)
    elsewhere = make_page("Ailleurs", by=alice)
    Proposal.objects.create(page=elsewhere, base=1, text="x", by_name="anna", message="pas ici")
    client, counts = client_of(bob), []
    for number in range(4):
        page = make_page(f"Page {number}", by=alice, place=place)
        Proposal.objects.create(page=page, base=1, text="x", by_name="anna", message=f"message {number}")
        page_reports.report(page, f"raison {number}", alice)
        with CaptureQueriesContext(connection) as queries:
            shown = client.get("/waiting").content.decode()
        counts.append(len(queries))
        assert f"message {number}" in shown
        assert f"raison {number}" in shown
        assert "pas ici" not in shown
    assert counts[1] == counts[-1]
