"""Prefixes of links to other sites in Wagtail's admin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet

from wiki.pages.interwiki import InterwikiPrefix


class InterwikiPrefixViewSet(SnippetViewSet):
    """Admin of the prefixes: each stands for an address."""

    model = InterwikiPrefix
    icon = "link-external"
    add_to_settings_menu = True
    list_display = ("__str__", Column("url", label=gettext_lazy("Address")))
    ordering = ("prefix",)
    panels = (
        FieldPanel(
            "prefix",
            heading=gettext_lazy("Prefix"),
            help_text=gettext_lazy("“wikipedia” for links like [[wikipedia:Lyon]]."),
        ),
        FieldPanel(
            "url",
            heading=gettext_lazy("Address"),
            help_text=gettext_lazy("With $1 for the title, like https://fr.wikipedia.org/wiki/$1"),
        ),
    )
