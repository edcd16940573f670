"""Wiki pages in Wagtail's admin, which shows the page tree and redirects to the views of the wiki.

Only `page_writer` changes pages. Every view of Wagtail that would change one (create, edit, copy, alias, convert,
publish, unpublish, lock, reorder, revert) is refused for all pages of the tree; edit, move, delete and history redirect
to the wiki. A test visits all URLs of the admin.
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
from wiki.pages.read_permissions import is_readable
from wiki.pages.writing import page_tree

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE_ARGUMENTS = ("page_id", "page_to_move_id", "pk")


def exclude_unreadable(pages: QuerySet[Page], user: Any) -> QuerySet[Page]:
    """Return `pages` without deleted wiki pages, whose rows remain for their history, and those hidden from `user`."""
    return pages.exclude(pk__in=WikiPage.objects.filter(~is_readable(user)).values("pk"))


class RefusalView(View):
    """Refuses an action of Wagtail with an error message."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect to the page tree, whatever the method; respond to scripts with 403."""
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            raise PermissionDenied
        messages.error(
            request,
            _("Pages are written and changed in the wiki itself, so that their history holds every change."),
        )
        return redirect("wagtailadmin_explore_root")


class RedirectToWikiView(View):
    """Redirects a URL of Wagtail about a page to a view of the wiki, `wiki_view`."""

    wiki_view = "page"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect to the view, which checks permissions itself. Raises Http404 if there is no such wiki page."""
        pk = next(kwargs[name] for name in PAGE_ARGUMENTS if name in kwargs)
        page = WikiPage.objects.readable_by(request.user).filter(pk=pk).first()
        if page is None:
            raise Http404
        return redirect(address(self.wiki_view, page.full_title))


class RedirectToEditorView(RedirectToWikiView):
    """Redirects to the wiki's editor."""

    wiki_view = "edit"


class RedirectToMoveView(RedirectToWikiView):
    """Redirects to the wiki's view for renaming and moving."""

    wiki_view = "move"


class RedirectToDeleteView(RedirectToWikiView):
    """Redirects to the wiki's view for deleting."""

    wiki_view = "delete"


class RedirectToHistoryView(RedirectToWikiView):
    """Redirects to the history of the page."""

    wiki_view = "history"


class ExistingPagesSearchView(SearchView):
    """Wagtail's page search without deleted and hidden pages."""

    def annotate_queryset(self, pages: QuerySet[Page]) -> QuerySet[Page]:
        """Exclude deleted and hidden pages from the searched pages."""
        return super().annotate_queryset(exclude_unreadable(pages, self.request.user))  # type: ignore[no-any-return]  # Wagtail's, untyped


class PageExplorerView(ExplorableIndexView):
    """Lists the children of a page, beginning with the home page; Wagtail's root above it is not shown."""

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
        """List the children of the page `parent_page_id`; without it, or for the root, redirect to the home page."""
        if parent_page_id is None or Page.objects.filter(pk=parent_page_id, depth=1).exists():
            return redirect("wagtailadmin_explore", page_tree.home_page().pk)
        return super().get(request, parent_page_id)  # type: ignore[no-any-return]  # Wagtail's, untyped


class PageTreeViewSet(PageViewSet):
    """Read-only views of all pages of the tree, including the home page."""

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
    """Views of wiki pages: they redirect to the wiki where it has such a view."""

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
    """The admin's API for pages, used by its menu, without the actions that change pages."""

    actions: dict[str, Any] = {}

    def get_base_queryset(self) -> QuerySet[Page]:
        """Return the pages that the user may explore, without deleted and hidden pages."""
        return exclude_unreadable(super().get_base_queryset(), self.request.user)


class DenyAllPolicy(ModelPermissionPolicy):
    """Denies everything, for features of Wagtail that the wiki does not use: sites, workflows and tasks.

    The only site is defined by the settings; without it, the tree would lose its root.
    """

    def user_has_permission(self, user: Any, action: str) -> bool:
        """Deny, to administrators too."""
        return False

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """Deny, to administrators too."""
        return False
