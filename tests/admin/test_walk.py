"""Walks every address of Wagtail's admin, and every bulk action: text stays equal to history.

A page changes by the writer only. Whatever a later Wagtail adds is walked too, for the addresses
are read from Django.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.models import Page, Revision, Site

from tests.factories import make_page, make_place
from wiki.pages.models import Kind, PageVersion, WikiPage
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from django.test import Client

    from wiki.accounts.models import User

BROKEN_ON_PURPOSE = {"admin/failwhale/"}
API_ACTIONS = (
    "convert_alias",
    "copy",
    "delete",
    "publish",
    "unpublish",
    "move",
    "copy_for_translation",
    "create_alias",
    "revert_to_page_revision",
)


def patterns(resolver: Any, prefix: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, path)
        elif isinstance(one, URLPattern):
            yield path


def admin_addresses(values: dict[str, object]) -> list[str]:
    """Each address under /admin/ with its arguments filled in."""
    found = []
    for path in patterns(get_resolver()):
        if not path.startswith("admin/") or path in BROKEN_ON_PURPOSE or path.endswith("^.*/$"):
            continue
        path = re.sub(r"\(\?P<revision_id_\w>[^)]*\)", str(values["revision_id"]), path)
        path = re.sub(r"\(\?P<pk>[^)]*\)", str(values["page_id"]), path).replace("\\", "")
        path = path.replace("^", "").replace("$", "")
        for action in API_ACTIONS if "action_name>" in path and "/api/" in path else ("approve",):
            now = {**values, "action_name": action}
            found.append("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match, now=now: str(now[match[1]]), path))
    for address in found:
        resolve(address)
    return found


def state() -> list[tuple[Any, ...]]:
    """What may change by the writer only."""
    rows = WikiPage.objects.order_by("pk").select_related("source")
    return [
        (page.pk, page.path, page.title, page.full_title, page.live, page.version, page.source.text, page.alias_of_id)
        for page in rows
    ]


def assert_text_is_history() -> None:
    """Each page says what its last version says, and the tree is whole."""
    for page in WikiPage.objects.select_related("source"):
        last = PageVersion.objects.select_related("stored").get(page=page, number=page.version)
        assert last.text() == page.source.text
        assert (last.title, last.place_id, last.license) == (page.full_title, page.place_id, page.license)
        assert page.versions.count() == page.version
        assert page.alias_of_id is None
        assert page.live is (page.source.text is not None)
        assert page.draft_title == page.title
        assert not page.locked
    assert Page.find_problems() == ([], [], [], [], [])
    assert Page.objects.filter(depth__gt=2).count() == WikiPage.objects.count()


@pytest.fixture
def scene(alice: User, bob: User) -> dict[str, Any]:
    """Pages in and outside a place; one has a Wagtail draft that is older than its last edit."""
    place, other = make_place("Atelier", by=bob), make_place("Forge", by=bob)
    page = make_page("Charte", "Premier texte.", by=alice, place=place)
    draft = WikiPage.objects.get(pk=page.pk).save_revision(user=alice)
    page_writer.edit(page, "Second texte.", by=page_writer.Author.of(alice))
    gone = make_page("Ancienne", by=alice)
    eve = page_writer.Author(None, "Eve")
    page_writer.delete(gone, eve)
    return {"place": place, "other": other, "page": page, "draft": draft, "gone": gone}


def arguments(scene: dict[str, Any], user: User) -> dict[str, object]:
    page, draft = scene["page"].pk, scene["draft"].pk
    return {
        **dict.fromkeys(("page_id", "page_to_move_id", "parent_page_id", "page_pk"), page),
        **dict.fromkeys(("revision_id", "latest_revision_id"), draft),
        **dict.fromkeys(("task_state_id", "workflow_state_id", "workflow_pk", "task_id", "session_id"), 1),
        **dict.fromkeys(("collection_id", "document_id", "doc_id", "image_id", "uploaded_file_id"), 1),
        **dict.fromkeys(("app_label", "app_name", "content_type_app_name"), "wiki"),
        **dict.fromkeys(("model_name", "content_type_model_name"), "wikipage"),
        "destination_id": scene["other"].pk,
        "object_id": page,
        "pk": page,
        "action": "delete",
        "filter_spec": "max-10x10",
        "uidb64": "MQ",
        "token": "x-y",
    }


def form(scene: dict[str, Any]) -> dict[str, object]:
    """All that a form of Wagtail's about a page could hold."""
    on = dict.fromkeys(("action-publish", "action-unpublish", "copy_subpages", "publish_copies", "alias"), "on")
    return on | {
        "title": "Pris",
        "slug": "pris",
        "text": "Pris.",
        "new_title": "Pris",
        "new_slug": "pris",
        "new_parent_page": scene["other"].pk,
        "destination_page_id": scene["other"].pk,
        "parent_page": scene["other"].pk,
        "revision_id": scene["draft"].pk,
        "restriction_type": "login",
        "include_descendants": "on",
        "recursive": "on",
        "locale": "fr",
        "confirm": "on",
        "external-link-chooser-url": "https://example.org/",
        "external-link-chooser-link_text": "x",
    }


