"""Views for writing: the editor with preview, and with what was changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import inline_sign_in
from wiki.accounts.models import User
from wiki.errors import EditConflict, WikiError, gettext_noop
from wiki.licenses import catalogue
from wiki.pages import comment_suggestions, file_types, page_lookup, permissions, similar_titles
from wiki.pages.error_middleware import asks_for_json, json_error, message_for, typed
from wiki.pages.kind_statements import kind_front_matter
from wiki.pages.models import LANGUAGES, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import edit_conflicts, previews, section_edit, typed_changes
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.text import titles
from wiki.text.conversion.mediawiki_markup import to_markdown
from wiki.text.normalization import clean_text


class PageEditForm(forms.Form):
    """Form of the editor: text, comment, and `base`, the version number that the text was loaded from."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    section = forms.CharField(widget=forms.HiddenInput, required=False)
    """Where `text` is one section: its lines in the text of version `base`, as `section_edit.find_span` says them."""
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true", "data-text": ""}),
    )
    comment = comment_suggestions.CommentField()
    minor = forms.BooleanField(label=_("This is a minor edit"), required=False)


class NewPageForm(PageEditForm):
    """Form of the editor for a new page, with licence and language."""

    license = forms.ChoiceField(label=_("Licence"), choices=catalogue.choices_for_text)
    language = forms.ChoiceField(label=_("Language of the text"), choices=LANGUAGES)


