"""Visits every URL of Wagtail's admin, and runs every bulk action: texts remain equal to the history.

Only `page_writer` may change pages. URLs that a later version of Wagtail adds are visited too, since they are read from
Django's resolver.
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

from tests.conftest import Standing, person
from tests.factories import make_page, make_place
from wiki.pages.models import PageVersion, WikiPage
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
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield path


def admin_urls(values: dict[str, object]) -> list[str]:
    """Return all URLs under /admin/ with `values` as their arguments."""
    found = []
    for path in patterns(get_resolver()):
        if not path.startswith("admin/") or path in BROKEN_ON_PURPOSE or path.endswith("^.*/$"):
            continue
        path = re.sub(r"\(\?P<revision_id_\w>[^)]*\)", str(values["revision_id"]), path)
        path = re.sub(r"\(\?P<pk>[^)]*\)", str(values["page_id"]), path).replace("\\", "")
        path = path.replace("^", "").replace("$", "")
        for action in API_ACTIONS if "action_name>" in path and "/api/" in path else ("approve",):
            arguments = {**values, "action_name": action}
            found.append(
                "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match, arguments=arguments: str(arguments[match[1]]), path)
            )
    for url in found:
        resolve(url)
    return found


def state() -> list[tuple[Any, ...]]:
    """Return the state of all pages, which only `page_writer` may change."""
    rows = WikiPage.objects.order_by("pk").select_related("source")
    return [
        (page.pk, page.path, page.title, page.full_title, page.live, page.version, page.source.text, page.alias_of_id)
        for page in rows
    ]


def assert_text_is_history() -> None:
    """Assert that each page is equal to its last version, and that the page tree is consistent."""
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


@pytest.fixture(scope="module")
def standing_scene(standing: Standing) -> dict[str, Any]:
    """Create pages in and outside a place; one has a Wagtail draft that is older than its last edit."""
    with standing():
        alice, bob = person("alice"), person("bob")
        place, other = make_place("Atelier", by=bob), make_place("Forge", by=bob)
        page = make_page("Charte", "Premier texte.", by=alice, place=place)
        draft = WikiPage.objects.get(pk=page.pk).save_revision(user=alice)
        page_writer.edit(page, "Second texte.", by=page_writer.Author.of(alice))
        deleted = make_page("Ancienne", by=alice)
        eve = page_writer.Author(None, "Eve")
        page_writer.delete(deleted, eve)
        return {"place": place, "other": other, "page": page, "draft": draft, "deleted": deleted}


@pytest.fixture
def scene(standing_scene: dict[str, Any], db: None) -> dict[str, Any]:
    """Return the pages and the draft as they are in the database."""
    return {name: type(one)._base_manager.get(pk=one.pk) for name, one in standing_scene.items()}


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
    """Return values for all fields of Wagtail's forms of pages."""
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


def walk(client: Client, urls: list[str], scene: dict[str, Any]) -> None:
    """GET and POST each URL, assert that no page has changed, and roll back other changes."""
    before = state()
    client.raise_request_exception = False
    for url in urls:
        for send in (
            lambda: client.get(url),  # noqa: B023  called immediately
            lambda: client.post(url, form(scene)),  # noqa: B023
            lambda: client.post(url, form(scene), headers={"x-requested-with": "XMLHttpRequest"}),  # noqa: B023
        ):
            savepoint = transaction.savepoint()
            response = send()
            assert response.status_code < 500, url
            assert state() == before, url
            assert_text_is_history()
            transaction.savepoint_rollback(savepoint)


@pytest.mark.only_on("sqlite")
@pytest.mark.slow
def test_no_url_changes_pages(admin_client: Client, administrator: User, scene: dict[str, Any]) -> None:
    urls = admin_urls(arguments(scene, administrator))
    assert len(urls) > 180
    walk(admin_client, urls, scene)


@pytest.mark.only_on("sqlite")
@pytest.mark.slow
def test_no_url_changes_pages_for_moderator(client_of: Any, moderator: User, scene: dict[str, Any]) -> None:
    page_urls = [a for a in admin_urls(arguments(scene, moderator)) if "/pages/" in a]
    assert len(page_urls) > 45
    walk(client_of(moderator), page_urls, scene)


def test_wagtail_draft_cannot_be_published(admin_client: Client, scene: dict[str, Any]) -> None:
    assert Revision.objects.count() == 1
    page, draft = scene["page"].pk, scene["draft"].pk
    for url in (
        reverse("wagtailadmin_pages:edit", args=[page]),
        reverse("wagtailadmin_pages:revisions_revert", args=[page, draft]),
        f"/admin/api/main/pages/{page}/action/publish/",
        reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={page}",
    ):
        admin_client.post(url, form(scene))
    assert WikiPage.objects.get(pk=page).source.text == "Second texte."
    assert Revision.objects.count() == 1
    assert_text_is_history()


