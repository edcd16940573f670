"""Kinds of page in Wagtail's admin, where a community adds its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import DeleteView, SnippetViewSet

from wiki.pages.models import Kind

COLOURS = {
    "teal": gettext_lazy("teal"),
    "indigo": gettext_lazy("indigo"),
    "ochre": gettext_lazy("ochre"),
    "plum": gettext_lazy("plum"),
    "blue": gettext_lazy("blue"),
    "rose": gettext_lazy("rose"),
    "olive": gettext_lazy("olive"),
    "grey": gettext_lazy("grey"),
}
"""Colours defined in the style sheet, with their labels."""
ICONS = ("place", "project", "practice", "person", "organisation", "event", "resource", "article")
"""Icons for kinds in `static/wiki/icons.svg`."""


class KindDeleteView(DeleteView):
    """Deletes a kind that no page has."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Delete the kind, or show an error if pages have it; both redirect to the list."""
        count = self.object.pages.count()
        if count:
            text = ngettext(
                "%(count)d page is of this kind: change it first.",
                "%(count)d pages are of this kind: change them first.",
                count,
            )
            messages.error(self.request, text % {"count": count})
            return redirect(self.get_success_url())
        return super().form_valid(form)  # type: ignore[no-any-return]  # Wagtail's, untyped


class KindViewSet(SnippetViewSet):
    """Admin of kinds: a permanent key, the names used in front matter, icon and colour."""

    model = Kind
    icon = "tag"
    add_to_admin_menu = True
    list_display = (
        "__str__",
        Column("key", label=gettext_lazy("Key"), sort_key="key"),
        Column("colour", label=gettext_lazy("Colour")),
        Column("order", label=gettext_lazy("Order"), sort_key="order"),
    )
    ordering = ("order", "key")
    delete_view_class = KindDeleteView
    panels = (
        FieldPanel(
            "key",
            heading=gettext_lazy("Key"),
            help_text=gettext_lazy("In small letters, without accents. Please never change it later."),
        ),
        FieldRowPanel(
            [
                FieldPanel("name_fr", heading=gettext_lazy("Name in French")),
                FieldPanel("plural_fr", heading=gettext_lazy("Plural in French")),
            ]
        ),
        FieldRowPanel(
            [
                FieldPanel("name_en", heading=gettext_lazy("Name in English")),
                FieldPanel("plural_en", heading=gettext_lazy("Plural in English")),
            ]
        ),
        FieldRowPanel(
            [
                FieldPanel(
                    "icon", heading=gettext_lazy("Icon"), widget=forms.Select(choices=[(name, name) for name in ICONS])
                ),
                FieldPanel(
                    "colour", heading=gettext_lazy("Colour"), widget=forms.Select(choices=list(COLOURS.items()))
                ),
                FieldPanel("order", heading=gettext_lazy("Order")),
            ]
        ),
    )
