"""The needs and offers of one place: its page, its feed, and the e-mails about offers near it."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db import OperationalError
from django.test import Client
from django.utils import timezone, translation

from tests.factories import make_page, make_place
from tests.feed_rules import faults_of
from wiki.accounts import rate_limits
from wiki.errors import NotAllowed, RateLimitExceeded
from wiki.mail import email_queue
from wiki.mail.models import QueuedEmail
from wiki.needs import offer_emails, offer_subscriptions, statement_cache
from wiki.needs.models import OfferSubscription, PeriodCheck
from wiki.needs.offer_emails import OfferEmailJob
from wiki.needs.period_job import PeriodJob
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.task_models import TaskFailure
from wiki.pages.writing import page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ADDRESS = "bob@example.org"


@pytest.fixture
def reader(client_of: ClientOf) -> Client:
    return client_of(AnonymousUser())


@pytest.fixture
def atelier(bob: User) -> WikiPage:
    """A place that needs a saw, with a neighbour 4 km away that has one."""
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n")
    make_place("Bocal", bob, "---\nOffres:\n- Offres: Scie <b>sauteuse</b>\n  Fin: 2099-12-24\n  Prix: gratuit\n"
               "  Rayon: 5 km\n- Four\n- Offres: Presse\n  Fin: 2020-01-01\nBesoins: Tables\n"
               "Coordonnées: 45.767, 4.88\n---\n")  # fmt: skip
    return make_place("Atelier", bob, "---\nBesoins: [Scie, Presse]\nOffres: <i>Tables</i> pliantes\n"
                      "Coordonnées: 45.758, 4.835\n---\n")  # fmt: skip


def offer(text: str, by: User, title: str = "Cale") -> WikiPage:
    """A place near the others that offers something."""
    return make_place(title, by, f"---\nOffres: {text}\nCoordonnées: 45.76, 4.84\n---\n")


def main_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode().partition("<main")[2])


def test_the_page_of_a_place(reader: Client, atelier: WikiPage) -> None:
    content = main_of(reader, "/needs/Atelier")
    assert "Scie &lt;b&gt;sauteuse&lt;/b&gt;" in content
    assert "Scie <b>" not in content
    for detail in ("jusqu’au 24 décembre 2099", "gratuit", "jusqu’à 5 km"):
        assert f'<span class="needs-detail">{detail}</span>' in content
    assert content.index("&lt;i&gt;Tables&lt;/i&gt; pliantes") < content.index(">Bocal</a> · Tables")
    assert "Personne ne le propose encore." in content, "the press is over"
    bocal = main_of(reader, "/needs/Bocal")
    assert bocal.index("Terminé") < bocal.index("Presse") < bocal.index("était proposé")
    head = reader.get("/needs/Atelier").content.decode().partition("</head>")[0]
    assert '<link rel="alternate" type="application/atom+xml" href="/feeds/needs/Atelier"' in head
    with translation.override("en"):
        assert (
            "until 24 December 2099" in Client(headers={"accept-language": "en"}).get("/needs/Atelier").content.decode()
        )
    assert "/needs/Atelier" in main_of(reader, "/needs?place=Atelier")


def test_details_are_facts_that_queries_and_the_fact_box_have(reader: Client, atelier: WikiPage, alice: User) -> None:
    make_page("Property:Fin", "---\nHas type: Date\n---\n")
    make_page("Property:Prix", "---\nHas type: Texte\n---\n")
    make_page("Property:Offres", "---\nHas type: Texte\n---\n")
    rows = reader.get("/ask/file?q=[[Offres::%2B]][[Prix::gratuit]]&po=?Offres|?Fin%23ISO&format=csv").content.decode()
    assert "Scie <b>sauteuse</b>,2099-12-24" in rows
    assert "Four" not in rows
    plain = reader.get("/ask/file?q=[[Offres::Presse]][[Nature::Lieu]]&format=csv").content.decode()
    assert "Bocal" in plain
    make_page("Ondes", "---\nNature: Projet\nBudget: 3\nBesoins:\n- Besoins: Antennes\n  Prix: 2 €\n- Mât\n---\n")
    box = main_of(reader, "/wiki/Ondes")
    assert 'Antennes <span class="fact-details">Prix : 2 €</span></dd><dd>Mât</dd>' in box
    make_page("Sans", "---\nBudget: 3\nX:\n- Budget: 3\n  Prix: 2 €\n---\n")
    assert "fact-details" not in main_of(reader, "/wiki/Sans"), "no form says that these are details"
    place = reader.get("/wiki/Bocal").content.decode()
    assert 'href="/feeds/needs/Bocal"' in place.partition("</head>")[0]
    assert 'href="/needs/Bocal#offers"' in place


def test_prices_narrow_the_list(reader: Client, atelier: WikiPage, bob: User) -> None:
    make_place("Cale", bob, "---\nPrix: 3 €\nOffres:\n- Offres: Grue\n  Prix: 12 € l’heure\n- Treuil\n---\n")
    found = {}
    for price in ("free", "paid", "x", ""):
        content = main_of(reader, f"/needs?of=offers&price={price}")
        found[price] = [word for word in ("Scie", "Four", "Grue", "Treuil") if f"<h2>{word}" in content]
    everything = ["Scie", "Four", "Grue", "Treuil"]
    assert found == {"free": ["Scie"], "paid": ["Grue"], "x": everything, "": everything}


def test_the_feed_has_what_is_near_for_everybody(
    reader: Client, atelier: WikiPage, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_place("Brest", bob, "---\nOffres: Bateau\nCoordonnées: 48.39, -4.486\n---\n")
    dora = make_page("Dora", "---\nNature: Personne\nSait faire: Scie\n---\n", by=bob, place=atelier)
    other = make_page(
        "Zoé", "---\nNature: Personne\nSait faire: Souder\n---\n", by=bob, place=page_lookup.get_place("Bocal", bob)
    )
    response = reader.get("/feeds/needs/Atelier?within=50")
    assert faults_of(response.content) == []
    feed = response.content.decode()
    titles = re.findall(r"<title>([^<]*)</title>", feed)[1:]
    assert titles[0] == "Proposé\u00a0: Souder", "the newest first"
    assert sorted(titles[1:]) == [
        "Proposé\u00a0: Four",
        "Proposé\u00a0: Scie sauteuse",
        "Recherché\u00a0: Tables",
    ]
    assert "Vous cherchez\u00a0: Scie" in feed
    assert "Vous proposez\u00a0: &amp;lt;i&amp;gt;Tables&amp;lt;/i&amp;gt; pliantes" in feed
    assert reader.get("/feeds/needs/Atelier?within=50", headers={"if-none-match": response["ETag"]}).status_code == 304
    page_hiding.hide(other, Author.of(bob))
    page_hiding.hide(dora, Author.of(bob))
    assert "Zoé" not in reader.get("/feeds/needs/Atelier").content.decode()
    assert "<entry>" not in reader.get("/feeds/needs/Atelier?within=2").content.decode()
    monkeypatch.setattr(rate_limits, "FEEDS", dataclasses.replace(rate_limits.FEEDS, count=1))
    client = Client(REMOTE_ADDR="10.9.8.7")
    assert "<entry>" not in client.get("/feeds/needs/Brest").content.decode()
    assert client.get("/feeds/needs/Brest").status_code == 429


# --- E-mails


def subscribed(atelier: WikiPage, user: User, kilometres: float = 50.0) -> OfferSubscription:
    """A subscription of an account whose address is confirmed."""
    user.email = ADDRESS
    user.save()
    with translation.override("fr"):
        subscription = offer_subscriptions.subscribe(atelier, user, kilometres)
    confirmed = offer_subscriptions.confirm(link_in(QueuedEmail.objects.latest("pk")))
    assert confirmed == subscription
    QueuedEmail.objects.all().delete()
    return subscription


def link_in(email: QueuedEmail, view: str = "confirm") -> str:
    """The token of a link in an e-mail."""
    found = re.search(rf"/{view}-offer-emails/(\S+)", email.content["body"])
    assert found
    return found[1]


def due(hours: float = 25) -> None:
    """Let some hours pass."""
    for one in OfferSubscription.objects.all():
        one.next_check_at -= timedelta(hours=hours)
        one.save()


def queued() -> list[str]:
    return [email.content["body"] for email in QueuedEmail.objects.order_by("pk")]


def test_one_email_a_day_names_what_is_new_once(atelier: WikiPage, alice: User, bob: User) -> None:
    subscribed(atelier, alice)
    assert OfferEmailJob().run() is False
    assert queued() == [], "what was offered before is on the page"
    cale = offer("[Scie circulaire, Grue]", bob)
    offer("Scie", bob, "Loin d’ici")
    far = page_lookup.find("Loin d’ici", bob)
    assert far is not None
    page_writer.edit(far, "---\nOffres: Scie\nCoordonnées: 48.39, -4.486\n---\n", Author.of(bob))
    OfferEmailJob().run()
    assert queued() == [], "it looked a moment ago"
    due()
    OfferEmailJob().run()
    [email] = QueuedEmail.objects.all()
    assert (email.content["to"], email.content["subject"]) == (
        [ADDRESS],
        "Près de Atelier : ce que le lieu cherche",
    )
    body = email.content["body"]
    assert "Scie circulaire · Cale (0,4 km)" in body
    assert "Grue" not in body
    assert "Loin" not in body
    assert "vous l’avez demandée sur la page de Atelier" in body
    headers = email.content["headers"]
    assert headers["List-Unsubscribe"].endswith(f"/stop-offer-emails/{link_in(email, 'stop')}>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email_queue.message_of(email).message()["List-Unsubscribe"] == headers["List-Unsubscribe"]
    page_writer.edit(
        cale,
        "---\nOffres:\n- Offres: scie circulaire\n  Prix: 2 €\n- Presse\nCoordonnées: 45.76, 4.84\n---\n",
        Author.of(bob),
    )
    due(23)
    OfferEmailJob().run()
    assert len(queued()) == 1, "at most one a day"
    due(2)
    OfferEmailJob().run()
    assert len(queued()) == 2
    assert "Presse" in queued()[1]
    assert "circulaire" not in queued()[1], "said before"


def test_who_gets_no_email(atelier: WikiPage, alice: User, bob: User) -> None:
    subscription = subscribed(atelier, alice)
    cale = offer("Scie", bob)
    changes: list[dict[str, object]] = [
        {"is_active": False},
        {"is_blocked": True},
        {"email": "other@example.org"},
        {"email": ""},
    ]
    for change in changes:
        before = {name: getattr(alice, name) for name in change}
        type(alice).objects.filter(pk=alice.pk).update(**change)
        due()
        OfferEmailJob().run()
        assert queued() == [], change
        type(alice).objects.filter(pk=alice.pk).update(**before)
    OfferSubscription.objects.update(confirmed_address="")
    due()
    OfferEmailJob().run()
    assert queued() == []
    type(alice).objects.filter(pk=alice.pk).update(email="")
    due()
    OfferEmailJob().run()
    assert queued() == [], "nothing to confirm, and nothing confirmed"
    type(alice).objects.filter(pk=alice.pk).update(email=ADDRESS)
    OfferSubscription.objects.update(confirmed_address=ADDRESS)
    WikiPage.objects.filter(pk=atelier.pk).update(is_place=False)
    OfferEmailJob().run()
    assert queued() == []
    WikiPage.objects.filter(pk=atelier.pk).update(is_place=True)
    person = make_page("Dora", "---\nNature: Personne\nSait faire: Presse\n---\n", by=bob, place=cale)
    page_hiding.hide(person, Author.of(bob))
    due()
    OfferEmailJob().run()
    assert "Cale" in queued()[0]
    assert "Dora" not in queued()[0]
    offer_subscriptions.stop(link_in(QueuedEmail.objects.get(), "stop"))
    assert not OfferSubscription.objects.filter(pk=subscription.pk).exists()


def test_a_killed_or_failed_run_loses_and_repeats_nothing(
    atelier: WikiPage, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = subscribed(atelier, alice)
    offer("Scie", bob)
    due()
    write = offer_emails._queue_email
    monkeypatch.setattr(offer_emails, "_queue_email", failing(OperationalError))
    with pytest.raises(OperationalError):
        OfferEmailJob().run()
    monkeypatch.setattr(offer_emails, "_queue_email", failing(RuntimeError))
    OfferEmailJob().run()
    assert TaskFailure.objects.get().item == str(subscription.pk)
    monkeypatch.setattr(offer_emails, "_queue_email", write)
    OfferEmailJob().run()
    assert queued() == [], "it waits after a failure"
    TaskFailure.objects.all().delete()
    old = OfferSubscription.objects.select_related("user", "place").get()
    OfferEmailJob().run()
    offer_emails._check(old, statement_cache.current_needs(), timezone.now())  # a second worker that read it before
    assert len(queued()) == 1


def failing(error: type[Exception]) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_subscribing_takes_a_confirmed_address(
    atelier: WikiPage, alice: User, bob: User, charlie: User, client_of: ClientOf, reader: Client
) -> None:
    client = client_of(alice)
    alice.email = ""
    alice.save()
    assert (
        "pas d’adresse électronique"
        in client.post("/offer-emails/Atelier", {"within": "30"}, follow=True).content.decode()
    )
    alice.email = ADDRESS
    alice.save()
    for within in ("loin", "-3", "0"):
        assert (
            f"«\u202f{within}\u202f»"
            in client.post("/offer-emails/Atelier", {"within": within}, follow=True).content.decode()
        )
    assert not OfferSubscription.objects.exists()
    page = client.post("/offer-emails/Atelier", {"within": "30,5"}, follow=True).content.decode()
    assert "pas encore confirmée" in page
    assert 'value="30.5"' in page
    token = link_in(QueuedEmail.objects.get())
    offer("Scie", bob)
    asked = reader.get(f"/confirm-offer-emails/{token}")
    assert asked.status_code == 200
    assert "no-referrer" not in asked.content.decode(), "browsers would send no origin then, and the form be refused"
    assert OfferSubscription.objects.get().confirmed_address == "", "programs that look at links confirm nothing"
    assert "C’est fait" in reader.post(f"/confirm-offer-emails/{token}").content.decode()
    found = OfferSubscription.objects.get()
    assert (found.confirmed_address, found.kilometres, found.language, len(found.known)) == (ADDRESS, 30.5, "fr", 2)
    client.post("/offer-emails/Bocal", {"within": "10"})
    assert OfferSubscription.objects.filter(confirmed_address=ADDRESS).count() == 2, "confirmed once is enough"
    alice.email = "new@example.org"
    alice.save()
    assert reader.post(f"/confirm-offer-emails/{token}").status_code == 404, "it was for another address"
    old = signing.dumps([found.pk, alice.email], salt="another purpose")
    assert reader.post(f"/confirm-offer-emails/{old}").status_code == 404
    client.post("/offer-emails/Atelier", {"stop": "1"})
    assert OfferSubscription.objects.count() == 1
    charlie.email = ADDRESS
    with pytest.raises(NotAllowed):
        offer_subscriptions.subscribe(atelier, charlie, 50.0)
    statuses = [client_of(charlie).post("/offer-emails/Atelier", sent).status_code for sent in ({}, {"stop": "1"})]
    assert statuses == [403, 302], "who is blocked can still end them"
    for _ in range(4):  # one was asked for above
        offer_subscriptions.subscribe(atelier, alice, 50.0)
    with pytest.raises(RateLimitExceeded):
        offer_subscriptions.subscribe(atelier, alice, 50.0)


def test_a_link_ends_the_emails_without_signing_in(atelier: WikiPage, alice: User) -> None:
    subscription = subscribed(atelier, alice)
    path = offer_subscriptions.stop_address(subscription).partition("//")[2].partition("/")[2]
    client = Client(enforce_csrf_checks=True)
    assert client.get(f"/{path}").status_code == 200
    assert OfferSubscription.objects.exists(), "programs that look at links end nothing"
    assert client.post(f"/{path[:-1]}x").status_code == 404
    assert client.post(f"/{path}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not OfferSubscription.objects.exists()
    assert client.post(f"/{path}").status_code == 200


def test_a_cached_place_is_renewed_when_something_of_it_is_over(
    atelier: WikiPage, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_place("Cale", bob, "---\nOffres:\n- Offres: Grue\n  Fin: 2026-12-24\n- Treuil\n---\n")

    def versions(day: date) -> list[int]:
        monkeypatch.setattr(timezone, "localdate", lambda: day)
        assert PeriodJob().run() is False
        return list(
            WikiPage.objects.filter(title__in=("Cale", "Bocal"))
            .order_by("-title")
            .values_list("cache_version", flat=True)
        )

    first = versions(date(2026, 12, 23))
    assert versions(date(2026, 12, 24)) == first
    after = versions(date(2026, 12, 27))
    assert after == [first[0] + 1, first[1]], "Bocal’s press was over before"
    assert versions(date(2026, 12, 27)) == after
    assert PeriodCheck.objects.get().day == date(2026, 12, 27)
    content = main_of(Client(headers={"accept-language": "fr"}), "/wiki/Cale")
    assert content.index("Treuil") < content.index("1 terminé") < content.index("Grue")
    assert statement_cache.current_needs().past[0].added_at < datetime(2100, 1, 1, tzinfo=UTC)
