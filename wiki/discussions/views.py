"""Views of threads: lists of a page, a place and the wiki; a thread with its posts; beginning, changing, importing."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.discussions import (
    passage_anchors,
    post_search,
    post_writer,
    talk_pages,
    thread_changes,
    thread_lists,
    thread_screen,
)
from wiki.discussions.forms import ReplyForm, StartThreadForm, ThreadForm
from wiki.discussions.models import Post, Thread, ThreadQuerySet
from wiki.errors import Refused, WikiError, gettext_noop
from wiki.history import keyset_pagination, page_access
from wiki.history.noindex import noindex
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.permissions import Action
from wiki.pages.rendering import page_output
from wiki.pages.views import edit, manage
from wiki.pages.writing import rebuild_derived

RESOLVED_SHOWN = 20
"""Resolved threads below the open ones of a page."""


@require_safe
@noindex
def talk(request: HttpRequest, title: str) -> HttpResponseBase:
    """List the threads about a page: the open ones, and the latest of those that are resolved (`?state=resolved`: all).

    The address of a redirect, and of a page in a namespace of discussions, leads to the page that it stands for.
    """
    page = manage.get_page(request, title, Action.READ)
    if (subject := _subject(page, request)) is not None:
        return redirect(address("talk", subject.full_title))
    threads = Thread.objects.readable_by(request.user).filter(page=page)
    is_resolved = request.GET.get("state") == "resolved"
    resolved = threads.exclude(resolved_at=None)
    listed = thread_lists.list_threads(
        resolved if is_resolved else threads.open(), *keyset_pagination.cursors_from(request.GET)
    )
    talk_page = talk_pages.find_talk_page(page, request.user)
    allowed_actions = permissions.allowed_actions(request.user, page)
    context = {
        "page": page, "threads": listed, "is_resolved": is_resolved,
        "resolved": [] if is_resolved else list(resolved.order_by("-last_post_at", "-pk")[: RESOLVED_SHOWN + 1]),
        "resolved_shown": RESOLVED_SHOWN,
        "talk_page": talk_page, "talk_html": "" if talk_page is None else _html_of(talk_page, request),
        "may_import": talk_page is not None and _may_import(request, talk_page),
        "allowed_actions": allowed_actions, "feed": address("feed_page_talk", page.full_title),
    }  # fmt: skip
    return render(request, "wiki/discussions/talk.html", context)


def _subject(page: WikiPage, request: HttpRequest) -> WikiPage | None:
    """Return the page that a redirect or a discussion stands for, if the reader may read it; None for other pages."""
    if page.redirect_key:
        target = page_lookup.redirect_target(page, request.user)
        return None if target is None or target.pk == page.pk else target
    title = talk_pages.subject_title(page)
    return page_lookup.find(title, request.user) if title else None


def _html_of(talk_page: WikiPage, request: HttpRequest) -> str:
    """Return the text of a page as its own screen shows it."""
    language = request.LANGUAGE_CODE[:2]
    stored = RenderedPage.objects.filter(page=talk_page, ui_language=language, version=talk_page.version).first()
    if stored is None:
        stored = rebuild_derived.rebuild_page(talk_page, language)
    return page_output.current_output(stored, talk_page, request.user).html


def _may_import(request: HttpRequest, talk_page: WikiPage) -> bool:
    """Whether the reader is offered to turn a page into threads."""
    may_edit = permissions.has_permission(request.user, Action.EDIT, talk_page)
    return may_edit and not talk_pages.is_imported(talk_page)


@require_POST
def import_talk(request: HttpRequest, title: str) -> HttpResponseBase:
    """Make threads of the sections of the wiki page that has the discussion of a page."""
    page = manage.get_page(request, title, Action.READ)
    author = manage.get_author(request)
    talk_page = talk_pages.find_talk_page(page, request.user)
    if talk_page is None:
        raise Http404(gettext("There is no page of that title."))
    count = talk_pages.import_threads(page, talk_page, cast("User", author.user))
    text = ngettext("%(count)d discussion was made of it.", "%(count)d discussions were made of it.", count)
    messages.success(request, text % {"count": count})
    return redirect(address("talk", page.full_title))


@require_safe
@noindex
def all_threads(request: HttpRequest) -> HttpResponse:
    """List the threads of the wiki, latest posts first; `?state=` is open or resolved. `?q=` searches for posts."""
    if query := request.GET.get("q", "").strip():
        rate_limits.limit_searches(request)
        found = post_search.find_posts(query, request.user)
        return render(request, "wiki/discussions/post_search.html", {"query": query[:1_000], "found": found})
    threads = Thread.objects.readable_by(request.user)
    return _render_list(request, threads, {"feed": reverse("feed_talk")})


@require_safe
@noindex
def place_threads(request: HttpRequest, title: str) -> HttpResponse:
    """List the threads about a place and the pages in it, latest posts first."""
    place = page_access.get_place_or_404(title, request.user)
    threads = thread_lists.of_place(Thread.objects.readable_by(request.user), place)
    allowed_actions = permissions.allowed_actions(request.user, place)
    return _render_list(request, threads, {"page": place, "allowed_actions": allowed_actions})


def _render_list(request: HttpRequest, threads: ThreadQuerySet, context: dict[str, Any]) -> HttpResponse:
    """Render a list of threads about several pages."""
    state = request.GET.get("state", "")
    if state in ("open", "resolved"):
        threads = threads.filter(resolved_at__isnull=state == "open")
    listed = thread_lists.list_threads(threads, *keyset_pagination.cursors_from(request.GET))
    context |= {"threads": listed, "state": state}
    return render(request, "wiki/discussions/threads.html", context)


@noindex
def start_thread(request: HttpRequest, title: str) -> HttpResponseBase:
    """Begin a thread about a page, or about one of its passages (`?passage=` its name, `?words=` some of its words)."""
    page = manage.get_page(request, title, Action.READ)
    if request.method != "POST":
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        permissions.require(request.user, Action.DISCUSS, page)
        return _render_start(request, page, StartThreadForm(page, initial=_initial(request, page)))
    form = StartThreadForm(page, request.POST)
    user: Any = request.user
    if not user.is_authenticated:
        user = edit.sign_in_with_form(request, form)
        if user is None:
            return _render_start(request, page, form, 403)
    try:
        permissions.require(user, Action.DISCUSS, page)
        if not form.is_valid():
            return _render_start(request, page, form, 422)
        data = form.cleaned_data
        post = post_writer.start_thread(page, data["title"], data["text"], user, form.get_passage())
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render_start(request, page, form, error.status)
    return redirect(post.get_absolute_url())


def _initial(request: HttpRequest, page: WikiPage) -> dict[str, str]:
    """Return which passage the address of the form to begin a thread names."""
    if words := request.GET.get("words", ""):
        found = passage_anchors.find_by_words(page, words)
    else:
        found = passage_anchors.find_current(page, request.GET.get("passage", ""))
    return {"passage": found.name if found else ""}


def _render_start(request: HttpRequest, page: WikiPage, form: forms.Form, status: int = 200) -> HttpResponse:
    context = {"page": page, "form": form, "allowed_actions": permissions.allowed_actions(request.user, page)}
    return render(request, "wiki/discussions/start_thread.html", context, status=status)


def get_thread(request: HttpRequest, number: int) -> Thread:
    """Return a thread that the reader may read, with its page and place. Raises Http404."""
    rows = Thread.objects.readable_by(request.user).select_related("page__place", "page__kind", "author")
    found: Thread | None = rows.filter(pk=number).first() if number < 2**62 else None
    if found is None:
        raise Http404(gettext("There is no such discussion."))
    return found


@noindex
def thread(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show a thread; on POST, reply. `?reply=` is the number of a post that is answered, `?quote` quotes it."""
    found = get_thread(request, number)
    if found.shown_at and request.method != "POST":
        return redirect(found.get_absolute_url())
    if request.method != "POST":
        return _render_thread(request, found, ReplyForm(initial=reply_initial(request, found)))
    form = ReplyForm(request.POST)
    user: Any = request.user
    if not user.is_authenticated:
        user = edit.sign_in_with_form(request, form)
        if user is None:
            return _render_thread(request, found, form, 403)
    try:
        permissions.require(user, Action.DISCUSS, found.page)
        if not form.is_valid():
            return _render_thread(request, found, form, 422)
        answered = find_answered(found, form.cleaned_data["reply_to"])
        post = post_writer.reply(found, form.cleaned_data["text"], user, answered)
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render_thread(request, found, form, error.status)
    return redirect(post.get_absolute_url())


