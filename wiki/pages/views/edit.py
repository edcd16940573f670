"""Views for writing: the editor with preview and edit conflicts, new pages, new places."""

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
from wiki.errors import EditConflict, RateLimitExceeded, ServerBusy, WikiError
from wiki.licenses import catalogue
from wiki.pages import page_lookup, permissions, similar_titles
from wiki.pages.error_middleware import asks_for_json, json_error, message_for
from wiki.pages.models import LANGUAGES, Kind, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import page_lists, previews, section_edit
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
    comment = forms.CharField(label=_("What did you change, and why?"), max_length=500, required=False)
    minor = forms.BooleanField(label=_("This is a minor edit"), required=False)


class NewPageForm(PageEditForm):
    """Form of the editor for a new page, with licence and language."""

    license = forms.ChoiceField(label=_("Licence"), choices=catalogue.choices_for_text)
    language = forms.ChoiceField(label=_("Language of the text"), choices=LANGUAGES)


def _add_sign_in_fields(form: forms.Form) -> forms.Form:
    """Add user name and password, so that a user whose session has ended can sign in and save in one request."""
    form.fields["username"] = forms.CharField(
        label=_("User name"),
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
    _add_sign_in_fields(form)
    user = inline_sign_in.sign_in_from_post(request)
    if user is None and request.POST.get("username"):
        form.add_error(None, gettext("This name and password do not match."))
    return user


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
        return _editor(request, page, full_title, _form(request, page, full_title))
    data = request.POST.copy()
    if "convert" in data:
        data["text"] = to_markdown(clean_text(data.get("text", "")))
    form = _form(request, page, full_title, data=data)
    if "preview" in data or "convert" in data:
        try:
            preview = previews.preview_context(request, page, full_title, form["text"].value() or "")
        except (RateLimitExceeded, ServerBusy) as error:
            form.is_valid()
            form.add_error(None, message_for(error))
            return _editor(request, page, full_title, form, status=error.status)
        return _editor(request, page, full_title, form, preview=preview)
    return _save(request, page, full_title, form, write or _save_edit)


def _form(request: HttpRequest, page: WikiPage | None, full_title: str, data: Any = None) -> forms.Form:
    """Return the form for `page`, or for a new page."""
    if page is not None:
        initial = {"text": page.source.text, "base": page.version}
        if data is None and (span := section_edit.find_span(page, request.GET.get("section", ""))):
            initial |= {"text": section_edit.section_text(page.source.text, span), "section": span}
        return PageEditForm(data, initial=initial)
    return NewPageForm(data, initial={
        "base": 0, "license": catalogue.DEFAULT, "language": (get_language() or "fr")[:2],
        "text": _initial_text(request.GET.get("kind", "")),
    })  # fmt: skip


def _initial_text(kind_key: str) -> str:
    """Return the front matter of a new page of a kind."""
    kind = Kind.objects.filter(key=kind_key).first()
    if kind is None or kind.key == "article":
        return ""
    return f"---\n{'Nature' if (get_language() or 'fr').startswith('fr') else 'Kind'}: {kind.name}\n---\n\n"


def _editor(
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
        "heading_id": request.GET.get("section", ""),
        "license": catalogue.licenses_in(license_id)[0],
        "picture_license": catalogue.DEFAULT if request.user.is_authenticated else None,
        "allowed_actions": permissions.allowed_actions(request.user, page),
        **extra.pop("preview", {}),
        **extra,
    }
    return render(request, "wiki/pages/edit.html", context, status=status)


def open_editor(
    request: HttpRequest, page: WikiPage, text: str, comment: str, base: int, **extra: Any
) -> HttpResponseBase:
    """Render the editor of `page` with an unsaved text that follows version `base`.

    If the user is not signed in, the form has fields to sign in. `extra` is template context.
    """
    form: forms.Form = PageEditForm(initial={"text": text, "comment": comment, "base": base})
    if not request.user.is_authenticated:
        return _editor(
            request, page, page.full_title, _add_sign_in_fields(form), status=403, must_sign_in=True, **extra
        )
    return _editor(request, page, page.full_title, form, **extra)


def _save(
    request: HttpRequest, page: WikiPage | None, full_title: str, form: forms.Form, write: SaveFunction
) -> HttpResponseBase:
    """Save the form and redirect to the page, or render the editor again with the errors."""
    user: Any = request.user
    if not user.is_authenticated:
        user = sign_in_with_form(request, form)
        if user is None:
            return _editor(request, page, full_title, form, status=403, must_sign_in=True)
    if not form.is_valid():
        return _editor(request, page, full_title, form, status=422)
    edited = form.cleaned_data
    try:
        if page is not None and edited.get("section"):
            edited["text"] = section_edit.whole_text(page, edited["base"], edited["section"], edited["text"])
        saved = write(user, page, full_title, edited)
    except EditConflict as conflict:
        data = request.POST.copy()
        data["base"] = str(conflict.theirs_version)
        if data.get("section"):
            data["section"], data["text"] = "", conflict.mine
        retry_form = _form(request, page, full_title, data=data)
        return _editor(request, page, full_title, retry_form, status=409, conflict=conflict)
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _editor(request, page, full_title, form, status=error.status)
    if saved.merged:
        messages.success(request, gettext("Saved, and merged with what someone else changed meanwhile."))
    elif saved.changed:
        messages.success(request, gettext("Saved."))
    else:
        messages.info(request, gettext("Nothing was changed, so no version was made."))
    fragment = f"#{quote(request.GET['section'])}" if edited.get("section") and "section" in request.GET else ""
    return redirect(saved.page.get_absolute_url() + ("?redirect=no" if saved.page.redirect_key else "") + fragment)


def _save_edit(user: Any, page: WikiPage | None, full_title: str, data: dict[str, Any]) -> page_writer.SaveResult:
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


class CreateForm(forms.Form):
    """Form for the title, place and kind of a new page."""

    title = forms.CharField(label=_("Title"), max_length=255)
    place = forms.CharField(
        label=_("Place it lives in"),
        max_length=255,
        required=False,
        help_text=_("The name of a place, or nothing for the commons."),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    kind = forms.ModelChoiceField(
        label=_("What is it about?"),
        queryset=Kind.objects.exclude(key__in=("place", "article")),
        to_field_name="key",
        required=False,
        empty_label=_("An article"),
    )


def create(request: HttpRequest) -> HttpResponseBase:
    """Ask for title, place and kind of a new page, then redirect to the editor."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.CREATE)
    title = request.GET.get("title", "")
    if request.method != "POST" and title and not request.GET.get("place"):
        return redirect(address("edit", titles.clean_title(title)))
    initial = {"title": title, "place": request.GET.get("place", ""), "kind": request.GET.get("kind")}
    form = CreateForm(request.POST or None, initial=initial)
    if form.is_valid() and (full_title := _full_title(request, form)):
        url = address("edit", full_title)
        kind = form.cleaned_data["kind"]
        return redirect(f"{url}?kind={kind.key}" if kind else url)
    context = {"form": form, "places": page_lists.place_titles(request.user)}
    return render(request, "wiki/pages/create.html", context)


def _full_title(request: HttpRequest, form: forms.Form) -> str:
    """Return the full title of the new page; "" if place or title are invalid, with an error at the field."""
    title, place = form.cleaned_data["title"], form.cleaned_data["place"]
    field = "place"
    try:
        place_page = page_lookup.get_place(place, request.user) if place else None
        field = "title"
        return titles.clean_title(f"{place_page.full_title}:{title}" if place_page else title)
    except WikiError as error:
        form.add_error(field, message_for(error))
        return ""


class PlaceForm(forms.Form):
    """Form for a new place."""

    title = forms.CharField(label=_("Name of the place"), max_length=200)
    text = forms.CharField(
        label=_("What is this place? (you can go on later)"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    license = forms.ChoiceField(label=_("Licence"), choices=catalogue.choices_for_text)
    language = forms.ChoiceField(label=_("Language of the text"), choices=LANGUAGES)


def create_place(request: HttpRequest) -> HttpResponseBase:
    """Create a place, with the user as its first steward. If the session has ended, the form asks to sign in."""
    user: Any = request.user
    if request.method != "POST" and not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    language = (get_language() or "fr")[:2]
    initial = {"title": request.GET.get("title", ""), "license": catalogue.DEFAULT, "language": language}
    form = PlaceForm(request.POST if request.method == "POST" else None, initial=initial)
    if not user.is_authenticated:
        user = sign_in_with_form(request, form)
        if user is None:
            return _render_place_form(request, form, status=403, must_sign_in=True)
    permissions.require(user, permissions.Action.MAKE_PLACE)
    if form.is_valid():
        data = form.cleaned_data
        try:
            saved = page_writer.create_place(
                data["title"], data["text"], Author.of(user),
                license=data["license"], language=data["language"],
            )  # fmt: skip
        except WikiError as error:
            form.add_error("title", message_for(error))
        else:
            messages.success(request, gettext("The place is there. You are its first steward."))
            return redirect(saved.page.get_absolute_url())
    return _render_place_form(request, form)


def _render_place_form(request: HttpRequest, form: forms.Form, status: int = 200, **extra: Any) -> HttpResponse:
    """Render the form of a place, with the fields to sign in first, if it has them."""
    form.order_fields(["username", "password"])
    return render(request, "wiki/pages/create_place.html", {"form": form, **extra}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Handle a POST with an invalid CSRF token: show the typed text again instead of losing it."""
    match = request.resolver_match
    if asks_for_json(request):
        return json_error(gettext("Your session changed meanwhile: load this page again, please."), 403)
    error = gettext("Your session changed meanwhile. Your text is still here: please save again.")
    must_sign_in = not request.user.is_authenticated
    if match is not None and match.url_name == "create_place":
        place_form = PlaceForm(request.POST)
        if must_sign_in:
            _add_sign_in_fields(place_form)
        place_form.add_error(None, error)
        return _render_place_form(request, place_form, status=403, must_sign_in=must_sign_in)
    if match is None or match.url_name not in ("edit", "undo", "restore", "pull") or "text" not in request.POST:
        message = gettext("This form is too old or came from elsewhere. Go back, load it again, and send it once more.")
        return render(request, "wiki/pages/problem.html", {"message": message, "status": 403}, status=403)
    try:
        full_title = titles.clean_title(match.kwargs["title"])
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem
    page = page_lookup.find(full_title, request.user)
    form = _form(request, page, full_title, data=request.POST)
    if must_sign_in:
        _add_sign_in_fields(form)
    form.add_error(None, error)
    return _editor(request, page, full_title, form, status=403, must_sign_in=must_sign_in)
