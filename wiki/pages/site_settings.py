"""Texts of the home page, which a community can replace in Wagtail's admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting

from wiki.pages import deferred_content


@dataclass(frozen=True, slots=True)
class WelcomeText:
    """Heading and text of the home page in one language; empty where the default texts are shown."""

    heading: str = ""
    text: str = ""


class SiteTexts(BaseGenericSetting):
    """Texts of the home page in each language. One row at most."""

    heading_fr = models.CharField(_("Heading in French"), max_length=120, blank=True)
    words_fr = models.TextField(_("Words in French"), max_length=1000, blank=True)
    heading_en = models.CharField(_("Heading in English"), max_length=120, blank=True)
    words_en = models.TextField(_("Words in English"), max_length=1000, blank=True)

    panels: Any = (
        MultiFieldPanel([FieldPanel("heading_fr"), FieldPanel("words_fr")], heading=_("French")),
        MultiFieldPanel([FieldPanel("heading_en"), FieldPanel("words_en")], heading=_("English")),
    )

    class Meta:
        verbose_name = _("words of the first screen")
        verbose_name_plural = _("words of the first screen")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the texts; cached home pages are not used any more."""
        super().save(*args, **kwargs)
        deferred_content.get_provider().invalidate_titles(())

    def __str__(self) -> str:
        return self.heading_fr or self.heading_en


def get_welcome() -> WelcomeText:
    """Return the community's texts of the home page in the active language. One query."""
    row = SiteTexts.objects.first()
    if row is None:
        return WelcomeText()
    if (get_language() or "fr").startswith("fr"):
        return WelcomeText(row.heading_fr, row.words_fr)
    return WelcomeText(row.heading_en, row.words_en)
