"""View that asks for title, place and kind of a new page, before it is written."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from wiki.errors import WikiError
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Kind
from wiki.pages.page_urls import address
from wiki.pages.views import page_lists
from wiki.text import titles


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
    like = forms.CharField(
        label=_("In the manner of"),
        max_length=255,
        required=False,
        help_text=_("A page whose headings the new one begins with. To take its words too, fork it instead."),
        widget=forms.TextInput(attrs={"data-complete": "pages", "autocomplete": "off"}),
    )


def create(request: HttpRequest) -> HttpResponseBase:
    """Ask for title, place and kind of a new page, then redirect to the form of the kind, or to the editor."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.CREATE)
    title = request.GET.get("title", "")
    if request.method != "POST" and title and not request.GET.get("place"):
        return redirect(address("edit", titles.clean_title(title)))
    initial = {
        "title": title,
        "place": request.GET.get("place", ""),
        "kind": request.GET.get("kind"),
        "like": request.GET.get("like", ""),
    }
    form = CreateForm(request.POST or None, initial=initial)
    if form.is_valid() and (full_title := _full_title(request, form)):
        kind, like = form.cleaned_data["kind"], form.cleaned_data["like"]
        parameters = {"kind": kind.key if kind else "", "like": like}
        query = urlencode({name: value for name, value in parameters.items() if value})
        return redirect(f"{address('form', full_title)}{query and '?'}{query}")
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
