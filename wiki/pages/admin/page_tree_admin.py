"""Wiki pages in Wagtail's admin: it shows the tree, and leads to the wiki's own screens.

Text has one writer. Whatever Wagtail would change in a page by itself (create, edit, copy, alias,
convert, publish, unpublish, lock, reorder, revert a draft) is refused here for every page of the
tree; edit, move, delete and history lead to the wiki. A test walks all addresses of the admin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.admin.ui.tables import DateColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageTitleColumn, ParentPageColumn
from wagtail.admin.views.pages.listing import ExplorableIndexView
from wagtail.admin.views.pages.search import SearchView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy

from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.pages.writing import page_tree

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE_ARGUMENTS = ("page_id", "page_to_move_id", "pk")


def exclude_deleted(pages: QuerySet[Page]) -> QuerySet[Page]:
    """`pages` without those whose text is deleted: their rows only keep their history."""
    return pages.exclude(pk__in=WikiPage.objects.filter(title_key__isnull=True).values("pk"))


class RefusalView(View):
    """The answer to what Wagtail may not do to a page: a sentence, and back to the tree."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse, whatever the method; a script is told 403."""
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            raise PermissionDenied
        messages.error(
            request,
            _("Pages are written and changed in the wiki itself, so that their history holds every change."),
        )
        return redirect("wagtailadmin_explore_root")


class RedirectToWikiView(View):
    """Leads from an address of Wagtail's about a page to the wiki's own screen."""

    wiki_view = "page"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """To the wiki's screen about the page, which checks rights by itself; 404 if none is there."""
        number = next(kwargs[name] for name in PAGE_ARGUMENTS if name in kwargs)
        page = WikiPage.objects.readable_by(request.user).filter(pk=number).first()
        if page is None:
            raise Http404
        return redirect(address(self.wiki_view, page.full_title))


class RedirectToEditorView(RedirectToWikiView):
    """To the wiki's editor."""

    screen = "edit"


class RedirectToMoveView(RedirectToWikiView):
    """To the wiki's screen for renaming and moving."""

    screen = "move"


class RedirectToDeleteView(RedirectToWikiView):
    """To the wiki's screen for deleting."""

    screen = "delete"


class RedirectToHistoryView(RedirectToWikiView):
    """To the page's history."""

    screen = "history"


class ExistingPagesSearchView(SearchView):
    """Wagtail's search for pages, among those that are there."""

    def annotate_queryset(self, pages: QuerySet[Page]) -> QuerySet[Page]:
        """The pages to search in, without deleted ones."""
        return super().annotate_queryset(exclude_deleted(pages))  # type: ignore[no-any-return]  # Wagtail's, untyped


class PageExplorerView(ExplorableIndexView):
    """A branch of the tree, from the wiki's home page on: what Wagtail has above it, nobody needs."""

    base_columns = (
        BulkActionsColumn("bulk_actions"),
        PageTitleColumn("title", label=gettext_lazy("Title"), sort_key="title", classname="title"),
        ParentPageColumn("parent", label=gettext_lazy("Place")),
        DateColumn(
            "edited_at",
            label=gettext_lazy("Edited"),
            accessor=lambda page: getattr(page, "edited_at", None),
            sort_key="wikipage__edited_at",
            width="18%",
        ),
    )

    def get(self, request: HttpRequest, parent_page_id: int | None = None) -> HttpResponse:
        """The pages in `parent_page_id`, or under the home page."""
        if parent_page_id is None or Page.objects.filter(pk=parent_page_id, depth=1).exists():
            return redirect("wagtailadmin_explore", page_tree.home_page().pk)
        return super().get(request, parent_page_id)  # type: ignore[no-any-return]  # Wagtail's, untyped


class PageTreeViewSet(PageViewSet):
    """Every page of the tree, the home page included: looked at, not changed."""

    model = Page
    index_view_class = PageExplorerView
    search_view_class = ExistingPagesSearchView
    choose_parent_view_class = RefusalView
    add_view_class = RefusalView
    add_subpage_view_class = RefusalView
    collect_workflow_action_data_view_class = RefusalView
    confirm_workflow_cancellation_view_class = RefusalView
    convert_alias_view_class = RefusalView
    copy_view_class = RefusalView
    delete_view_class: type[View] = RefusalView
    edit_view_class: type[View] = RefusalView
    lock_view_class = RefusalView
    move_view_class: type[View] = RefusalView
    move_confirm_view_class: type[View] = RefusalView
    preview_on_add_view_class = RefusalView
    preview_on_edit_view_class = RefusalView
    revisions_view_class: type[View] = RefusalView
    revisions_compare_view_class: type[View] = RefusalView
    revisions_revert_view_class = RefusalView
    revisions_unschedule_view_class = RefusalView
    set_page_position_view_class = RefusalView
    set_privacy_view_class = RefusalView
    unlock_view_class = RefusalView
    unpublish_view_class = RefusalView
    view_draft_view_class: type[View] = RefusalView
    workflow_action_view_class = RefusalView
    workflow_history_view_class: type[View] = RefusalView
    workflow_history_detail_view_class = RefusalView
    workflow_preview_view_class = RefusalView


class WikiPageViewSet(PageTreeViewSet):
    """Wiki pages: what the wiki has a screen for leads there."""

    model = WikiPage
    edit_view_class = RedirectToEditorView
    move_view_class = RedirectToMoveView
    move_confirm_view_class = RedirectToMoveView
    delete_view_class = RedirectToDeleteView
    history_view_class = RedirectToHistoryView
    revisions_view_class = RedirectToHistoryView
    revisions_compare_view_class = RedirectToHistoryView
    workflow_history_view_class = RedirectToHistoryView
    view_draft_view_class = RedirectToWikiView
    parent_models = ()


class ReadOnlyPagesAPI(PagesAdminAPIViewSet):
    """The admin's own API for pages, which its menu reads; it changes nothing."""

    actions: dict[str, Any] = {}

    def get_base_queryset(self) -> QuerySet[Page]:
        """All that the person may explore, without deleted pages."""
        return exclude_deleted(super().get_base_queryset())


class DenyAllPolicy(ModelPermissionPolicy):
    """For what Wagtail has and this wiki does not: other sites, workflows and their tasks.

    The one site follows the settings; without it the tree would have lost its root.
    """

    def user_has_permission(self, user: Any, action: str) -> bool:
        """No, administrators neither."""
        return False

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """No, administrators neither."""
        return False
