"""Views of forks: the fork form, the list of own forks, the fork network."""

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
from wiki.forks import fork_creation, fork_lists, network_graphics, subtree
from wiki.forks.fork_network import fork_network
from wiki.licenses import compatibility
from wiki.pages import page_lookup, permissions
from wiki.pages.contributors import authors_of
from wiki.pages.error_middleware import message_for
from wiki.pages.media_models import media_of
from wiki.pages.mirror_models import remote_title
from wiki.pages.models import WikiPage
from wiki.pages.views import manage, page_lists

SUBTREE_LIMIT = 2_000
"""Maximum number of pages forked together with a page."""
OWN_PLACES = 20
"""One's own places that the form names at most."""
MANY_PAGES, PAGES_PER_SECOND = 150, 80
"""Number of pages from which the form shows the expected duration; pages forked per second."""


class ForkForm(django_forms.Form):
    """Target of a fork, pages to fork along, and facts to rewrite."""

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

    def __init__(self, page: WikiPage, subpages: Sequence[WikiPage], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdicts = compatibility.targets_for(page.license)
        self._set_choices(
            "license", [(option.target, option.target_name) for option in self.verdicts if option.allowed]
        )
        self._set_choices("pages", [(str(option.pk), option.full_title) for option in subpages])
        options = subtree.fact_rewrite_options([page, *subpages])
        self._set_choices(
            "facts", [(option.form_value, f"{option.page.full_title}: {option.property_name}") for option in options]
        )
        if len(subpages) > MANY_PAGES:
            text = gettext("%(number)d pages: that takes about %(seconds)d seconds. All of them come, or none.")
            self.fields["pages"].help_text = text % {
                "number": len(subpages),
                "seconds": len(subpages) // PAGES_PER_SECOND + 1,
            }
        self.initial.update({name: [key for key, _ in self._get_choices(name)] for name in ("pages", "facts")})
        for name in ("pages", "facts"):
            if not self._get_choices(name):
                del self.fields[name]

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Set the choices of a field."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _get_choices(self, name: str) -> list[tuple[str, str]]:
        """Return the choices of a field."""
        return list(self.fields[name].choices)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Require exactly one of existing and new place."""
        data = super().clean() or {}
        if bool(data.get("place")) == bool(data.get("new_place")):
            self.add_error("place", gettext("Name a place that is here, or a new one: one of the two."))
        return data

    @property
    def refused_licenses(self) -> list[tuple[str, str]]:
        """Licences that the fork may not have, with the reason."""
        return [(verdict.target_name, str(verdict.reason)) for verdict in self.verdicts if not verdict.allowed]


def fork(request: HttpRequest, title: str) -> HttpResponseBase:
    """Fork a page into a place: the form, and on POST the fork."""
    page = manage.get_page(request, title, permissions.Action.READ)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.FORK, page)
    own_places = [] if page.is_place else _places_of_user(request)
    initial = {
        "title": remote_title(page), "license": page.license,
        "place": request.GET.get("place", "") or next(iter(own_places), ""),
    }  # fmt: skip
    subpages = list(subtree.subtree(page, request.user)[:SUBTREE_LIMIT])
    form = ForkForm(page, subpages, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            copies = _fork(request, page, subpages, form.cleaned_data)
        except WikiError as error:
            form.add_error(None, message_for(error))
        else:
            messages.success(request, _success_message(len(copies)))
            return redirect(copies[0].get_absolute_url())
    context = {
        "page": page,
        "form": form,
        "authors": authors_of(page),
        "pictures": media_of(page),
        "own_places": own_places if len(own_places) > 1 else [],
        "places": page_lists.place_titles(request.user),
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    return render(request, "wiki/forks/fork.html", context)


def _fork(request: HttpRequest, page: WikiPage, subpages: list[WikiPage], data: dict[str, Any]) -> list[WikiPage]:
    """Fork the page and the chosen subpages. A place forked into a new place becomes this place itself (`seed`)."""
    chosen = set(data.get("pages", ()))
    pages = [page, *(subpage for subpage in subpages if str(subpage.pk) in chosen)]
    target = _target(request, data, page)
    seed = page.is_place and bool(target.new_place)
    return fork_creation.fork_all(pages, target, manage.get_author(request), data.get("facts", ()), seed=seed)


def _success_message(count: int) -> str:
    """Return the success message for `count` pages."""
    if count == 1:
        return gettext("The page is in your place now. It stays in touch with the original.")
    text = ngettext(
        "%(count)d page is in your place now. It stays in touch with its original.",
        "%(count)d pages are in your place now. They stay in touch with their originals.",
        count,
    )
    return text % {"count": count}


def _places_of_user(request: HttpRequest) -> list[str]:
    """Return the titles of the places whose steward the user is, the one looked after most recently first."""
    readable = WikiPage.objects.readable_by(request.user).filter(stewardships__user=request.user)
    return list(readable.order_by("-stewardships__since", "pk").values_list("full_title", flat=True)[:OWN_PLACES])


def _target(request: HttpRequest, data: dict[str, Any], page: WikiPage) -> fork_creation.ForkTarget:
    """Return the target chosen in the form. With the licence of the page chosen, each page retains its own licence."""
    place = page_lookup.get_place(data["place"], request.user) if data["place"] else None
    license = data["license"] if data["license"] != page.license else ""
    return fork_creation.ForkTarget(place, data["new_place"], data["title"], license)


@require_safe
def my_forks(request: HttpRequest) -> HttpResponseBase:
    """List the forks that the user made, pulls automatically or is subscribed to."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    return render(request, "wiki/forks/my_forks.html", {"forks": fork_lists.forks_of(request.user)})


@require_safe
def forks(request: HttpRequest, title: str) -> HttpResponse:
    """Show the fork network of a page."""
    page = manage.get_page(request, title, permissions.Action.READ)
    network = fork_network(page, request.user)
    context: dict[str, Any] = {
        "page": page,
        "network": network,
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    if len(network.members) > 1:
        context |= {"tree": network_graphics.draw_tree(network), "map": network_graphics.draw_map(network)}
    return render(request, "wiki/forks/forks.html", context)
