"""Views for managing pages: move, delete, undelete, hide, licence and language, stewards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from wiki.accounts.models import User
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.licenses import compatibility
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import LANGUAGES, Stewardship, WikiPage
from wiki.pages.rendering.link_table import links_to
from wiki.pages.writing import page_hiding, page_moves, page_writer
from wiki.pages.writing.version_store import Author
from wiki.text import titles


def get_page(
    request: HttpRequest, title: str, action: permissions.Action, *, with_deleted: bool = False
) -> WikiPage:  # fmt: skip
    """Get the page for a view; a deleted one only with `with_deleted`, for those who may see it.

    Raises Http404, and NotAllowed if the user may not do `action` to it.
    """
    find = page_lookup.find_in_history if with_deleted else page_lookup.find
    try:
        page = find(title, request.user)
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem
    if page is None:
        raise Http404(gettext("There is no page of that title."))
    permissions.require(request.user, action, page)
    return page


def get_author(request: HttpRequest) -> Author:
    """Return the signed-in user as an author. Raises NotAllowed for anonymous users."""
    if not isinstance(request.user, User):
        raise NotAllowed(gettext_noop("Sign in first: reading is open, writing asks for an account."))
    return Author.of(request.user)


class EditCommentForm(forms.Form):
    """Form with a comment for the history."""

    comment = forms.CharField(label=_("Why?"), max_length=500, required=False)


SUBPAGES_SHOWN = 5
"""Sub-pages that the form to move a page names."""


class MovePageForm(EditCommentForm):
    """Form for the new title of a page."""

    title = forms.CharField(
        label=_("New full title"),
        max_length=255,
        help_text=_("«Place:Title» for a page in a place, «Title» for one in the commons."),
    )
    leave_redirect = forms.BooleanField(label=_("Leave a redirect at the old title"), required=False, initial=True)
    with_subpages = forms.BooleanField(required=False, initial=True)
    with_talk = forms.BooleanField(
        label=_("Also move its discussion, and those of the pages that go along"), required=False, initial=True
    )
    field_order = ["title", "with_subpages", "with_talk", "comment", "leave_redirect"]

    def __init__(self, page: WikiPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        below = list(page_moves.find_subpages(page).values_list("full_title", flat=True))
        if below:
            shown = ", ".join(below[:SUBPAGES_SHOWN]) + (", …" if below[SUBPAGES_SHOWN:] else "")
            self.fields["with_subpages"].label = ngettext(
                "Also rename its sub-page %(titles)s", "Also rename its %(count)d sub-pages: %(titles)s", len(below)
            ) % {"count": len(below), "titles": shown}
        else:
            del self.fields["with_subpages"]
        inhabitants = page.inhabitants.values_list("full_title", flat=True)
        if not page_moves.find_talk_pages([page.full_title, *below, *inhabitants]):
            del self.fields["with_talk"]


class FieldsForm(EditCommentForm):
    """Form for the licence and language of a page; offers the licences that the current one is compatible with."""

    license = forms.ChoiceField(label=_("Licence"))
    language = forms.ChoiceField(label=_("Language of the text"), choices=LANGUAGES)
    field_order = ["license", "language", "comment"]

    def __init__(self, page: WikiPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verdicts = compatibility.targets_for(page.license)
        self.fields["license"].choices = [  # type: ignore[attr-defined]
            (verdict.target, verdict.target_name) for verdict in verdicts if verdict.allowed
        ]


def _process_form(
    request: HttpRequest,
    template: str,
    page: WikiPage,
    form: forms.Form,
    act: Callable[[dict[str, Any]], WikiPage],
    success_message: str,
    **context: Any,
) -> HttpResponseBase:
    """Render `form`; if it is valid, call `act` with its data and redirect to the page that it returns."""
    status = 200
    if form.is_valid():
        try:
            changed_page = act(form.cleaned_data)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            messages.success(request, success_message)
            return redirect(changed_page.get_absolute_url())
    context |= {"form": form, "page": page, "allowed_actions": permissions.allowed_actions(request.user, page)}
    return render(request, template, context, status=status)


def move(request: HttpRequest, title: str) -> HttpResponseBase:
    """Rename a page or place, or move a page."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    page = get_page(request, title, permissions.Action.MOVE)
    form = MovePageForm(page, request.POST or None, initial={"title": page.full_title})

    def act(data: dict[str, Any]) -> WikiPage:
        page_moves.move(
            page, data["title"], get_author(request), data["comment"],
            leave_redirect=data["leave_redirect"],
            with_subpages=data.get("with_subpages", False), with_talk=data.get("with_talk", False),
        )  # fmt: skip
        return page_lookup.reload_page(page.pk)

    return _process_form(request, "wiki/pages/move.html", page, form, act, gettext("The page has moved."))


