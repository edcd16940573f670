"""Forking in the browser: choose a place, see the licence, take the page home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.forks import fork_creation, network_graphics, notifications, subtree
from wiki.forks.fork_network import fork_network
from wiki.licenses import compatibility
from wiki.pages import page_lookup, permissions
from wiki.pages.contributors import authors_of
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import pictures_of
from wiki.pages.mirror_models import remote_title
from wiki.pages.models import WikiPage
from wiki.pages.views import manage, page_lists

SUBTREE_LIMIT = 2_000
"""Pages that can go along with one."""
MANY_PAGES, PAGES_PER_SECOND = 150, 80
"""Pages from which the form says how long it takes; about so many are forked in a second."""


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
    pages = django_forms.MultipleChoiceField(
        label=_("Pages that go along"), required=False, widget=django_forms.CheckboxSelectMultiple
    )
    facts = django_forms.MultipleChoiceField(
        label=_("Facts that name the old place, and shall name the new one"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )

    def __init__(self, page: WikiPage, branch: Sequence[WikiPage], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdicts = compatibility.targets_for(page.license)
        self._offer("license", [(one.target, one.target_name) for one in self.verdicts if one.allowed])
        self._offer("pages", [(str(one.pk), one.full_title) for one in branch])
        offers = subtree.fact_rewrite_options([page, *branch])
        self._offer("facts", [(one.form_value, f"{one.page.full_title}: {one.property_name}") for one in offers])
        if len(branch) > MANY_PAGES:
            said = gettext("%(number)d pages: that takes about %(seconds)d seconds. All of them come, or none.")
            self.fields["pages"].help_text = said % {
                "number": len(branch),
                "seconds": len(branch) // PAGES_PER_SECOND + 1,
            }
        self.initial.update({name: [key for key, _ in self._choices(name)] for name in ("pages", "facts")})
        for name in ("pages", "facts"):
            if not self._choices(name):
                del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Let one choose."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _choices(self, name: str) -> list[tuple[str, str]]:
        """What one can choose."""
        return list(self.fields[name].choices)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two places."""
        data = super().clean() or {}
        if bool(data.get("place")) == bool(data.get("new_place")):
            self.add_error("place", gettext("Name a place that is here, or a new one: one of the two."))
        return data

    @property
    def refused_licenses(self) -> list[tuple[str, str]]:
        """Licences that the copy may not have, with the reason."""
        return [(verdict.target_name, str(verdict.reason)) for verdict in self.verdicts if not verdict.allowed]


def fork(request: HttpRequest, title: str) -> HttpResponseBase:
    """Take a page into a place."""
    page = manage.get_page(request, title, permissions.Action.READ)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.FORK, page)
    initial = {
        "title": remote_title(page), "license": page.license,
        "place": request.GET.get("place", "") or ("" if page.is_place else _own_place(request)),
    }  # fmt: skip
    branch = list(subtree.subtree(page, request.user)[:SUBTREE_LIMIT])
    form = ForkForm(page, branch, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            copies = _fork(request, page, branch, form.cleaned_data)
        except WikiError as error:
            form.add_error(None, message_for(error))
        else:
            messages.success(request, _said(len(copies)))
            return redirect(copies[0].get_absolute_url())
    context = {
        "page": page,
        "form": form,
        "authors": authors_of(page),
        "pictures": pictures_of(page),
        "places": page_lists.place_titles(request.user),
        "may": permissions.allowed_actions(request.user, page),
    }
    return render(request, "wiki/forks/fork.html", context)


def _fork(request: HttpRequest, page: WikiPage, branch: list[WikiPage], data: dict[str, Any]) -> list[WikiPage]:
    """Fork the page and those that were chosen to go along; a place into a new place becomes its seed."""
    chosen = set(data.get("pages", ()))
    pages = [page, *(one for one in branch if str(one.pk) in chosen)]
    wish = _wish(request, data, page)
    seed = page.is_place and bool(wish.new_place)
    return fork_creation.fork_all(pages, wish, manage.get_author(request), data.get("facts", ()), seed=seed)


def _said(count: int) -> str:
    """What was done, in words."""
    if count == 1:
        return gettext("The page is in your place now. It stays in touch with the original.")
    said = ngettext(
        "%(count)d page is in your place now. It stays in touch with its original.",
        "%(count)d pages are in your place now. They stay in touch with their originals.",
        count,
    )
    return said % {"count": count}


def _own_place(request: HttpRequest) -> str:
    """The place that the reader looks after, when there is one only."""
    own = list(
        WikiPage.objects.readable_by(request.user)
        .filter(stewardships__user=request.user)
        .values_list("full_title", flat=True)[:2]
    )
    return own[0] if len(own) == 1 else ""


def _wish(request: HttpRequest, data: dict[str, Any], page: WikiPage) -> fork_creation.ForkTarget:
    """What the form asks for; where the page keeps its licence, so does each page that goes along."""
    place = page_lookup.get_place(data["place"], request.user) if data["place"] else None
    license = data["license"] if data["license"] != page.license else ""
    return fork_creation.ForkTarget(place, data["new_place"], data["title"], license)


@require_safe
def my_forks(request: HttpRequest) -> HttpResponseBase:
    """The forks that the reader made, follows or is told of."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    return render(request, "wiki/forks/mine.html", {"forks": notifications.forks_of(request.user)})


@require_safe
def forks(request: HttpRequest, title: str) -> HttpResponse:
    """The family of a page: what it comes from, what was made of it, and what they still share."""
    page = manage.get_page(request, title, permissions.Action.READ)
    family = fork_network(page, request.user)
    context: dict[str, Any] = {"page": page, "family": family, "may": permissions.allowed_actions(request.user, page)}
    if len(family.members) > 1:
        context |= {"tree": network_graphics.draw_tree(family), "map": network_graphics.draw_map(family)}
    return render(request, "wiki/forks/forks.html", context)
