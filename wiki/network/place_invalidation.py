"""Invalidation of cached pages of places by what other pages say: that they belong to it, or their shares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import F, Q

from wiki.facts.fact_changes import FactChanges
from wiki.facts.models import Fact
from wiki.facts.property_declarations import properties_named
from wiki.network import place_properties
from wiki.pages.models import WikiPage
from wiki.pages.writing.derived_data import Inputs, ParsedVersion, UpdaterWithoutRows

ANY_VALUE = "*"
ROWS = 500


class PlaceInvalidator(UpdaterWithoutRows):
    """Changes the ETags of places whose pages show something of the written pages.

    Pages in a place invalidate it when they are written (`version_store`); this is for pages elsewhere that name it.
    """

    name = "place pages"
    requires = (FactChanges,)

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[None], moment: datetime | None, inputs: Inputs
    ) -> None:
        """Invalidate the places that the written pages name or named, and all that state shares if some changed."""
        changes = inputs.get(FactChanges)
        values = {(key, value) for version in versions for _, key, value in changes.of(version.page.pk).values}
        has_other_places = any(v.follows and v.page.is_place != v.fields.is_place for v in versions)
        invalidate_by_facts(place_properties.SHARES if has_other_places else {key for key, _ in values})
        named = {value for key, value in values if key in place_properties.IN_PLACE and value != ANY_VALUE}
        invalidate_named(named | _named_by([version.page.pk for version in versions]) | _redirect_targets(versions))


def invalidate_by_facts(keys: Collection[str]) -> None:
    """Invalidate the places that state shares of resources, if facts of such properties changed: they show a median."""
    if not place_properties.RECORD & set(keys):
        return
    properties = properties_named(place_properties.SHARES).values("pk")
    stating = Fact.objects.filter(property__in=properties, removed_in=None).values("page")
    WikiPage.objects.filter(pk__in=stating, is_place=True).update(cache_version=F("cache_version") + 1)


def invalidate_named(title_keys: Collection[str]) -> None:
    """Invalidate the places with these title keys, and those that redirects with these title keys lead to."""
    keys = sorted(title_keys)
    for start in range(0, len(keys), ROWS):
        some_keys = keys[start : start + ROWS]
        targets = WikiPage.objects.filter(title_key__in=some_keys, redirect_key__gt="").values("redirect_key")
        places = WikiPage.objects.filter(Q(title_key__in=some_keys) | Q(title_key__in=targets), is_place=True)
        places.update(cache_version=F("cache_version") + 1)


def _named_by(pages: Sequence[int]) -> set[str]:
    """Return the title keys of places that the current facts of pages name. One query for 500 pages."""
    properties = properties_named(place_properties.IN_PLACE).values("pk")
    found: set[str] = set()
    for start in range(0, len(pages), ROWS):
        facts = Fact.objects.filter(page__in=pages[start : start + ROWS], property__in=properties, removed_in=None)
        found |= set(facts.values_list("canonical_value", flat=True))
    return found


def _redirect_targets(versions: Sequence[ParsedVersion]) -> set[str]:
    """Return the title keys that the written pages redirect to, or did before."""
    before = {str(version.page.redirect_key) for version in versions if version.follows}
    return (before | {str(version.columns.get("redirect_key", "")) for version in versions}) - {""}