def walk(client: Client, addresses: list[str], scene: dict[str, Any]) -> None:
    """GET and POST each address; after each, nothing is changed. What it did besides is undone."""
    before = state()
    client.raise_request_exception = False
    for address in addresses:
        for ask in (
            lambda: client.get(address),  # noqa: B023  called at once
            lambda: client.post(address, form(scene)),  # noqa: B023
            lambda: client.post(address, form(scene), headers={"x-requested-with": "XMLHttpRequest"}),  # noqa: B023
        ):
            point = transaction.savepoint()
            answer = ask()
            assert answer.status_code < 500, address
            assert state() == before, address
            assert_text_is_history()
            transaction.savepoint_rollback(point)


@pytest.mark.slow
def test_it_finds_text_equal_to_history_after_each_address(
    admin_client: Client, administrator: User, scene: dict[str, Any]
) -> None:
    addresses = admin_addresses(arguments(scene, administrator))
    assert len(addresses) > 180
    walk(admin_client, addresses, scene)


@pytest.mark.slow
def test_it_finds_the_same_when_a_moderator_walks(client_of: Any, moderator: User, scene: dict[str, Any]) -> None:
    about_pages = [a for a in admin_addresses(arguments(scene, moderator)) if "/pages/" in a]
    assert len(about_pages) > 45
    walk(client_of(moderator), about_pages, scene)


def test_it_lets_a_draft_undo_nothing(admin_client: Client, scene: dict[str, Any]) -> None:
    assert Revision.objects.count() == 1
    page, draft = scene["page"].pk, scene["draft"].pk
    for address in (
        reverse("wagtailadmin_pages:edit", args=[page]),
        reverse("wagtailadmin_pages:revisions_revert", args=[page, draft]),
        f"/admin/api/main/pages/{page}/action/publish/",
        reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={page}",
    ):
        admin_client.post(address, form(scene))
    assert WikiPage.objects.get(pk=page).source.text == "Second texte."
    assert Revision.objects.count() == 1
    assert_text_is_history()


# --- Single pages ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("view", "wiki"),
    [("edit", "edit"), ("move", "move"), ("delete", "delete"), ("history", "history"), ("view_draft", "wiki")],
)
def test_it_leads_to_the_wiki(admin_client: Client, scene: dict[str, Any], view: str, wiki: str) -> None:
    answer = admin_client.get(reverse(f"wagtailadmin_pages:{view}", args=[scene["page"].pk]))
    assert (answer.status_code, answer.headers["location"]) == (302, f"/{wiki}/Atelier:Charte")


@pytest.mark.parametrize("view", ["copy", "unpublish", "convert_alias", "lock", "set_privacy", "add_subpage"])
def test_it_refuses_with_a_sentence(admin_client: Client, scene: dict[str, Any], view: str) -> None:
    answer = admin_client.get(reverse(f"wagtailadmin_pages:{view}", args=[scene["page"].pk]), follow=True)
    assert "written and changed in the wiki itself" in answer.text


@pytest.mark.parametrize("view", ["edit", "copy", "delete", "unpublish", "move"])
def test_it_leaves_the_root_of_the_wiki_alone(admin_client: Client, scene: dict[str, Any], view: str) -> None:
    home = Page.objects.get(depth=2)
    answer = admin_client.post(reverse(f"wagtailadmin_pages:{view}", args=[home.pk]), form(scene), follow=True)
    assert "written and changed in the wiki itself" in answer.text
    assert Page.objects.get(pk=home.pk).live


def test_it_offers_only_what_leads_to_the_wiki(admin_client: Client, scene: dict[str, Any]) -> None:
    text = admin_client.get(reverse("wagtailadmin_explore", args=[scene["place"].pk])).text
    page = scene["page"].pk
    assert f"/admin/pages/{page}/edit/" in text
    for view in ("copy", "unpublish", "add_subpage"):
        assert f"/admin/pages/{page}/{view}/" not in text


