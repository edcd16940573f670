"""Entry point for Wagtail's admin: registers the hooks, permission policies and snippets of the packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.contrib.settings.registry import register_setting
from wagtail.models import Site, Task, Workflow
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from wiki.pages.admin import bulk_actions, interwiki_prefixes, page_tree_admin
from wiki.pages.site_settings import SiteTexts
from wiki.search import work_report

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from wagtail.models import Page

AFTER_WAGTAIL = 100
"""Order of hooks that run after Wagtail's own and replace them."""
HIDDEN_MENU_ITEMS = {"locked-pages", "aging-pages", "page-types-usage", "workflows", "workflow-tasks"}
"""Names of menu items about drafts, locks, page types and workflows, which this wiki does not use."""

for _action in (
    bulk_actions.DeletePagesAction,
    bulk_actions.MovePagesAction,
    bulk_actions.DisabledPublishAction,
    bulk_actions.DisabledUnpublishAction,
):
    hooks.register("register_bulk_action", _action, order=AFTER_WAGTAIL)

for _model in (Site, Task, Workflow):
    register_permission_policy(_model, page_tree_admin.DenyAllPolicy(_model))

register_snippet(interwiki_prefixes.InterwikiPrefixViewSet)
register_setting(SiteTexts, icon="home", order=1)


@hooks.register("register_admin_viewset", order=AFTER_WAGTAIL)
def tree_viewsets() -> list[Any]:
    """Register the views of pages, for every page of the tree."""
    return [page_tree_admin.PageTreeViewSet(), page_tree_admin.WikiPageViewSet()]


@hooks.register("register_admin_menu_item")
def forms_menu_item() -> MenuItem:
    """Register the lists of fields, where kinds of page are added and changed."""
    return MenuItem(gettext_lazy("Kinds of page"), reverse_lazy("forms"), icon_name="tag", order=250)


@hooks.register("construct_admin_api")
def read_only_api(router: Any) -> None:
    """Replace the pages API of the admin by one without page actions."""
    router.register_endpoint("pages", page_tree_admin.ReadOnlyPagesAPI)


@hooks.register("construct_explorer_page_queryset")
def explorer_pages(parent_page: Page, pages: QuerySet[Page], request: HttpRequest) -> QuerySet[Page]:
    """Filter the explorer's pages: deleted and hidden ones are left out."""
    return page_tree_admin.exclude_unreadable(pages, request.user)


@hooks.register("construct_page_chooser_queryset")
def chooser_pages(pages: QuerySet[Page], request: HttpRequest) -> QuerySet[Page]:
    """Filter the page chooser's pages: deleted and hidden ones are left out."""
    return page_tree_admin.exclude_unreadable(pages, request.user)


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    """Register the views of this wiki's own reports."""
    return work_report.urls()


@hooks.register("register_reports_menu_item")
def work_report_menu_item() -> MenuItem:
    """Register the report on background work."""
    return work_report.menu_item()


@hooks.register("construct_reports_menu")
@hooks.register("construct_settings_menu")
def hide_menu_items(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Remove HIDDEN_MENU_ITEMS from a menu."""
    menu_items[:] = [item for item in menu_items if item.name not in HIDDEN_MENU_ITEMS]