def add_sign_in_fields(form: forms.Form) -> forms.Form:
    """Add user name and password, so that a user whose session has ended can sign in and save in one request."""
    form.fields["username"] = forms.CharField(
        label=_("Name or e-mail address"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "username", "required": True}),
    )
    form.fields["password"] = forms.CharField(
        label=_("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "required": True}),
    )
    return form


def sign_in_with_form(request: HttpRequest, form: forms.Form) -> User | None:
    """Sign in with the credentials posted with `form`, which was sent without a session.

    Return None if there are none or they are wrong; the form then has the fields to sign in.
    """
    add_sign_in_fields(form)
    return inline_sign_in.sign_in_from_post(request, form)


SaveFunction = Callable[[User, WikiPage | None, str, dict[str, Any]], page_writer.SaveResult]
"""Saves an edit, given user, page (None for a new page), full title and the data of the form. Raises WikiError."""


def edit(request: HttpRequest, title: str, write: SaveFunction | None = None) -> HttpResponseBase:
    """Edit a page, or write a new one. `write` replaces the function that saves the edit."""
    full_title = titles.clean_title(title)
    page = page_lookup.find(full_title, request.user)
    if request.method != "POST":
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        permissions.require(request.user, permissions.Action.EDIT if page else permissions.Action.CREATE, page)
        return render_editor(request, page, full_title, build_form(request, page, full_title))
    data = request.POST.copy()
    if "convert" in data:
        data["text"] = to_markdown(clean_text(data.get("text", "")))
    if (response := edit_conflicts.resolve(request, page, data)) is not None:
        return response
    form = build_form(request, page, full_title, data=data)
    if "whole" in data:
        return render_editor(request, page, full_title, form)
    if data.keys() & {"preview", "convert", "changes"}:
        return show_preview(request, page, full_title, form, form.data)
    return save(request, page, full_title, form, write or save_edit)


def show_preview(
    request: HttpRequest, page: WikiPage | None, full_title: str, form: forms.Form, data: Any, **extra: Any
) -> HttpResponse:
    """Render the editor with the preview of the text in `data`, or with what it changes in the page.

    `form` is what the editor shows, and `extra` more template context.
    """
    try:
        if page is not None and "changes" in data:
            changes = typed_changes.compare_typed(request, page, data)
            return render_editor(request, page, full_title, form, changes=changes, **extra)
        preview = previews.preview_context(request, page, full_title, data.get("text", ""))
    except WikiError as error:
        form.is_valid()
        form.add_error(None, message_for(error))
        return render_editor(request, page, full_title, form, status=error.status, **extra)
    return render_editor(request, page, full_title, form, preview=preview, **extra)


def build_form(
    request: HttpRequest, page: WikiPage | None, full_title: str, data: Any = None, text: str | None = None
) -> forms.Form:
    """Return the form for `page`, or for a new page, which begins with `text` or as its kind does."""
    if page is not None:
        initial = {"text": page.source.text, "base": page.version}
        if data is None and (span := section_edit.find_span(page, request.GET.get("section", ""))):
            initial |= {"text": section_edit.section_text(page.source.text, span), "section": span}
        return PageEditForm(data, initial=initial)
    if text is None:
        front = kind_front_matter(request.GET.get("kind", ""))
        text = front and f"{front}\n"
    return NewPageForm(data, initial={
        "base": 0, "license": catalogue.DEFAULT, "language": (get_language() or "fr")[:2],
        "text": text,
    })  # fmt: skip


def render_editor(
    request: HttpRequest,
    page: WikiPage | None,
    full_title: str,
    form: forms.Form,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    """Render the editor with `form`. `extra` is template context, its `preview` that of `previews.preview_context`."""
    license_id = page.license if page else catalogue.DEFAULT
    twins: list[WikiPage] = []
    if page is None:
        new = previews.new_fields(full_title, (get_language() or "fr")[:2])
        twins = similar_titles.find_twins(new.namespace, new.place, new.title, request.user)
    context = {
        "page": page,
        "full_title": full_title,
        "form": form,
        "twins": twins,
        "can_convert": True,
        "can_compare": page is not None,
        "heading_id": request.GET.get("section", ""),
        "license": catalogue.licenses_in(license_id)[0],
        "picture_license": catalogue.DEFAULT if request.user.is_authenticated else None,
        "upload_accept": ",".join(["image/*", *file_types.TYPES]),
        "allowed_actions": permissions.allowed_actions(request.user, page),
        "form_address": address("form", full_title) if page and page.kind and page.kind.key != "article" else "",
        "comments": comment_suggestions.own_comments(request.user),
        **extra.pop("preview", {}),
        **extra,
    }
    return render(request, "wiki/pages/edit.html", context, status=status)


def open_editor(request: HttpRequest, page: WikiPage, text: str, comment: str, base: int) -> HttpResponseBase:
    """Render the editor of `page` with an unsaved text that follows version `base`.

    If the user is not signed in, the form has fields to sign in.
    """
    form: forms.Form = PageEditForm(initial={"text": text, "comment": comment, "base": base})
    if not request.user.is_authenticated:
        return render_editor(request, page, page.full_title, add_sign_in_fields(form), status=403, must_sign_in=True)
    return render_editor(request, page, page.full_title, form)


def save(
    request: HttpRequest,
    page: WikiPage | None,
    full_title: str,
    form: forms.Form,
    write: SaveFunction,
    **extra: Any,
) -> HttpResponseBase:
    """Save the form and redirect to the page, or render the editor again with the errors.

    `extra` is template context of the editor, such as the fields of a form beside its text.
    """
    user: Any = request.user
    if not user.is_authenticated:
        user = sign_in_with_form(request, form)
        if user is None:
            return render_editor(request, page, full_title, form, status=403, must_sign_in=True, **extra)
    if not form.is_valid():
        return render_editor(request, page, full_title, form, status=422, **extra)
    edited = form.cleaned_data
    try:
        if page is not None and edited.get("section"):
            edited["text"] = section_edit.whole_text(page, edited["base"], edited["section"], edited["text"])
        saved = write(user, page, full_title, edited)
    except EditConflict as conflict:
        return _conflict_response(request, page, full_title, conflict)
    except WikiError as error:
        form.add_error(None, message_for(error))
        return render_editor(request, page, full_title, form, status=error.status, **extra)
    _say_saved(request, saved)
    fragment = f"#{quote(request.GET['section'])}" if edited.get("section") and "section" in request.GET else ""
    return redirect(saved.page.get_absolute_url() + ("?redirect=no" if saved.page.redirect_key else "") + fragment)


def _say_saved(request: HttpRequest, saved: page_writer.SaveResult) -> None:
    """Add the message that says what became of an edit."""
    if saved.merged:
        messages.success(request, gettext("Saved, and merged with what was changed meanwhile."))
    elif saved.changed:
        messages.success(request, gettext("Saved."))
    else:
        messages.info(request, gettext("Nothing was changed, so no version was made."))


def _conflict_response(
    request: HttpRequest, page: WikiPage | None, full_title: str, conflict: EditConflict
) -> HttpResponse:
    """Render the conflicts of an edit; the editor again, if the page was deleted meanwhile."""
    if page is not None and (conflict.base or conflict.theirs):
        kept = {name: request.POST.get(name, "") for name in ("comment", "minor")}
        return edit_conflicts.render_conflict(request, page, conflict, kept)
    data = {**request.POST.dict(), "text": conflict.mine, "base": "0"}
    if page is not None:
        data |= {"license": page.license, "language": page.language}
    form = build_form(request, None, full_title, data=data)
    form.add_error(None, gettext("This page was deleted meanwhile. Save again to write it anew."))
    return render_editor(request, None, full_title, form, status=409)


def save_edit(user: Any, page: WikiPage | None, full_title: str, data: dict[str, Any]) -> page_writer.SaveResult:
    """Save the edit of a page, or create the page: the default SaveFunction."""
    permissions.require(user, permissions.Action.EDIT if page else permissions.Action.CREATE, page)
    note = EditSummary(data["comment"], data["minor"])
    author = Author.of(user)
    if page is None:
        return page_writer.create(
            full_title, data["text"], author,
            license=data.get("license") or catalogue.DEFAULT,
            language=data.get("language") or "fr",
            summary=note,
        )  # fmt: skip
    base = data["base"] if data["base"] is not None else page.version
    return page_writer.edit(page, data["text"], author, note, base=base, is_fresh=True)


EDITOR_VIEWS = ("edit", "form", "undo", "restore", "pull")
"""Names of the addresses whose forms have the text of a page."""
SESSION_CHANGED = gettext_noop("Your session changed meanwhile. Your text is still here: please save again.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Handle a POST with an invalid CSRF token: show the typed text again instead of losing it."""
    match = request.resolver_match
    if asks_for_json(request):
        return json_error(gettext("Your session changed meanwhile: load this page again, please."), 403)
    if match is None or match.url_name not in EDITOR_VIEWS or "text" not in request.POST:
        message = gettext("This form is too old or came from elsewhere. Go back, load it again, and send it once more.")
        context = {"message": message, "status": 403, "typed": typed(request)}
        return render(request, "wiki/pages/problem.html", context, status=403)
    try:
        full_title = titles.clean_title(match.kwargs["title"])
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem
    page = page_lookup.find(full_title, request.user)
    if (response := edit_conflicts.show_again(request, page, gettext(SESSION_CHANGED))) is not None:
        return response
    form = build_form(request, page, full_title, data=request.POST)
    must_sign_in = add_session_error(request, form)
    return render_editor(request, page, full_title, form, status=403, must_sign_in=must_sign_in)


def add_session_error(request: HttpRequest, form: forms.Form) -> bool:
    """Say in a form that the session changed; return whether the user must sign in, for which it then has fields."""
    must_sign_in = not request.user.is_authenticated
    if must_sign_in:
        add_sign_in_fields(form)
    form.add_error(None, gettext(SESSION_CHANGED))
    return must_sign_in
