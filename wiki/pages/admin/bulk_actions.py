"""Bulk actions on pages in Wagtail's admin, carried out by `page_writer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_list_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction

from wiki.accounts.models import User
from wiki.errors import Refused, WikiError, gettext_noop
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from collections.abc import Sequence


class BulkCommentForm(forms.Form):
    """Comment for the history of each page."""

    comment = forms.CharField(label=gettext_lazy("Comment"), required=False, max_length=500)


class BulkMoveForm(BulkCommentForm):
    """Place to move pages into; none for the root level."""

    destination = forms.ModelChoiceField(
        label=gettext_lazy("Place"),
        queryset=WikiPage.objects.none(),
        required=False,
        empty_label=gettext_lazy("In no place (the commons)"),
    )
    field_order = ("destination", "comment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = WikiPage.objects.filter(is_place=True, title_key__isnull=False).order_by("title_fold")
        self.fields["destination"].queryset = places  # type: ignore[attr-defined]  # a ModelChoiceField, as above


class WikiBulkAction(PageBulkAction):
    """Applies one function of `page_writer` to each selected page, each in its own transaction."""

    template_name = "wiki/pages/admin_bulk.html"
    form_class = BulkCommentForm
    permission: ClassVar[permissions.Action]
    question: Any = ""
    request: HttpRequest

    @classmethod
    def get_queryset(cls, model: Any, object_ids: Sequence[str]) -> list[WikiPage]:
        """Return the selected wiki pages that are not deleted. Raises Http404 if there are none."""
        return get_list_or_404(WikiPage.objects.filter(title_key__isnull=False, hidden_with=None), pk__in=object_ids)

    def check_perm(self, page: WikiPage) -> bool:
        """Whether the wiki's permissions allow the action on `page`."""
        return permissions.has_permission(self.request.user, self.permission, page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the confirmation question to Wagtail's context."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"question": self.question}

    def act(self, page: WikiPage, by: Author, data: dict[str, Any]) -> None:
        """Apply the action to `page`. Raises WikiError."""
        raise NotImplementedError

    def prepare_action(self, objects: Sequence[WikiPage], objects_without_access: Any) -> HttpResponse:
        """Apply the action to all pages, and report errors and the number of pages as messages.

        Overrides the method that Wagtail calls before it begins its own transaction. The deepest pages come first, so
        that a place can be deleted together with its pages.
        """
        user, data = self.request.user, self.cleaned_form.cleaned_data
        if not isinstance(user, User):
            raise PermissionDenied
        done = 0
        for page in sorted(objects, key=lambda page: -page.depth):
            try:
                self.act(page, Author.of(user), data)
            except WikiError as error:
                messages.error(self.request, f"{page.full_title}: {message_for(error)}")
            else:
                done += 1
        if done:
            text = ngettext("%(count)d page is done.", "%(count)d pages are done.", done)
            messages.success(self.request, text % {"count": done})
        return redirect(self.next_url)


class DeletePagesAction(WikiBulkAction):
    """Deletes pages by a version without text; they can be restored."""

    display_name = gettext_lazy("Delete")
    aria_label = gettext_lazy("Delete the chosen pages")
    question = gettext_lazy("Delete these pages? Their histories stay, and each can be brought back.")
    action_type = "delete"
    permission = permissions.Action.DELETE
    action_priority = 30
    classes = {"serious"}

    def act(self, page: WikiPage, by: Author, data: dict[str, Any]) -> None:
        """Delete `page`."""
        page_writer.delete(page, by, data["comment"])


class MovePagesAction(WikiBulkAction):
    """Moves pages into a place or to the root level, and leaves redirects."""

    display_name = gettext_lazy("Move")
    aria_label = gettext_lazy("Move the chosen pages")
    question = gettext_lazy("Move these pages? Links to them go on working.")
    action_type = "move"
    permission = permissions.Action.MOVE
    action_priority = 10
    form_class = BulkMoveForm

    def act(self, page: WikiPage, by: Author, data: dict[str, Any]) -> None:
        """Move `page`. Raises Refused for a place, and for a page outside the main namespace."""
        if page.is_place or page.namespace:
            raise Refused(gettext_noop("Only ordinary pages live in places: rename this one instead."))
        place: WikiPage | None = data["destination"]
        title = f"{place.full_title}:{page.title}" if place else page.title
        page_moves.move(page, title, by, data["comment"])


class DisabledPublishAction(WikiBulkAction):
    """Replaces Wagtail's action for publishing and does nothing: every saved page is public."""

    action_type = "publish"
    display_name = aria_label = gettext_lazy("Publish")
    question = gettext_lazy("A page that is saved is public: there is nothing to publish or unpublish.")
    classes = {"w-hidden"}

    def check_perm(self, page: WikiPage) -> bool:
        """Deny."""
        return False

    def prepare_action(self, objects: Sequence[WikiPage], objects_without_access: Any) -> HttpResponse:
        """Show an error and change nothing."""
        messages.error(self.request, _("A page that is saved is public: there is nothing to publish or unpublish."))
        return redirect(self.next_url)


class DisabledUnpublishAction(DisabledPublishAction):
    """Replaces Wagtail's action for unpublishing and does nothing."""

    action_type = "unpublish"
    display_name = aria_label = gettext_lazy("Unpublish")
