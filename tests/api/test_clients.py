"""mwclient, a client library for MediaWiki, works with this API unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import mwclient
import pytest

from tests.factories import make_page, make_place
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


@pytest.fixture
def site(live_server: Any) -> mwclient.Site:
    """The wiki as an mwclient site, not signed in."""
    parts = urlsplit(live_server.url)
    return mwclient.Site(parts.netloc, path="/", scheme="http", max_retries=1)


def sign_in(site: mwclient.Site, user: User) -> mwclient.Site:
    """Set a password, and sign in with it."""
    user.set_password("un mot de passe")
    user.save()
    site.login(user.get_username(), "un mot de passe")
    return site


def test_reading_pages(site: mwclient.Site) -> None:
    make_page("Établi", "Un établi en bois.")
    page = site.pages["Établi"]
    assert page.exists
    assert page.text() == "Un établi en bois."
    assert not site.pages["Nulle part"].exists


def test_signing_in_and_editing(site: mwclient.Site, alice: User) -> None:
    sign_in(site, alice)
    page = site.pages["Outils"]
    page.save("Un marteau.", summary="première liste")
    page = site.pages["Outils"]
    page.append("\nUne scie.")
    page = site.pages["Outils"]
    assert page.text() == "Un marteau.\nUne scie."
    revisions = list(page.revisions())
    assert [revision["comment"] for revision in revisions][-1] == "première liste"
    assert revisions[0]["user"] == "alice"


def test_a_wrong_password_is_rejected(site: mwclient.Site, alice: User) -> None:
    with pytest.raises(mwclient.errors.LoginError):
        site.login("alice", "non")


def test_concurrent_edits_are_merged(site: mwclient.Site, alice: User, bob: User) -> None:
    sign_in(site, alice)
    make_page("Charte", "Un.\n\nDeux.\n\nTrois.\n")
    base = next(iter(site.pages["Charte"].revisions()))["revid"]
    token = site.get_token("csrf")
    site.post("edit", title="Charte", text="Un !\n\nDeux.\n\nTrois.\n", token=token)
    site.post("edit", title="Charte", text="Un.\n\nDeux.\n\nTrois !\n", token=token, baserevid=base)
    assert site.pages["Charte"].text() == "Un !\n\nDeux.\n\nTrois !\n"
    with pytest.raises(mwclient.errors.APIError, match="editconflict"):
        site.post("edit", title="Charte", text="Rien.\n\nDeux.\n\nTrois.\n", token=token, baserevid=base)


def test_stewards_may_delete(site: mwclient.Site, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Brouillon", place=place)
    sign_in(site, bob)
    site.pages["Atelier:Brouillon"].delete(reason="vide")
    assert not site.pages["Atelier:Brouillon"].exists


def test_pages_and_their_links(site: mwclient.Site) -> None:
    make_page("Four", "La chaleur.")
    make_page("Pain", "[[Four]] et [[Sel]]\n\n![x](File:Pain.jpg)\n\n[[Category:Cuisine]]")
    make_page("Miche", "#REDIRECT [[Pain]]")
    assert [page.name for page in site.allpages()] == ["Four", "Miche", "Pain"]
    assert [page.name for page in site.allpages(prefix="P", api_chunk_size=1)] == ["Pain"]
    assert list(site.allpages(generator=False, filterredir="redirects")) == ["Miche"]
    page = site.pages["Pain"]
    assert [found.name for found in page.categories()] == ["Category:Cuisine"]
    assert list(page.categories(generator=False)) == ["Category:Cuisine"]
    assert {found.name: found.exists for found in page.links()} == {"Four": True, "Sel": False}
    assert list(page.links(generator=False)) == ["Four", "Sel"]
    assert [found.name for found in page.images()] == ["File:Pain.jpg"]
    assert [found.name for found in site.pages["Four"].backlinks()] == ["Pain"]
    assert [found.name for found in site.categories["Cuisine"]] == ["Pain"]
    assert [found.name for found in site.images["Pain.jpg"].imageusage()] == ["Pain"]
    assert site.pages["Miche"].resolve_redirect().name == "Pain"


def test_what_is_not_there_is_reported(site: mwclient.Site, caplog: pytest.LogCaptureFixture) -> None:
    make_page("Pain", "{{Sel}}")
    page = site.pages["Pain"]
    for listing in (page.templates(), page.embeddedin(), site.allcategories()):
        with pytest.raises(mwclient.errors.APIError, match="badvalue"):
            list(listing)
    caplog.clear()
    assert list(page.extlinks()) == []
    assert "prop" in caplog.text
    assert "extlinks" in caplog.text


def test_a_long_history(site: mwclient.Site, alice: User) -> None:
    page = make_page("Pain", "Texte 1.", by=alice)
    for number in range(2, 61):
        page_writer.edit(page, f"Texte {number}.", page_writer.Author(None, "script"), base=number - 1)
    found = site.pages["Pain"]
    assert len(list(found.revisions())) == 60
    texts = [row["slots"]["main"]["*"] for row in found.revisions(prop="content", slots="main", dir="newer")]
    assert texts == [f"Texte {number}." for number in range(1, 61)]
    assert len(list(found.revisions(user="alice"))) == 1
    assert len(list(found.revisions(excludeuser="alice", max_items=55))) == 55