def test_it_shows_deleted_pages_nowhere(admin_client: Client, scene: dict[str, Any]) -> None:
    home = Page.objects.get(depth=2)
    for address in (
        reverse("wagtailadmin_explore", args=[home.pk]),
        reverse("wagtailadmin_choose_page_child", args=[home.pk]),
        f"/admin/api/main/pages/?child_of={home.pk}&for_explorer=1",
        reverse("wagtailadmin_pages:search") + "?q=An",
    ):
        text = admin_client.get(address).text
        assert "Ancienne" not in text, address
    assert "Atelier" in admin_client.get(reverse("wagtailadmin_explore", args=[home.pk])).text


# --- Search ---------------------------------------------------------------------------------------
def test_it_finds_pages_people_and_kinds_without_an_index(admin_client: Client, scene: dict[str, Any]) -> None:
    assert "Charte" in admin_client.get(reverse("wagtailadmin_pages:search"), {"q": "chart"}).text
    assert "alice" in admin_client.get(reverse("wagtailusers_users:index"), {"q": "ali"}).text


# --- Bulk actions ---------------------------------------------------------------------------------
def bulk(client: Client, action: str, pages: list[WikiPage], **fields: object) -> Any:
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    query = "&".join(f"id={page.pk}" for page in pages)
    asked = client.get(f"{address}?{query}")
    assert asked.status_code == 200
    assert asked.text.count("<h1") == 1
    return client.post(f"{address}?{query}&next=/admin/pages/", fields, follow=True)


@pytest.mark.parametrize("who", ["administrator", "moderator"])
def test_it_finds_text_equal_to_history_after_each_bulk_action(
    client_of: Any, scene: dict[str, Any], who: str, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who), language="en")
    actions = {action.action_type for action in bulk_action_registry.get_bulk_actions_for_model("wagtailcore", "page")}
    assert actions >= {"move", "delete", "publish", "unpublish"}
    pages = [scene["page"], scene["other"], scene["place"]]
    for action in sorted(actions):
        point = transaction.savepoint()
        bulk(client, action, pages, destination=scene["other"].pk, chooser=scene["other"].pk, include_descendants="on")
        assert_text_is_history()
        transaction.savepoint_rollback(point)


def test_it_deletes_many_with_a_comment(admin_client: Client, administrator: User, scene: dict[str, Any]) -> None:
    answer = bulk(admin_client, "delete", [scene["place"], scene["page"]], comment="advertising")
    assert "2 pages are done." in answer.text
    page = WikiPage.objects.get(pk=scene["page"].pk)
    assert page.is_deleted
    last = page.versions.get(number=page.version)
    assert (last.author, last.comment, last.is_deletion) == (administrator, "advertising", True)
    assert_text_is_history()


def test_it_says_why_a_place_stays(admin_client: Client, scene: dict[str, Any]) -> None:
    answer = bulk(admin_client, "delete", [scene["place"]])
    assert "still live in" in answer.text
    assert "Atelier:Charte" in answer.text
    assert not WikiPage.objects.get(pk=scene["place"].pk).is_deleted


def test_it_moves_many_and_leaves_redirects(admin_client: Client, scene: dict[str, Any]) -> None:
    bulk(admin_client, "move", [scene["page"]], destination=scene["other"].pk)
    page = WikiPage.objects.get(pk=scene["page"].pk)
    assert (page.full_title, page.place_id) == ("Forge:Charte", scene["other"].pk)
    assert WikiPage.objects.get(title_key="Atelier:Charte").redirect_key == "Forge:Charte"
    bulk(admin_client, "move", [scene["page"]], destination="")
    assert WikiPage.objects.get(pk=scene["page"].pk).full_title == "Charte"
    assert_text_is_history()


def test_it_moves_no_place_into_a_place(admin_client: Client, scene: dict[str, Any]) -> None:
    answer = bulk(admin_client, "move", [scene["other"]], destination=scene["place"].pk)
    assert "Only ordinary pages live in places" in answer.text
    assert WikiPage.objects.get(pk=scene["other"].pk).place is None


def test_it_holds_a_moderator_to_the_rights_of_the_wiki(client_of: Any, moderator: User, alice: User) -> None:
    hers = make_page("À elle", by=alice)
    answer = bulk(client_of(moderator, language="en"), "delete", [hers])
    assert not WikiPage.objects.get(pk=hers.pk).is_deleted
    assert answer.status_code == 200


