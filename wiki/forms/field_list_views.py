"""Views of the lists of fields: all forms, the fields of one with a preview, and its table as CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.forms.field_inputs import is_group, is_steps
from wiki.forms.field_list_forms import (
    FieldRowForm,
    FieldRows,
    KindTermsForm,
    StartersForm,
    initial_rows,
    initial_terms,
    sections_of,
)
from wiki.forms.form_definition import FormDefinition, KindTerms, write_definition
from wiki.forms.form_lookup import FormSource, all_fields, form_of_kind, form_title
from wiki.forms.kind_updater import kind_key_of_title
from wiki.forms.missing_properties import create_missing_properties
from wiki.forms.page_form import PageForm
from wiki.forms.views import interface_language
from wiki.licenses import catalogue
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Kind, WikiPage
from wiki.pages.views import edit
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text import titles
from wiki.text.titles import TitleProblem


def forms_index(request: HttpRequest) -> HttpResponse:
    """List the kinds with their forms."""
    may_edit = permissions.has_permission(request.user, permissions.Action.EDIT_FORM)
    kinds = [kind for kind in Kind.objects.all() if kind.key != "article"]
    return render(request, "wiki/forms/forms.html", {"kinds": kinds, "may_edit": may_edit})


def new_kind(request: HttpRequest) -> HttpResponseBase:
    """Go to the list of fields of a new kind, or of a category, by its name."""
    name = request.GET.get("name", "").strip()
    if request.GET.get("of") != "category":
        name = kind_key_of_title(name)
    if not titles.key_or_empty(f"Form:{name}"):
        messages.error(request, gettext("Give the kind or the category a name that a page can have as its title."))
        return redirect("forms")
    query = "?of=category" if request.GET.get("of") == "category" else ""
    return redirect(reverse("field_list", args=[name]) + query)


@dataclass(slots=True)
class FieldListForms:
    """The forms of one screen: rows, terms of the kind (none for a category), starters."""

    rows: BaseFormSet[FieldRowForm]
    terms: KindTermsForm | None
    starters: StartersForm

    @classmethod
    def of(cls, definition: FormDefinition, is_kind: bool, data: Any = None) -> FieldListForms:
        """Return the forms with a definition, or with what was sent."""
        starters = {f"starter_{code}": definition.starters.get(code, "") for code in ("fr", "en")}
        return cls(
            FieldRows(data, initial=initial_rows(definition), prefix="row"),
            KindTermsForm(data, initial=initial_terms(definition.terms)) if is_kind else None,
            StartersForm(data, initial=starters),
        )

    def is_valid(self) -> bool:
        """Return whether all of them are valid."""
        results = [self.rows.is_valid(), self.starters.is_valid(), self.terms is None or self.terms.is_valid()]
        return all(results)

    def definition(self, former: FormDefinition) -> FormDefinition:
        """Return the form that was sent; what the screen does not show stays as it was."""
        other_starters = {code: text for code, text in former.starters.items() if code not in ("fr", "en")}
        return replace(
            former,
            sections=sections_of(self.rows),
            terms=self.terms.terms if self.terms is not None else KindTerms(),
            starters={**other_starters, **self.starters.starters},
        )


def field_list(request: HttpRequest, name: str) -> HttpResponseBase:
    """Edit the fields of a kind (its key) or of a category (its title); saved as the page that lists them."""
    source = form_of_kind(name, request.user) or _new_source(name)
    if not request.user.is_authenticated and request.method != "POST":
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.EDIT_FORM)
    is_kind = bool(source.definition.terms.names) or _is_kind(request, name)
    if request.method != "POST":
        return _render_list(request, name, source, FieldListForms.of(source.definition, is_kind), source.definition)
    if "row-TOTAL_FORMS" not in request.POST:
        return edit.edit(request, source.title)
    sent = FieldListForms.of(source.definition, is_kind, request.POST)
    if not sent.is_valid():
        return _render_list(request, name, source, sent, source.definition, status=422)
    definition = sent.definition(source.definition)
    if "preview" in request.POST:
        return _render_list(request, name, source, sent, definition)
    return _save_list(request, source, definition)


def _is_kind(request: HttpRequest, name: str) -> bool:
    return "of" not in request.GET and kind_key_of_title(name) == name


def _new_source(name: str) -> FormSource:
    """Return an empty form; that of a kind that is in the database has its names. Raises Http404 for no title."""
    try:
        title = form_title(name)
    except TitleProblem as problem:
        raise Http404(str(problem)) from problem
    kind = Kind.objects.filter(key=name).first()
    if kind is None:
        return FormSource(title, FormDefinition())
    terms = KindTerms(
        {"fr": kind.name_fr, "en": kind.name_en}, {"fr": kind.plural_fr, "en": kind.plural_en},
        kind.icon, kind.colour, kind.order,
    )  # fmt: skip
    return FormSource(title, FormDefinition(terms=terms))


def _render_list(
    request: HttpRequest, name: str, source: FormSource, sent: FieldListForms, definition: FormDefinition,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Render the list with a preview of its form."""
    preview = PageForm(definition, "", interface_language(), interface_language())
    preview.add_empty_rows()
    names = definition.terms.names
    context = {
        "shown_name": names.get(interface_language()) or next(iter(names.values()), name),
        "source": source,
        "rows": sent.rows,
        "terms": sent.terms,
        "starters": sent.starters,
        "page_form": preview,
        "base": request.POST.get("base", source.page.version if source.page else 0),
        "unknown": definition.unknown,
    }
    return render(request, "wiki/forms/field_list.html", context, status=status)


def _save_list(request: HttpRequest, source: FormSource, definition: FormDefinition) -> HttpResponseBase:
    """Save the page of the form, and create the pages of properties that have none."""
    language = source.page.language if source.page is not None else interface_language()
    data = request.POST.copy()
    data["text"] = write_definition(definition, language)
    data["license"], data["language"] = catalogue.DEFAULT, language
    page = page_lookup.find(source.title, request.user)

    def write(user: User, page: WikiPage | None, title: str, data: dict[str, Any]) -> page_writer.SaveResult:
        saved = edit.save_edit(user, page, title, data)
        try:
            created = create_missing_properties(all_fields(definition), Author.of(user), language)
        except WikiError as error:
            messages.warning(request, message_for(error))
        else:
            _say_created(request, created)
        return saved

    return edit.save(request, page, source.title, edit.build_form(request, page, source.title, data=data), write)


def _say_created(request: HttpRequest, created: list[str]) -> None:
    if created:
        text = ngettext(
            "The page of %(count)d property was created: %(titles)s.",
            "The pages of %(count)d properties were created: %(titles)s.",
            len(created),
        )
        messages.info(request, text % {"count": len(created), "titles": ", ".join(created)})


def csv_template(request: HttpRequest, name: str) -> HttpResponse:
    """Send an empty table with a column for each field of a form, to be filled in with a spreadsheet."""
    source = form_of_kind(name, request.user)
    if source is None:
        raise Http404(name)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="{titles.fold(name).encode("ascii", "ignore").decode()}.csv"'
    )
    response.write("\ufeff")  # else Excel takes the letters for those of an older encoding
    separator = ";" if interface_language() == "fr" else ","
    columns = [one.property for one in source.definition.fields if not is_group(one) and not is_steps(one)]
    csv.writer(response, delimiter=separator).writerow([gettext("Title"), *columns])
    return response