def delete(request: HttpRequest, title: str) -> HttpResponseBase:
    """Delete a page, by a version without text."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    page = get_page(request, title, permissions.Action.DELETE)
    form = EditCommentForm(request.POST if request.method == "POST" else None)

    def act(data: dict[str, Any]) -> WikiPage:
        page_writer.delete(page, get_author(request), data["comment"])
        return page

    return _process_form(
        request, "wiki/pages/delete.html", page, form, act, gettext("The page is deleted."),
        linked_from=links_to(page.title_key or "").values("page_id").distinct().count(),
    )  # fmt: skip


def hide(request: HttpRequest, title: str) -> HttpResponseBase:
    """Hide the page of a person, without deleting it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    page = get_page(request, title, permissions.Action.HIDE)
    form = EditCommentForm(request.POST if request.method == "POST" else None)

    def act(data: dict[str, Any]) -> WikiPage:
        return page_hiding.hide(page, get_author(request), data["comment"]).page

    return _process_form(request, "wiki/pages/hide.html", page, form, act, gettext("The page is hidden."))


@require_POST
def unhide(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show a hidden page again."""
    page = get_page(request, title, permissions.Action.HIDE)
    page_hiding.show(page, get_author(request))
    messages.success(request, gettext("Everybody sees the page again."))
    return redirect(page.get_absolute_url())


@require_POST
def undelete(request: HttpRequest, title: str) -> HttpResponseBase:
    """Restore a deleted page."""
    page = page_lookup.find_deleted(titles.clean_title(title), request.user)
    if page is None:
        raise Http404(gettext("There is no deleted page of that title."))
    permissions.require(request.user, permissions.Action.UNDELETE, page)
    page_writer.undelete(page, get_author(request), request.POST.get("comment", ""))
    messages.success(request, gettext("The page is back, with its history."))
    return redirect(page.get_absolute_url())


def fields(request: HttpRequest, title: str) -> HttpResponseBase:
    """Change the licence of a page, to a compatible one, or its language."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    page = get_page(request, title, permissions.Action.RELICENSE)
    form = FieldsForm(page, request.POST or None, initial={"license": page.license, "language": page.language})

    def act(data: dict[str, Any]) -> WikiPage:
        page_writer.set_fields(page, get_author(request), data["license"], data["language"], data["comment"])
        return page

    return _process_form(request, "wiki/pages/fields.html", page, form, act, gettext("Saved."))


class StewardForm(forms.Form):
    """Form for the name of a new steward, as it is shown or as the account signs in."""

    username = forms.CharField(label=_("Name of the account"), max_length=150)

    def find(self) -> User | None:
        """Return the account: by its user name, or by its display name if only one has it."""
        name, active = self.cleaned_data["username"], User.objects.filter(is_active=True)
        by_display_name = list(active.filter(first_name__iexact=name, last_name="")[:2])
        return active.filter(username=name).first() or (by_display_name[0] if len(by_display_name) == 1 else None)


def stewards(request: HttpRequest, title: str) -> HttpResponseBase:
    """List the stewards of a place; add a steward by user name, or remove one, but not the last."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    page = get_page(request, title, permissions.Action.STEWARD)
    if not page.is_place:
        raise Http404(gettext("Only places have stewards."))
    form = StewardForm(request.POST if "add" in request.POST else None)
    if "remove" in request.POST:
        return _remove_steward(request, page)
    if form.is_valid():
        user = form.find()
        if user is not None:
            Stewardship.objects.get_or_create(place=page, user=user)
            messages.success(request, gettext("%(name)s looks after this place now.") % {"name": user.label})
            return redirect(request.get_full_path())
        form.add_error("username", gettext("Nobody here has that name."))
    context = {
        "page": page,
        "form": form,
        "stewardships": page.stewardships.select_related("user").order_by("since"),
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    return render(request, "wiki/pages/stewards.html", context)


def _remove_steward(request: HttpRequest, page: WikiPage) -> HttpResponse:
    """Remove a steward. Only a superuser may remove the last one, even if two are removed at the same time."""
    with transaction.atomic():
        WikiPage.objects.filter(pk=page.pk).update(
            cache_version=F("cache_version") + 1
        )  # locks the row: a concurrent request waits
        may_remove = page.stewardships.count() > 1 or (isinstance(request.user, User) and request.user.is_superuser)
        if may_remove:
            page.stewardships.filter(user__username=request.POST["remove"]).delete()
    if not may_remove:
        messages.error(request, gettext("A place keeps one steward: add another one first."))
    elif not permissions.has_permission(request.user, permissions.Action.STEWARD, page):  # they removed themselves
        messages.success(request, gettext("You do not look after this place any more."))
        return redirect(page.get_absolute_url())
    return redirect(request.get_full_path())


@require_POST
def convert_place_to_page(request: HttpRequest, title: str) -> HttpResponseBase:
    """Turn an empty place into an ordinary page."""
    page = get_page(request, title, permissions.Action.CONVERT_PLACE)
    page_writer.convert_place_to_page(page, get_author(request), request.POST.get("comment", ""))
    messages.success(request, gettext("It is an ordinary page now."))
    return redirect(page.get_absolute_url())