def test_it_publishes_nothing(admin_client: Client, scene: dict[str, Any]) -> None:
    for action in ("publish", "unpublish"):
        answer = bulk(admin_client, action, [scene["page"]], include_descendants="on")
        assert "there is nothing to publish or unpublish" in answer.text
    assert WikiPage.objects.get(pk=scene["page"].pk).live


# --- Kinds ----------------------------------------------------------------------------------------
def test_it_takes_a_kind_of_the_communitys_own(admin_client: Client) -> None:
    data = {"key": "recipe", "name_fr": "Recette", "plural_fr": "Recettes", "name_en": "Recipe"}
    data |= {"plural_en": "Recipes", "icon": "practice", "colour": "rose", "order": "90"}
    answer = admin_client.post(reverse("wagtailsnippets_wiki_kind:add"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    page = make_page("Soupe", "---\nkind: Recette\n---\n\nUne soupe.")
    assert page.kind == Kind.objects.get(key="recipe")


def test_it_lists_kinds_in_the_words_of_the_reader(admin_client: Client) -> None:
    shown = admin_client.get(reverse("wagtailsnippets_wiki_kind:list"), headers={"accept-language": "fr"}).text
    assert "Couleur" in shown
    assert "Colour" not in shown


def test_it_keeps_a_kind_that_pages_are_of(admin_client: Client, scene: dict[str, Any]) -> None:
    kind = Kind.objects.get(key="place")
    answer = admin_client.post(reverse("wagtailsnippets_wiki_kind:delete", args=[kind.pk]), follow=True)
    assert "pages are of this kind" in answer.text
    assert Kind.objects.filter(key="place").exists()


# --- Doors ----------------------------------------------------------------------------------------
def test_it_lets_nobody_else_in(client_of: Any, alice: User, bob: User, charlie: User, anna: Any) -> None:
    for user in (alice, bob, charlie, anna):
        answer = client_of(user).get("/admin/")
        assert (answer.status_code, answer.headers["location"]) == (302, "/account/login?next=/admin/")


@pytest.mark.parametrize("view", ["edit", "delete"])
def test_it_keeps_the_one_site(admin_client: Client, scene: dict[str, Any], view: str) -> None:
    site = Site.objects.get()
    data = {"hostname": "x", "port": "80", "root_page": scene["place"].pk, "is_default_site": "on"}
    admin_client.post(reverse(f"wagtailsites:{view}", args=[site.pk]), data)
    assert Site.objects.get().root_page_id == site.root_page_id


def test_it_shows_no_menu_entry_without_sense(admin_client: Client) -> None:
    text = admin_client.get("/admin/").text
    for word in ("locked", "aging-pages", "workflows", "page-types-usage"):
        assert f"/admin/reports/{word}" not in text
    assert "/admin/sites/" not in text
    assert "/admin/reports/site-history/" in text
    assert "/admin/snippets/wiki/kind/" in text


def test_it_begins_at_the_wikis_own_root(admin_client: Client, scene: dict[str, Any]) -> None:
    home = Page.objects.get(depth=2)
    for address in ("/admin/pages/", f"/admin/pages/{Page.objects.get(depth=1).pk}/"):
        assert admin_client.get(address).headers["location"] == f"/admin/pages/{home.pk}/"
    text = admin_client.get(f"/admin/pages/{scene['place'].pk}/").text
    assert "Atelier:Charte" in text


def test_it_sends_people_to_their_account_in_the_wiki(admin_client: Client) -> None:
    assert admin_client.get("/admin/account/").headers["location"] == "/account/"


# --- Settings of the site -------------------------------------------------------------------------
def test_it_lets_a_community_greet_in_its_own_words(admin_client: Client, client_of: Any, anna: Any) -> None:
    before = client_of(anna, language="en").get("/").text
    address = reverse("wagtailsettings:edit", args=["wiki", "sitetexts"])
    number = admin_client.get(address).headers["location"]
    data = {"heading_fr": "Bienvenue à l'atelier", "words_fr": "<b>Entrez</b>", "heading_en": "", "words_en": ""}
    assert admin_client.post(number, data).status_code == 302
    french = client_of(anna, language="fr").get("/").text
    assert "Bienvenue à l&#x27;atelier" in french
    assert "&lt;b&gt;Entrez&lt;/b&gt;" in french
    heading = re.search(r"<h1>(.*?)</h1>", before)
    assert heading
    assert heading[1] in client_of(anna, language="en").get("/").text
