"""Forking in the browser: choose a place, see the licence, take the page home."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from wiki.errors import WikiError
from wiki.forks import forking
from wiki.licenses import compatibility
from wiki.pages import finding, listing, managing, rights
from wiki.pages.answering import in_words
from wiki.pages.authors import authors_of
from wiki.pages.media import pictures_of
from wiki.pages.models import Fork, WikiPage


class ForkForm(django_forms.Form):
    """Where the copy goes."""

    place = django_forms.CharField(
        label=_("Your place"),
        max_length=255,
        required=False,
        help_text=_("Begin to type the name of a place that is on this wiki…"),
        widget=django_forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    new_place = django_forms.CharField(
        label=_("…or a new place"),
        max_length=200,
        required=False,
        help_text=_("It is made now, and you become its first steward."),
    )
    title = django_forms.CharField(label=_("Title of the copy"), max_length=200)
    license = django_forms.ChoiceField(label=_("Licence of the copy"))

    def __init__(self, page: WikiPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdicts = compatibility.targets_for(page.license)
        self.fields["license"].choices = [  # type: ignore[attr-defined]
            (verdict.target, verdict.target_name) for verdict in self.verdicts if verdict.allowed
        ]

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two places."""
        data = super().clean() or {}
        if bool(data.get("place")) == bool(data.get("new_place")):
            self.add_error("place", gettext("Name a place that is here, or a new one: one of the two."))
        return data

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Licences that the copy may not have, with the reason."""
        return [(verdict.target_name, str(verdict.because)) for verdict in self.verdicts if not verdict.allowed]


def fork(request: HttpRequest, title: str) -> HttpResponseBase:
    """Take a page into a place."""
    page = managing.get_page(request, title, "read")
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    rights.require(request.user, "fork", page)
    initial = {
        "title": page.title, "license": page.license,
        "place": request.GET.get("place", "") or _own_place(request),
    }  # fmt: skip
    form = ForkForm(page, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            copy = forking.fork(page, _wish(request, form.cleaned_data), managing.author(request))
        except WikiError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, gettext("The page is in your place now. It stays in touch with the original."))
            return redirect(copy.get_absolute_url())
    context = {
        "page": page,
        "form": form,
        "authors": authors_of(page),
        "pictures": pictures_of(page),
        "places": listing.place_titles(request.user),
        "may": rights.allowed(request.user, page),
    }
    return render(request, "wiki/forks/fork.html", context)


def _own_place(request: HttpRequest) -> str:
    """The place that the reader looks after, when there is one only."""
    own = list(
        WikiPage.objects.readable_by(request.user)
        .filter(stewardships__user=request.user)
        .values_list("full_title", flat=True)[:2]
    )
    return own[0] if len(own) == 1 else ""


def _wish(request: HttpRequest, data: dict[str, Any]) -> forking.Wish:
    """What the form asks for."""
    place = finding.place_named(data["place"], request.user) if data["place"] else None
    return forking.Wish(place, data["new_place"], data["title"], data["license"])


@require_safe
def forks(request: HttpRequest, title: str) -> HttpResponse:
    """The forks of a page."""
    page = managing.get_page(request, title, "read")
    readable = WikiPage.objects.readable_by(request.user)
    found = Fork.objects.filter(upstream=page, page__in=readable).order_by("-made_at")
    context = {
        "page": page,
        "forks": found.select_related("page__place", "page__kind")[:500],
        "may": rights.allowed(request.user, page),
    }
    return render(request, "wiki/forks/forks.html", context)