# --- Single pages ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("view", "wiki"),
    [("edit", "edit"), ("move", "move"), ("delete", "delete"), ("history", "history"), ("view_draft", "wiki")],
)
def test_it_redirects_to_wiki_view(admin_client: Client, scene: dict[str, Any], view: str, wiki: str) -> None:
    response = admin_client.get(reverse(f"wagtailadmin_pages:{view}", args=[scene["page"].pk]))
    assert (response.status_code, response.headers["location"]) == (302, f"/{wiki}/Atelier:Charte")


@pytest.mark.parametrize("view", ["copy", "unpublish", "convert_alias", "lock", "set_privacy", "add_subpage"])
def test_other_views_are_refused_with_message(admin_client: Client, scene: dict[str, Any], view: str) -> None:
    response = admin_client.get(reverse(f"wagtailadmin_pages:{view}", args=[scene["page"].pk]), follow=True)
    assert "written and changed in the wiki itself" in response.text


@pytest.mark.parametrize("view", ["edit", "copy", "delete", "unpublish", "move"])
def test_home_page_cannot_be_changed(admin_client: Client, scene: dict[str, Any], view: str) -> None:
    home = Page.objects.get(depth=2)
    response = admin_client.post(reverse(f"wagtailadmin_pages:{view}", args=[home.pk]), form(scene), follow=True)
    assert "written and changed in the wiki itself" in response.text
    assert Page.objects.get(pk=home.pk).live


def test_only_redirecting_actions_are_offered(admin_client: Client, scene: dict[str, Any]) -> None:
    text = admin_client.get(reverse("wagtailadmin_explore", args=[scene["place"].pk])).text
    page = scene["page"].pk
    assert f"/admin/pages/{page}/edit/" in text
    for view in ("copy", "unpublish", "add_subpage"):
        assert f"/admin/pages/{page}/{view}/" not in text


def test_deleted_pages_are_hidden(admin_client: Client, scene: dict[str, Any]) -> None:
    home = Page.objects.get(depth=2)
    for url in (
        reverse("wagtailadmin_explore", args=[home.pk]),
        reverse("wagtailadmin_choose_page_child", args=[home.pk]),
        f"/admin/api/main/pages/?child_of={home.pk}&for_explorer=1",
        reverse("wagtailadmin_pages:search") + "?q=An",
    ):
        text = admin_client.get(url).text
        assert "Ancienne" not in text, url
    assert "Atelier" in admin_client.get(reverse("wagtailadmin_explore", args=[home.pk])).text


# --- Search ---------------------------------------------------------------------------------------
def test_search_works_without_index(admin_client: Client, scene: dict[str, Any]) -> None:
    assert "Charte" in admin_client.get(reverse("wagtailadmin_pages:search"), {"q": "chart"}).text
    assert "alice" in admin_client.get(reverse("wagtailusers_users:index"), {"q": "ali"}).text


# --- Bulk actions ---------------------------------------------------------------------------------
def bulk(client: Client, action: str, pages: list[WikiPage], **fields: object) -> Any:
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    query = "&".join(f"id={page.pk}" for page in pages)
    confirmation = client.get(f"{url}?{query}")
    assert confirmation.status_code == 200
    assert confirmation.text.count("<h1") == 1
    return client.post(f"{url}?{query}&next=/admin/pages/", fields, follow=True)


@pytest.mark.parametrize("who", ["administrator", "moderator"])
def test_bulk_actions_preserve_equality_of_text_and_history(
    client_of: Any, scene: dict[str, Any], who: str, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who), language="en")
    actions = {action.action_type for action in bulk_action_registry.get_bulk_actions_for_model("wagtailcore", "page")}
    assert actions >= {"move", "delete", "publish", "unpublish"}
    pages = [scene["page"], scene["other"], scene["place"]]
    for action in sorted(actions):
        savepoint = transaction.savepoint()
        bulk(client, action, pages, destination=scene["other"].pk, chooser=scene["other"].pk, include_descendants="on")
        assert_text_is_history()
        transaction.savepoint_rollback(savepoint)


def test_bulk_delete_with_comment(admin_client: Client, administrator: User, scene: dict[str, Any]) -> None:
    response = bulk(admin_client, "delete", [scene["place"], scene["page"]], comment="advertising")
    assert "2 pages are done." in response.text
    page = WikiPage.objects.get(pk=scene["page"].pk)
    assert page.is_deleted
    last = page.versions.get(number=page.version)
    assert (last.author, last.comment, last.is_deletion) == (administrator, "advertising", True)
    assert_text_is_history()


