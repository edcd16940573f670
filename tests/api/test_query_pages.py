"""`action=query`: generators, lists, links, continuation, and the permission filter that all of them apply."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from tests.api.test_api import get
from tests.conftest import Standing, person
from tests.exchange.archives import make_picture
from tests.factories import make_page, make_place
from wiki.pages import background_jobs, page_lookup, read_permissions
from wiki.pages.models import PageVersion, PageVersionQuerySet, WikiPage
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def scene(standing: Standing) -> None:
    """A place, pages that link to each other, a category with a subcategory, and a redirect."""
    with standing():
        alice, bob = person("alice"), person("bob")
        make_page("Four", "La chaleur.", by=alice)
        place = make_place("Atelier", by=bob)
        make_page("Blé", "Voir [[Four]].", by=alice)
        make_page("Four", "Le four de l’atelier.\n\n[[Catégorie:Outil]]", by=alice, place=place)
        make_page("Charte", "[[Four]], [[Absente]], [[Aide:Pain]]\n\n![x](File:Four.jpg)", by=alice, place=place)
        make_page("Pain", "[[Four]] et [[Atelier:Four]]\n\n[[Catégorie:Outil]] [[Catégorie:Bois]]", by=alice)
        make_page("Miche", "#REDIRECT [[Pain]]", by=alice)
        make_page("Category:Bois", "[[Catégorie:Outil]]", by=alice)


def query(client: Client, **parameters: Any) -> dict[str, Any]:
    """Return the response to a query, which has no warning."""
    response = get(client, action="query", formatversion=2, **parameters)
    assert "warnings" not in response, response["warnings"]
    assert "error" not in response, response["error"]
    return response


def listed(client: Client, name: str, **parameters: Any) -> list[str]:
    """Return the titles of `list=…`."""
    return [row["title"] for row in query(client, list=name, **parameters)["query"][name]]


def generated(client: Client, name: str, **parameters: Any) -> list[str]:
    """Return the titles of `generator=…`, sorted; those without a page with a question mark."""
    pages = query(client, generator=name, **parameters)["query"].get("pages", [])
    return sorted(page["title"] + "?" * ("missing" in page) for page in pages)


def collected(client: Client, **parameters: Any) -> list[dict[str, Any]]:
    """Return all responses to a query that is continued to its end."""
    responses = [query(client, **parameters)]
    while "continue" in responses[-1]:
        assert len(responses) < 50
        responses.append(query(client, **{**parameters, **responses[-1]["continue"]}))
    return responses


def values(client: Client, prop: str, title: str, **parameters: Any) -> list[str]:
    """Return the titles that `prop=…` gives for a page."""
    pages = query(client, prop=prop, titles=title, **parameters)["query"]["pages"]
    return [row["title"] for row in pages[0].get(prop, [])]


ARTICLES = ["Atelier", "Atelier:Charte", "Atelier:Four", "Blé", "Four", "Miche", "Pain"]


def test_all_pages(client: Client, scene: None) -> None:
    assert listed(client, "allpages") == ARTICLES
    assert listed(client, "allpages", apdir="descending") == ARTICLES[::-1]
    assert listed(client, "allpages", apnamespace=14) == ["Category:Bois"]
    assert listed(client, "allpages", apnamespace=14, apfrom="Bo", apprefix="B") == ["Category:Bois"]
    assert listed(client, "allpages", apfrom="Four", apto="Miche") == ["Four", "Miche"]
    assert listed(client, "allpages", apfrom="Miche", apto="Four", apdir="descending") == ["Miche", "Four"]
    assert listed(client, "allpages", apprefix="Atelier:") == ["Atelier:Charte", "Atelier:Four"]
    assert listed(client, "allpages", apprefix="ATELIER:") == []
    assert listed(client, "allpages", apfilterredir="redirects") == ["Miche"]
    assert listed(client, "allpages", apfilterredir="nonredirects", apfrom="G") == ["Pain"]
    size = len("La chaleur.")
    assert listed(client, "allpages", apminsize=size, apmaxsize=size) == ["Four"]
    assert listed(client, "allpages", apfrom="M", apfilterlanglinks="all") == ["Miche", "Pain"]
    assert generated(client, "allpages", gapprefix="P") == ["Pain"]


@pytest.mark.parametrize("parameters", [{}, {"apdir": "descending"}])
def test_lists_are_continued(client: Client, scene: None, parameters: dict[str, str]) -> None:
    responses = collected(client, list="allpages", aplimit=2, **parameters)
    found = [row["title"] for response in responses for row in response["query"]["allpages"]]
    assert (len(responses), found) == (4, ARTICLES[::-1] if parameters else ARTICLES)
    for direction, expected in (("ascending", ["Blé", "Pain"]), ("descending", ["Pain", "Blé"])):
        responses = collected(client, list="backlinks", bltitle="Four", bllimit=1, bldir=direction)
        assert [row["title"] for response in responses for row in response["query"]["backlinks"]] == expected


def test_links_lead_to_the_page_in_the_own_place_first(client: Client, scene: None) -> None:
    assert values(client, "links", "Atelier:Charte") == ["Absente", "Atelier:Four", "Help:Pain"]
    assert values(client, "links", "Atelier:Charte", pldir="descending")[0] == "Help:Pain"
    assert values(client, "links", "Atelier:Charte", plnamespace="12") == ["Help:Pain"]
    assert values(client, "links", "Atelier:Charte", plnamespace="0") == ["Absente", "Atelier:Four"]
    assert values(client, "links", "Atelier:Charte", plnamespace="0|12") == ["Absente", "Atelier:Four", "Help:Pain"]
    assert values(client, "links", "Atelier:Charte", pltitles="Four|absente") == ["Absente"]
    assert values(client, "links", "Miche") == ["Pain"]
    assert generated(client, "links", titles="Atelier:Charte") == ["Absente?", "Atelier:Four", "Help:Pain?"]


def test_categories_and_images(client: Client, scene: None) -> None:
    assert values(client, "categories", "Pain") == ["Category:Bois", "Category:Outil"]
    assert values(client, "categories", "Pain", clcategories="Category:Bois") == ["Category:Bois"]
    assert generated(client, "categories", titles="Pain") == ["Category:Bois", "Category:Outil?"]
    assert values(client, "images", "Atelier:Charte") == ["File:Four.jpg"]
    assert values(client, "images", "Pain") == []
    assert generated(client, "images", titles="Atelier:Charte") == ["File:Four.jpg?"]


def test_pages_that_link_to_a_page(client: Client, scene: None) -> None:
    assert values(client, "linkshere", "Four") == ["Blé", "Pain"]
    assert values(client, "linkshere", "Atelier:Four") == ["Atelier:Charte", "Pain"]
    assert values(client, "linkshere", "Absente") == ["Atelier:Charte"]
    assert values(client, "linkshere", "Pain", lhshow="!redirect") == []
    assert values(client, "linkshere", "Pain", lhshow="redirect") == ["Miche"]
    assert values(client, "linkshere", "Pain", lhnamespace="14") == []
    assert values(client, "fileusage", "File:Four.jpg") == ["Atelier:Charte"]
    assert generated(client, "linkshere", titles="Four|Pain") == ["Blé", "Miche", "Pain"]
    assert listed(client, "backlinks", bltitle="Four") == ["Blé", "Pain"]
    assert listed(client, "backlinks", bltitle="Four", bldir="descending") == ["Pain", "Blé"]
    assert listed(client, "backlinks", bltitle="Four", blnamespace="14") == []
    assert listed(client, "backlinks", bltitle="Pain", blfilterredir="nonredirects") == []
    assert listed(client, "imageusage", iutitle="File:Four.jpg") == ["Atelier:Charte"]
    assert generated(client, "backlinks", gbltitle="Four") == ["Blé", "Pain"]
    pain = page_lookup.find("Pain", AnonymousUser())
    assert pain is not None
    assert query(client, list="backlinks", blpageid=pain.pk)["query"]["backlinks"][0]["redirect"] is True
    assert "redirect" not in query(client, list="backlinks", bltitle="Four")["query"]["backlinks"][0]


def test_members_of_a_category(client: Client, scene: None) -> None:
    members = ["Category:Bois", "Atelier:Four", "Pain"]
    category = {"cmtitle": "Catégorie:Outil"}
    assert listed(client, "categorymembers", **category) == members
    assert listed(client, "categorymembers", cmtitle="Category:Bois") == ["Pain"]
    for name in ("desc", "descending", "older"):
        assert listed(client, "categorymembers", **category, cmdir=name) == members[::-1]
    assert listed(client, "categorymembers", **category, cmdir="newer") == members
    assert listed(client, "categorymembers", **category, cmtype="subcat") == ["Category:Bois"]
    assert listed(client, "categorymembers", **category, cmtype="page") == ["Atelier:Four", "Pain"]
    assert listed(client, "categorymembers", **category, cmnamespace="14") == ["Category:Bois"]
    assert generated(client, "categorymembers", gcmtitle="Category:Outil") == sorted(members)
    rows = query(client, list="categorymembers", **category, cmprop="type")["query"]["categorymembers"]
    assert rows == [{"type": "subcat"}, {"type": "page"}, {"type": "page"}]
    for direction in ("asc", "desc"):
        responses = collected(client, list="categorymembers", **category, cmlimit=1, cmdir=direction)
        found = [row["title"] for response in responses for row in response["query"]["categorymembers"]]
        assert found == members[:: 1 if direction == "asc" else -1]


def test_a_search_generates_pages_with_their_ranks(client: Client, scene: None) -> None:
    background_jobs.run_pending()
    first = query(client, generator="search", gsrsearch="four", gsrlimit=1)
    assert [page["index"] for page in first["query"]["pages"]] == [1]
    assert first["continue"] == {"gsroffset": 1, "continue": "gsroffset||"}
    pages = [
        page
        for response in collected(client, generator="search", gsrsearch="four", gsrlimit=1)
        for page in response["query"]["pages"]
    ]
    assert [page["index"] for page in pages] == list(range(1, len(pages) + 1))
    assert {page["title"] for page in pages} >= {"Four", "Atelier:Four"}


def test_all_is_said_about_the_pages_before_the_next_ones(client: Client, scene: None) -> None:
    parameters = {"generator": "allpages", "gaplimit": 3, "prop": "info|links", "pllimit": 1, "list": "backlinks"}
    responses = collected(client, bltitle="Four", bllimit=1, **parameters)
    links: dict[str, list[str]] = {}
    infos, batches = [], 0
    for response in responses:
        batches += "batchcomplete" in response
        for page in response["query"]["pages"]:
            links.setdefault(page["title"], []).extend(row["title"] for row in page.get("links", []))
            infos += [page["title"]] if "lastrevid" in page else []
    assert (batches, sorted(infos)) == (3, ARTICLES)
    assert links == {
        "Atelier": [],
        "Atelier:Charte": ["Absente", "Atelier:Four", "Help:Pain"],
        "Atelier:Four": [],
        "Blé": ["Four"],
        "Four": [],
        "Miche": ["Pain"],
        "Pain": ["Atelier:Four", "Four"],
    }
    backlinks = [row["title"] for response in responses for row in response["query"].get("backlinks", [])]
    assert backlinks == ["Blé", "Pain"]


def test_a_list_goes_on_after_the_pages(client: Client, scene: None) -> None:
    responses = collected(client, titles="Pain", prop="links", list="allpages", aplimit=1)
    assert sum("links" in page for response in responses for page in response["query"]["pages"]) == 1
    assert [row["title"] for response in responses for row in response["query"]["allpages"]] == ARTICLES


@pytest.mark.parametrize("direction", ["ascending", "descending"])
def test_links_are_continued(client: Client, scene: None, direction: str) -> None:
    parameters = {"titles": "Pain|Atelier:Charte|Miche", "prop": "links", "pldir": direction}
    at_once = query(client, **parameters)["query"]["pages"]
    found: dict[str, list[str]] = {}
    for response in collected(client, pllimit=2, **parameters):
        for page in response["query"]["pages"]:
            found.setdefault(page["title"], []).extend(row["title"] for row in page.get("links", []))
    assert found == {page["title"]: [row["title"] for row in page["links"]] for page in at_once}
    parameters = {"titles": "Four|Atelier:Four|Pain", "prop": "linkshere"}
    found = {}
    for response in collected(client, lhlimit=1, **parameters):
        for page in response["query"]["pages"]:
            found.setdefault(page["title"], []).extend(row["title"] for row in page.get("linkshere", []))
    assert found == {"Four": ["Blé", "Pain"], "Atelier:Four": ["Atelier:Charte", "Pain"], "Pain": ["Miche"]}


def test_redirects_are_followed(client: Client, scene: None) -> None:
    for title, target in (("Un", "Miche"), ("Rond", "Rond bis"), ("Rond bis", "Rond"), ("Vide", "Nulle part")):
        make_page(title, f"#REDIRECT [[{target}]]")
    result = query(client, titles="Un|Four|Rond|Vide|Pain", redirects=1)["query"]
    assert sorted(page["title"] for page in result["pages"]) == ["Four", "Nulle part", "Pain"]
    assert sorted((row["from"], row["to"]) for row in result["redirects"]) == [
        ("Miche", "Pain"),
        ("Rond", "Rond bis"),
        ("Rond bis", "Rond"),
        ("Un", "Miche"),
        ("Vide", "Nulle part"),
    ]
    assert generated(client, "allpages", gapprefix="M", redirects=1) == ["Pain"]
    assert "redirects" not in query(client, titles="Four", redirects=1)["query"]


def test_four_redirects_are_followed(client: Client) -> None:
    make_page("Pas 0", "Le but.")
    for number in range(1, 6):
        make_page(f"Pas {number}", f"#REDIRECT [[Pas {number - 1}]]")
    for start, end in (("Pas 4", "Pas 0"), ("Pas 5", "Pas 1")):
        pages = query(client, titles=start, redirects=1)["query"]["pages"]
        assert [page["title"] for page in pages] == [end]


def test_names_of_pages(client: Client, scene: None, alice: User) -> None:
    result = query(client, titles="four|Pain|pain|catégorie:Bois|absente_page|" + "<" * 400)["query"]
    assert result["normalized"] == [
        {"from": "four", "to": "Four"},
        {"from": "pain", "to": "Pain"},
        {"from": "catégorie:Bois", "to": "Category:Bois"},
        {"from": "absente_page", "to": "absente page"},
    ]
    rows = {page["title"]: page for page in result["pages"]}
    assert list(rows) == ["<" * 300, "absente page", "Four", "Pain", "Category:Bois"]
    assert (rows["absente page"]["ns"], rows["Category:Bois"]["ns"]) == (0, 14)
    revision = PageVersion.objects.get(page__full_title="Pain").pk
    result = query(client, revids=f"{revision}|999999")["query"]
    assert list(result["badrevids"]) == ["999999"]
    assert [page["title"] for page in result["pages"]] == ["Pain"]


def test_versions_of_deleted_pages_have_no_page(client_of: Any, scene: None, bob: User) -> None:
    page = page_lookup.find("Atelier:Four", bob)
    assert page is not None
    page_writer.delete(page, page_writer.Author.of(bob))
    bob.is_superuser = True
    bob.save()
    result = query(client_of(bob), revids=PageVersion.objects.get(page=page, number=1).pk, prop="revisions")["query"]
    assert list(result) == ["badrevids"]


def test_ids_of_pages(client: Client, scene: None) -> None:
    response = get(client, action="query", titles="Pain|Absente", indexpageids=1)["query"]
    assert sorted(response["pageids"]) == sorted(response["pages"])
    assert "-1" in response["pageids"]


QUERIES: list[dict[str, Any]] = [
    {"list": "allpages"}, {"list": "allpages", "apprefix": "Secret"}, {"generator": "allpages"},
    {"list": "backlinks", "bltitle": "Four"}, {"generator": "backlinks", "gbltitle": "Four"},
    {"list": "imageusage", "iutitle": "File:Four.jpg"}, {"generator": "imageusage", "giutitle": "File:Four.jpg"},
    {"list": "categorymembers", "cmtitle": "Category:Outil"},
    {"generator": "categorymembers", "gcmtitle": "Category:Outil"},
    {"list": "search", "srsearch": "secret"}, {"generator": "search", "gsrsearch": "secret"},
    {"titles": "Atelier:Renvoi"}, {"generator": "links", "titles": "Atelier:Renvoi"},
    {"titles": "Four|Atelier:Secret|File:Four.jpg|Category:Outil"},
    {"generator": "linkshere", "titles": "Four"}, {"generator": "fileusage", "titles": "File:Four.jpg"},
    {"titles": "Porte", "redirects": 1}, {"generator": "allpages", "redirects": 1},
    {"generator": "categories", "titles": "Atelier:Secret"}, {"generator": "images", "titles": "Atelier:Secret"},
]  # fmt: skip
ALL_PROPS = {"prop": "info|revisions|links|categories|images|linkshere|fileusage", "rvprop": "content|ids|sha1"}


@pytest.fixture
def secret(scene: None, bob: User, monkeypatch: pytest.MonkeyPatch) -> WikiPage:
    """A page with links and a category that only administrators may read, as if there were such pages."""
    place = page_lookup.find("Atelier", bob)
    text = "Le mot secret. [[Four]] ![x](File:Four.jpg)\n\n[[Catégorie:Outil]]"
    page = make_page("Secret", text, place=place)
    make_page("Renvoi", "[[Secret]]", place=place)
    make_page("Porte", "#REDIRECT [[Atelier:Secret]]")
    background_jobs.run_pending()

    shown_pages, readable_versions = read_permissions.is_shown, PageVersionQuerySet.readable_by

    def page_is_shown(user: User, lookup: str = "") -> Q:
        return shown_pages(user, lookup) & (Q() if user.is_superuser else ~Q(**{f"{lookup}pk": page.pk}))

    def versions_readable_by(self: QuerySet[Any], user: User) -> QuerySet[Any]:
        found = readable_versions(self, user)
        return found if user.is_superuser else found.exclude(page=page.pk)

    monkeypatch.setattr(read_permissions, "is_shown", page_is_shown)
    monkeypatch.setattr(PageVersionQuerySet, "readable_by", versions_readable_by)
    return page


def test_every_module_asks_the_permission_filter(client: Client, secret: WikiPage) -> None:
    revision = PageVersion.objects.get(page=secret, number=1).pk
    for parameters, props in itertools.product(QUERIES, ({}, ALL_PROPS)):
        response = get(client, action="query", **parameters, **props)
        assert "error" not in response, parameters
        answer = json.dumps(response, ensure_ascii=False)
        assert "Le mot secret" not in answer, parameters
        assert f'"pageid": {secret.pk},' not in answer, parameters
        assert f'"revid": {revision},' not in answer, parameters


@pytest.mark.parametrize("parameters", [{"pageids": "{page}"}, {"revids": "{revision}"}])
def test_a_page_that_is_not_readable_is_as_one_that_is_missing(
    client: Client, secret: WikiPage, parameters: dict[str, str]
) -> None:
    revision = PageVersion.objects.get(page=secret, number=1).pk
    numbers = {name: value.format(page=secret.pk, revision=revision) for name, value in parameters.items()}
    answer = get(client, action="query", formatversion=2, **numbers, **ALL_PROPS)["query"]
    rows = [*answer.get("pages", []), *answer.get("badrevids", {}).values()]
    assert len(rows) == 1
    assert rows[0]["missing"] is True
    assert "title" not in rows[0]


def test_deleted_pages_are_listed_nowhere(client: Client, scene: None, bob: User) -> None:
    page = page_lookup.find("Atelier:Four", bob)
    assert page is not None
    page_writer.delete(page, page_writer.Author.of(bob))
    assert listed(client, "allpages", apprefix="Atelier:") == ["Atelier:Charte"]
    assert listed(client, "categorymembers", cmtitle="Category:Outil") == ["Category:Bois", "Pain"]
    assert values(client, "links", "Atelier:Charte") == ["Absente", "Four", "Help:Pain"]


def test_fifty_titles_need_a_handful_of_queries(
    client: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        make_page(f"Page {number}", f"Texte {number}, voir [[Page {number + 1}]].", by=alice)
    titles = "|".join(f"Page {number}" for number in range(50))
    parameters = {"titles": titles, "prop": "info|revisions", "rvprop": "ids|content|user", "rvslots": "main"}
    with django_assert_max_num_queries(4):
        pages = query(client, **parameters)["query"]["pages"]
    assert {page["revisions"][0]["slots"]["main"]["content"] for page in pages} >= {"Texte 49, voir [[Page 50]]."}
    with django_assert_max_num_queries(10):
        query(client, **{**parameters, "prop": "info|revisions|links|categories|images|linkshere|fileusage"})


def test_pictures(client: Client, scene: None, alice: User) -> None:
    picture = make_picture("Four.png", uploaded_by_user=alice)
    asked = "timestamp|user|userid|comment|url|size|sha1|mime|metadata|archivename"
    parameters = {"prop": "imageinfo", "iiprop": asked}
    (page,) = query(client, titles="File:Four.png", **parameters)["query"]["pages"]
    assert (page["missing"], page["known"], page["imagerepository"]) == (True, True, "local")
    (row,) = page["imageinfo"]
    assert row["url"].endswith(picture.file.name)
    assert (row["user"], row["width"], row["mime"]) == ("alice", picture.width, "image/png")
    assert row["sha1"] == hashlib.sha1(picture.file.open().read(), usedforsecurity=False).hexdigest()
    pages = query(client, titles="Pain|File:Absente.png", **parameters)["query"]["pages"]
    assert not any("imageinfo" in page or "known" in page for page in pages)
