"""Views of single posts: where they are, their earlier texts, editing, deleting, thanking."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from wiki.accounts.models import User
from wiki.discussions import post_writer
from wiki.discussions.forms import EditPostForm
from wiki.discussions.models import Post
from wiki.errors import NotAllowed, WikiError, gettext_noop
from wiki.history.noindex import noindex
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.permissions import Action
from wiki.pages.read_permissions import is_readable
from wiki.pages.views import edit, manage
from wiki.text.diffing.text_difference import Difference


def get_post(request: HttpRequest, number: int, *, with_deleted: bool = False) -> Post:
    """Return a post that the reader may read, with its thread and page. Raises Http404.

    A deleted one only with `with_deleted`.
    """
    rows = Post.objects.filter(is_readable(request.user, "thread__page__"))
    rows = rows.select_related("thread__page__place", "thread__page__kind", "author")
    found = rows.filter(pk=number).first() if number < 2**62 else None
    if found is None or (found.is_deleted and not with_deleted):
        raise Http404(gettext("There is no such post."))
    return found


@require_safe
@noindex
def post(request: HttpRequest, number: int) -> HttpResponseBase:
    """Go to a post in its thread."""
    return redirect(get_post(request, number, with_deleted=True).get_absolute_url())


@noindex
def edit_post(request: HttpRequest, number: int) -> HttpResponseBase:
    """Edit a post of one's own."""
    found = get_post(request, number)
    if request.method != "POST":
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        _require_author(request.user, found)
        return _render_edit(request, found, EditPostForm(initial={"text": found.text, "revision": found.revision}))
    form = EditPostForm(request.POST)
    user: Any = request.user
    if not user.is_authenticated:
        user = edit.sign_in_with_form(request, form)
        if user is None:
            return _render_edit(request, found, form, 403)
    try:
        _require_author(user, found)
        if not form.is_valid():
            return _render_edit(request, found, form, 422)
        post_writer.edit(found, form.cleaned_data["text"], user, form.cleaned_data["revision"])
    except post_writer.PostConflict as conflict:
        return _render_conflict(request, found, message_for(conflict))
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render_edit(request, found, form, error.status)
    return redirect(found.get_absolute_url())


def _require_author(user: User, found: Post) -> None:
    """Raise NotAllowed unless `user` may edit a post."""
    permissions.require(user, Action.DISCUSS, found.thread.page)
    if found.author_id != user.pk:
        raise NotAllowed(gettext_noop("Only who wrote a post can edit it."))


def _render_conflict(request: HttpRequest, found: Post, message: str) -> HttpResponse:
    """Render the form with the typed text, based on the current text of a post, which is shown beside it."""
    found.refresh_from_db()
    form = EditPostForm({"text": request.POST.get("text", ""), "revision": found.revision})
    form.add_error(None, message)
    return _render_edit(request, found, form, 409, current=found.text)


def _render_edit(
    request: HttpRequest, found: Post, form: forms.Form, status: int = 200, current: str | None = None
) -> HttpResponse:
    page = found.thread.page
    context = {
        "page": page, "post": found, "form": form, "current": current,
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }  # fmt: skip
    return render(request, "wiki/discussions/edit_post.html", context, status=status)


@noindex
def delete_post(request: HttpRequest, number: int) -> HttpResponseBase:
    """Ask whether a post is to be deleted; on POST, delete it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    found = get_post(request, number)
    user = request.user
    allowed_actions = permissions.allowed_actions(user, found.thread.page)
    if not post_writer.may_delete(user, found, allowed_actions):
        permissions.require(user, Action.MODERATE, found.thread.page)
    if request.method == "POST":
        post_writer.delete(found, user)
        messages.success(request, gettext("The post is deleted."))
        return redirect(found.get_absolute_url())
    context = {"page": found.thread.page, "post": found, "allowed_actions": allowed_actions}
    return render(request, "wiki/discussions/delete_post.html", context)


@require_safe
@noindex
def post_history(request: HttpRequest, number: int) -> HttpResponse:
    """Show the texts that a post had, newest first, with what each changed; of a deleted post to administrators."""
    found = get_post(request, number, with_deleted=bool(getattr(request.user, "is_superuser", False)))
    texts = [(row.number, row.text, row.written_at) for row in found.revisions.all()]
    texts.append((found.revision, found.text, found.edited_at or found.created_at))
    before = [None, *(text for _, text, _ in texts)]
    revisions = [
        {"number": one, "at": at, "text": text, "difference": None if old is None else Difference.of(old, text)}
        for (one, text, at), old in zip(texts, before, strict=False)
    ]
    context = {
        "page": found.thread.page, "post": found, "revisions": revisions[::-1],
        "allowed_actions": permissions.allowed_actions(request.user, found.thread.page),
    }  # fmt: skip
    return render(request, "wiki/discussions/post_history.html", context)


@require_POST
def toggle_thanks(request: HttpRequest, number: int) -> HttpResponseBase:
    """Thank for a post, or take the thanks back."""
    found = get_post(request, number)
    author = manage.get_author(request)
    post_writer.toggle_thanks(found, cast("User", author.user))
    return redirect(found.get_absolute_url())