def test_place_with_pages_is_not_deleted(admin_client: Client, scene: dict[str, Any]) -> None:
    response = bulk(admin_client, "delete", [scene["place"]])
    assert "still live in" in response.text
    assert "Atelier:Charte" in response.text
    assert not WikiPage.objects.get(pk=scene["place"].pk).is_deleted


def test_bulk_move_leaves_redirects(admin_client: Client, scene: dict[str, Any]) -> None:
    bulk(admin_client, "move", [scene["page"]], destination=scene["other"].pk)
    page = WikiPage.objects.get(pk=scene["page"].pk)
    assert (page.full_title, page.place_id) == ("Forge:Charte", scene["other"].pk)
    assert WikiPage.objects.get(title_key="Atelier:Charte").redirect_key == "Forge:Charte"
    bulk(admin_client, "move", [scene["page"]], destination="")
    assert WikiPage.objects.get(pk=scene["page"].pk).full_title == "Charte"
    assert_text_is_history()


def test_place_is_not_moved_into_place(admin_client: Client, scene: dict[str, Any]) -> None:
    response = bulk(admin_client, "move", [scene["other"]], destination=scene["place"].pk)
    assert "Only ordinary pages live in places" in response.text
    assert WikiPage.objects.get(pk=scene["other"].pk).place is None


def test_permissions_of_wiki_apply_to_moderator(client_of: Any, moderator: User, alice: User) -> None:
    page = make_page("À elle", by=alice)
    response = bulk(client_of(moderator, language="en"), "delete", [page])
    assert not WikiPage.objects.get(pk=page.pk).is_deleted
    assert response.status_code == 200


def test_publish_and_unpublish_are_disabled(admin_client: Client, scene: dict[str, Any]) -> None:
    for action in ("publish", "unpublish"):
        response = bulk(admin_client, action, [scene["page"]], include_descendants="on")
        assert "there is nothing to publish or unpublish" in response.text
    assert WikiPage.objects.get(pk=scene["page"].pk).live


# --- Kinds ----------------------------------------------------------------------------------------
def test_other_users_have_no_access(client_of: Any, alice: User, bob: User, charlie: User, anna: Any) -> None:
    for user in (alice, bob, charlie, anna):
        response = client_of(user).get("/admin/")
        assert (response.status_code, response.headers["location"]) == (302, "/account/login?next=/admin/")


@pytest.mark.parametrize("view", ["edit", "delete"])
def test_site_cannot_be_changed(admin_client: Client, scene: dict[str, Any], view: str) -> None:
    site = Site.objects.get()
    data = {"hostname": "x", "port": "80", "root_page": scene["place"].pk, "is_default_site": "on"}
    admin_client.post(reverse(f"wagtailsites:{view}", args=[site.pk]), data)
    assert Site.objects.get().root_page_id == site.root_page_id


def test_menu_has_no_unused_entries(admin_client: Client) -> None:
    text = admin_client.get("/admin/").text
    for word in ("locked", "aging-pages", "workflows", "page-types-usage"):
        assert f"/admin/reports/{word}" not in text
    assert "/admin/sites/" not in text
    assert "/admin/reports/site-history/" in text
    assert 'href="/forms"' in text or '"/forms"' in text


def test_explorer_begins_at_home_page(admin_client: Client, scene: dict[str, Any]) -> None:
    home = Page.objects.get(depth=2)
    for url in ("/admin/pages/", f"/admin/pages/{Page.objects.get(depth=1).pk}/"):
        assert admin_client.get(url).headers["location"] == f"/admin/pages/{home.pk}/"
    text = admin_client.get(f"/admin/pages/{scene['place'].pk}/").text
    assert "Atelier:Charte" in text


def test_account_redirects_to_wiki(admin_client: Client) -> None:
    assert admin_client.get("/admin/account/").headers["location"] == "/account/"


# --- Settings of the site -------------------------------------------------------------------------
def test_texts_of_home_page_can_be_changed(admin_client: Client, client_of: Any, anna: Any) -> None:
    before = client_of(anna, language="en").get("/").text
    url = reverse("wagtailsettings:edit", args=["wiki", "sitetexts"])
    form_url = admin_client.get(url).headers["location"]
    data = {"heading_fr": "Bienvenue à l'atelier", "words_fr": "<b>Entrez</b>", "heading_en": "", "words_en": ""}
    assert admin_client.post(form_url, data).status_code == 302
    french = client_of(anna, language="fr").get("/").text
    assert "Bienvenue à l&#x27;atelier" in french
    assert "&lt;b&gt;Entrez&lt;/b&gt;" in french
    heading = re.search(r"<h1>(.*?)</h1>", before)
    assert heading
    assert heading[1] in client_of(anna, language="en").get("/").text
