"""Views that write pages by the fields of their kind: the form of a page, and a new place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from movilab.middleware import PERMISSIONS_POLICY
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.forms.commune_completion import complete_communes
from wiki.forms.form_lookup import FormSource, form_of_kind, form_of_page, kind_key_named
from wiki.forms.missing_properties import create_missing_properties
from wiki.forms.page_form import PageForm
from wiki.forms.starter_texts import starter_text
from wiki.licenses import catalogue
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import edit
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.parsed_versions import KIND_NAMES
from wiki.text import titles
from wiki.text.frontmatter.entry_editing import can_be_edited
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter
from wiki.text.normalization import clean_text

FRONT = "front"
"""Name of the field with the front matter that a form was made from."""
PLACE = "place"


P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def allows_position(view: View[P]) -> View[P]:
    """Decorate a view so that its page may ask the device for its position, which the map of coordinates offers."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY.replace("geolocation=()", "geolocation=(self)")
        return response

    return wrapped


def interface_language() -> str:
    """Return the language of the interface, as two letters."""
    return (get_language() or "fr")[:2]


@allows_position
def form(request: HttpRequest, title: str) -> HttpResponseBase:
    """Write a page by the fields of its kind, and the text below them.

    A POST without the front matter of a form comes from the editor, which stands in its place after a conflict. A POST
    with `open` brings the text of the editor, which is then shown as a form.
    """
    full_title = titles.clean_title(title)
    page = page_lookup.find(full_title, request.user)
    if request.method == "POST":
        fields = sent_fields(request, page)
        if fields is None:
            return edit.edit(request, title)
        return (
            _answer(request, page, full_title, fields)
            if FRONT in request.POST
            else _open(request, page, full_title, fields)
        )
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.EDIT if page else permissions.Action.CREATE, page)
    text = _stored_or_starter_text(request, page)
    page_form = _find_page_form(request, page, text)
    if page_form is not None:
        page_form.add_empty_rows()
        editor_form = edit.build_form(request, page, full_title)
        editor_form.initial["text"] = page_form.body
        return edit.render_editor(request, page, full_title, editor_form, **_context(page_form))
    if page is None and text:
        return edit.render_editor(request, page, full_title, edit.build_form(request, page, full_title, text=text))
    query = request.GET.urlencode()
    return redirect(f"{address('edit', full_title)}{query and '?'}{query}")


@dataclass(frozen=True, slots=True)
class SentFields:
    """The fields of a page's form as a request has them, for other views that write texts."""

    page_form: PageForm
    context: dict[str, Any]
    """Template context of the fields."""
    data: QueryDict
    """What was sent, with the whole text."""


def sent_fields(request: HttpRequest, page: WikiPage | None) -> SentFields | None:
    """Return the fields that were sent, or those that the sent text is to be opened in; None for neither."""
    if FRONT not in request.POST and "open" not in request.POST:
        return None
    text = clean_text(request.POST.get(FRONT if FRONT in request.POST else "text", ""))
    page_form = _find_page_form(request, page, text)
    if page_form is None:
        return None
    data = request.POST.copy()
    if FRONT in request.POST:
        data["text"] = _fill(page_form, request)
    else:
        page_form.add_empty_rows()
    return SentFields(page_form, _context(page_form), data)


def _fill(page_form: PageForm, request: HttpRequest) -> str:
    """Enter what was sent into the fields of a form, and return the whole text."""
    page_form.fill(request.POST)
    complete_communes(page_form)
    text = page_form.new_text(clean_text(request.POST.get("text", "")))
    page_form.add_empty_rows()
    return text


def _stored_or_starter_text(request: HttpRequest, page: WikiPage | None) -> str:
    """Return the text of a page, or the one that a new page begins with."""
    if page is not None:
        return page.source.text or ""
    return starter_text(
        request.GET.get("kind", ""), interface_language(), request.user, like=request.GET.get("like", "")
    )


def _find_page_form(request: HttpRequest, page: WikiPage | None, text: str) -> PageForm | None:
    """Return the form of a page's kind over a text; None if there is none, or if the text cannot be edited by one."""
    source = form_of_page(_kind_key(request, page, text), page, request.user)
    if source is None or not can_be_edited(text):
        return None
    user = request.user
    is_steward = isinstance(user, User) and (user.is_superuser or permissions.is_steward_of(user, page))
    language = page.language if page is not None else request.POST.get("language", interface_language())
    return PageForm(source.definition, text, interface_language(), language, is_steward=is_steward)


def _kind_key(request: HttpRequest, page: WikiPage | None, text: str) -> str:
    """Return the key of the kind that a text states, or its page has, or the address names."""
    if page is not None and page.is_place:
        return PLACE
    stated = parse_front_matter(text).get(*KIND_NAMES)
    key = kind_key_named(stated[0]) if stated else ""
    return key or (page.kind.key if page is not None and page.kind else request.GET.get("kind", ""))


def _open(request: HttpRequest, page: WikiPage | None, full_title: str, fields: SentFields) -> HttpResponseBase:
    """Render the form over the text of the editor."""
    fields.data["text"] = fields.page_form.body
    editor_form = edit.build_form(request, page, full_title, data=fields.data)
    return edit.render_editor(request, page, full_title, editor_form, **fields.context)


def _context(page_form: PageForm) -> dict[str, Any]:
    """Return the template context of the fields."""
    return {"page_form": page_form, "front": parse_front_matter(page_form.text).raw}