def find_answered(thread: Thread, number: int | None) -> Post | None:
    """Return the post with a number, if the thread has it and it is not deleted."""
    return Post.objects.filter(thread=thread, number=number or 0, deleted_at=None).first()


def reply_initial(request: HttpRequest, thread: Thread) -> dict[str, Any]:
    """Return the initial data of the form to reply: the post that the address names, quoted if it says so."""
    raw = request.GET.get("reply", "")
    post = find_answered(thread, page_access.number_from(raw, 0)) if raw else None
    if post is None:
        return {}
    return {"reply_to": post.number, "text": thread_screen.quoted(post) if "quote" in request.GET else ""}


def _render_thread(request: HttpRequest, found: Thread, form: forms.Form, status: int = 200) -> HttpResponse:
    """Render a thread with the form to reply."""
    allowed_actions = permissions.allowed_actions(request.user, found.page)
    context = thread_screen.thread_context(
        request, found, allowed_actions, form,
        page=found.page, anchor=passage_anchors.anchors_of([found]).get(found.pk),
        may_resolve=thread_changes.may_resolve(request.user, found, allowed_actions),
        may_rename=thread_changes.may_rename(request.user, found, allowed_actions),
    )  # fmt: skip
    return render(request, "wiki/discussions/thread.html", context, status=status)


