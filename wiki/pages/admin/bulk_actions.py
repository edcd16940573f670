"""What Wagtail's admin does to many pages at once, through the wiki's writer."""

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
    """Why it is done; stands in the history of each page."""

    comment = forms.CharField(label=gettext_lazy("Comment"), required=False, max_length=500)


class BulkMoveForm(BulkCommentForm):
    """Where the pages shall live."""

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
    """One act of the writer on each chosen page, one after another, in no common transaction."""

    template_name = "wiki/pages/admin_bulk.html"
    form_class = BulkCommentForm
    permission: ClassVar[permissions.Action]
    question: Any = ""
    request: HttpRequest

    @classmethod
    def get_queryset(cls, model: Any, object_ids: Sequence[str]) -> list[WikiPage]:
        """The chosen pages that are there; 404 when none is a page of the wiki."""
        return get_list_or_404(WikiPage.objects.filter(title_key__isnull=False), pk__in=object_ids)

    def check_perm(self, page: WikiPage) -> bool:
        """Whether the wiki lets this person do it."""
        return permissions.has_permission(self.request.user, self.permission, page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Beside Wagtail's: the question that is asked once more."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"question": self.question}

    def act(self, page: WikiPage, by: Author, data: dict[str, Any]) -> None:
        """Do it to `page`. Raises WikiError."""
        raise NotImplementedError

    def prepare_action(self, objects: Sequence[WikiPage], objects_without_access: Any) -> HttpResponse:
        """Do it to all, and say what came of it. Wagtail's own transaction has not begun yet.

        Pages go before the places that they live in, so that a place can be deleted with them.
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
            words = ngettext("%(count)d page is done.", "%(count)d pages are done.", done)
            messages.success(self.request, words % {"count": done})
        return redirect(self.next_url)


class DeletePagesAction(WikiBulkAction):
    """Versions without text: each page can be brought back."""

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
    """Into a place, or out of all; redirects stay behind."""

    display_name = gettext_lazy("Move")
    aria_label = gettext_lazy("Move the chosen pages")
    question = gettext_lazy("Move these pages? Links to them go on working.")
    action_type = "move"
    permission = permissions.Action.MOVE
    action_priority = 10
    form_class = BulkMoveForm

    def act(self, page: WikiPage, by: Author, data: dict[str, Any]) -> None:
        """Move `page`. Raises Refused where a page has its own way of living (a place, a category)."""
        if page.is_place or page.namespace:
            raise Refused(gettext_noop("Only ordinary pages live in places: rename this one instead."))
        place: WikiPage | None = data["destination"]
        title = f"{place.full_title}:{page.title}" if place else page.title
        page_moves.move(page, title, by, data["comment"])


class DisabledPublishAction(WikiBulkAction):
    """Stands where Wagtail would publish: a saved page is public, there are no drafts."""

    action_type = "publish"
    display_name = aria_label = gettext_lazy("Publish")
    question = gettext_lazy("A page that is saved is public: there is nothing to publish or unpublish.")
    classes = {"w-hidden"}

    def check_perm(self, page: WikiPage) -> bool:
        """Nobody."""
        return False

    def prepare_action(self, objects: Sequence[WikiPage], objects_without_access: Any) -> HttpResponse:
        """Refuse."""
        messages.error(self.request, _("A page that is saved is public: there is nothing to publish or unpublish."))
        return redirect(self.next_url)


class DisabledUnpublishAction(DisabledPublishAction):
    """The same for unpublishing."""

    action_type = "unpublish"
    display_name = aria_label = gettext_lazy("Unpublish")