def _answer(request: HttpRequest, page: WikiPage | None, full_title: str, fields: SentFields) -> HttpResponseBase:
    """Answer what was sent: show a preview, go on as source, or save."""
    page_form, extra = fields.page_form, fields.context
    editor_form = edit.build_form(request, page, full_title, data=request.POST)
    if request.POST.keys() & {"preview", "changes"}:
        return edit.show_preview(request, page, full_title, editor_form, fields.data, **extra)
    if "source" in request.POST:
        source_form = edit.build_form(request, page, full_title, data=fields.data)
        return edit.render_editor(request, page, full_title, source_form)
    if not page_form.is_valid:
        return edit.render_editor(request, page, full_title, editor_form, status=422, **extra)

    def write(user: User, page: WikiPage | None, title: str, data: dict[str, Any]) -> page_writer.SaveResult:
        permissions.require(user, permissions.Action.EDIT if page else permissions.Action.CREATE, page)
        _declare_properties(request, user, page_form)
        return edit.save_edit(user, page, title, {**data, "text": fields.data["text"]})

    return edit.save(request, page, full_title, editor_form, write, **extra)


def _declare_properties(request: HttpRequest, user: User, page_form: PageForm) -> None:
    """Create the pages of properties that have none, so that what was entered has the datatypes of its inputs."""
    try:
        create_missing_properties(page_form.filled_fields, Author.of(user), page_form.page_language)
    except WikiError as error:
        messages.warning(request, message_for(error))


class PlaceForm(edit.NewPageForm):
    """Name, text, licence and language of a new place."""

    title = forms.CharField(label=_("Name of the place"), max_length=200)
    comment = None  # type: ignore[assignment]  # takes the field out, as Django documents it
    minor = None  # type: ignore[assignment]


@allows_position
def create_place(request: HttpRequest) -> HttpResponseBase:
    """Create a place, with the user as its first steward. If the session has ended, the form asks to sign in."""
    user: Any = request.user
    if request.method != "POST":
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        permissions.require(user, permissions.Action.MAKE_PLACE)
        return _open_place_form(request)
    page_form, place_form, text = _filled_place_form(request)
    if not user.is_authenticated:
        user = edit.sign_in_with_form(request, place_form)
        if user is None:
            return _render_place(request, place_form, page_form, status=403, must_sign_in=True)
    if "preview" in request.POST:
        whole = request.POST.copy()
        whole["text"] = text
        context = {**_context(page_form), "is_new_place": True}
        return edit.show_preview(request, None, request.POST.get("title", ""), place_form, whole, **context)
    permissions.require(user, permissions.Action.MAKE_PLACE)
    if not place_form.is_valid() or not page_form.is_valid:
        return _render_place(request, place_form, page_form, status=422)
    data = place_form.cleaned_data
    _declare_properties(request, user, page_form)
    try:
        saved = page_writer.create_place(
            data["title"], text, Author.of(user), license=data["license"], language=data["language"]
        )
    except WikiError as error:
        place_form.add_error("title", message_for(error))
        return _render_place(request, place_form, page_form, status=error.status)
    messages.success(request, gettext("The place is there. You look after it now."))
    return redirect(saved.page.get_absolute_url())


def _place_source(request: HttpRequest) -> FormSource:
    """Return the form of places. Raises Http404 if its page was emptied of all that comes with the wiki."""
    source = form_of_kind(PLACE, request.user)
    if source is None:
        raise Http404
    return source


def _open_place_form(request: HttpRequest) -> HttpResponse:
    """Render the form of a new place, with its starter text."""
    language = interface_language()
    text = starter_text(PLACE, language, request.user, like=request.GET.get("like", ""))
    page_form = PageForm(_place_source(request).definition, text, language, language)
    page_form.add_empty_rows()
    place_form = PlaceForm(initial={
        "title": request.GET.get("title", ""), "license": catalogue.DEFAULT, "language": language,
        "text": page_form.body,
    })  # fmt: skip
    return _render_place(request, place_form, page_form)


def _filled_place_form(request: HttpRequest) -> tuple[PageForm, PlaceForm, str]:
    """Return the fields and the form of a place as they were sent, and the whole text."""
    front = clean_text(request.POST.get(FRONT, ""))
    language = request.POST.get("language", interface_language())
    page_form = PageForm(_place_source(request).definition, front, interface_language(), language)
    text = _fill(page_form, request)
    return page_form, PlaceForm(request.POST), text


def _render_place(
    request: HttpRequest, place_form: PlaceForm, page_form: PageForm, status: int = 200, **extra: Any
) -> HttpResponse:
    """Render the form of a new place."""
    context = {**_context(page_form), **extra, "is_new_place": True}
    typed = request.POST.get("title", "")
    return edit.render_editor(request, None, typed, place_form, status=status, **context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Handle a POST with an invalid CSRF token: show what was typed again, in the form where it was typed."""
    match = request.resolver_match
    name = match.url_name if match is not None else ""
    if name != "create_place" and not (name == "form" and FRONT in request.POST):
        return edit.csrf_failure(request, reason)
    if name == "create_place":
        page_form, place_form, _text = _filled_place_form(request)
        must_sign_in = edit.add_session_error(request, place_form)
        return _render_place(request, place_form, page_form, status=403, must_sign_in=must_sign_in)
    try:
        full_title = titles.clean_title(match.kwargs["title"]) if match is not None else ""
    except titles.TitleProblem as problem:
        raise Http404(str(problem)) from problem
    page = page_lookup.find(full_title, request.user)
    fields = sent_fields(request, page)
    if fields is None:
        return edit.csrf_failure(request, reason)
    editor_form = edit.build_form(request, page, full_title, data=request.POST)
    must_sign_in = edit.add_session_error(request, editor_form)
    return edit.render_editor(
        request, page, full_title, editor_form, status=403, must_sign_in=must_sign_in, **fields.context
    )