@require_POST
def thread_state(request: HttpRequest, number: int) -> HttpResponseBase:
    """Resolve a thread (`state=resolved`), or reopen it."""
    found = get_thread(request, number)
    author = manage.get_author(request)
    is_resolved = request.POST.get("state") == "resolved"
    thread_changes.set_resolved(found, cast("User", author.user), is_resolved=is_resolved)
    messages.success(request, gettext("It is resolved.") if is_resolved else gettext("It is open again."))
    return redirect(found.get_absolute_url())


@noindex
def edit_thread(request: HttpRequest, number: int) -> HttpResponseBase:
    """Rename a thread or, for stewards and administrators, move it to another page."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    found = get_thread(request, number)
    user = request.user
    allowed_actions = permissions.allowed_actions(user, found.page)
    permissions.require(user, Action.DISCUSS, found.page)
    if not thread_changes.may_rename(user, found, allowed_actions):
        permissions.require(user, Action.MODERATE, found.page)
    form = ThreadForm(request.POST or None, initial={"title": found.title, "page": found.page.full_title})
    if Action.MODERATE not in allowed_actions or found.shown_at:
        del form.fields["page"]
    if form.is_valid():
        try:
            _change_thread(found, form.cleaned_data, user)
        except WikiError as error:
            form.add_error(None, message_for(error))
        else:
            return redirect(found.get_absolute_url())
    context = {"page": found.page, "thread": found, "form": form, "allowed_actions": allowed_actions}
    return render(request, "wiki/discussions/edit_thread.html", context, status=422 if form.is_bound else 200)


def _change_thread(found: Thread, data: dict[str, Any], user: User) -> None:
    """Rename and move a thread as a form says. Raises WikiError."""
    target: WikiPage | None = found.page
    if data.get("page", found.page.full_title) != found.page.full_title:
        target = page_lookup.find(data["page"], user)
        if target is None:
            raise Refused(gettext_noop("There is no page of that title."))
    with transaction.atomic():
        if data["title"] != found.title:
            thread_changes.rename(found, data["title"], user)
        if target is not None and target.pk != found.page_id:
            thread_changes.move(found, target, user)
