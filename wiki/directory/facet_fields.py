"""What the fields of a form are in a directory: facets with values, ranges of numbers, opening hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.forms.field_inputs import has_several_values, input_of
from wiki.forms.form_definition import FormDefinition, FormField
from wiki.forms.form_lookup import property_key
from wiki.text.titles import fold

PLACE, CATEGORY = "place", "category"
"""Names of the facets that every kind has: the place that a page is in, and its categories."""
PARAMETERS = frozenset(
    {
        "q", "ask", "near", "within", "bbox", "within_bbox", "open", "sort", "p", "embed", "z", "language",
        PLACE, CATEGORY,
    }
)  # fmt: skip
"""Names of URL parameters that are no fields of a form."""
_FACET_INPUTS = frozenset({"choice", "choices", "yes-no", "page", "commune", "department", "region"})
_RANGE_INPUTS = frozenset({"number", "money"})
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_GENERAL_LABELS = {PLACE: gettext_noop("Place"), CATEGORY: gettext_noop("Category")}


@dataclass(frozen=True, slots=True)
class FacetField:
    """A facet of a directory."""

    name: str
    """The URL parameter."""
    key: str
    """Key of the property; "" for PLACE and CATEGORY."""
    field: FormField | None = None
    is_page: bool = False
    """Whether its values are titles of pages."""

    def label(self, language: str) -> str:
        """Return what the facet is called."""
        return self.field.label(language) if self.field is not None else gettext(_GENERAL_LABELS[self.name])

    def value_label(self, written: str, language: str) -> str:
        """Return what is shown for a value: the label of a choice, else the value as written."""
        return self.field.label_of_choice(written, language) if self.field is not None else written


@dataclass(frozen=True, slots=True)
class RangeField:
    """A number by whose least and greatest value a directory can be narrowed."""

    name: str
    """URL parameters are this with `-min` and `-max`."""
    key: str
    field: FormField

    def label(self, language: str) -> str:
        """Return what the number is called, with its unit."""
        unit = f" ({self.field.unit})" if self.field.unit else ""
        return f"{self.field.label(language)}{unit}"


@dataclass(frozen=True, slots=True)
class DirectoryFields:
    """The fields of a form that a directory uses."""

    facets: tuple[FacetField, ...]
    ranges: tuple[RangeField, ...]
    hours_key: str = ""
    """Key of the property with opening hours; "" for none."""

    @property
    def keys(self) -> set[str]:
        """The keys of all properties that a directory reads."""
        keys = {self.hours_key} | {one.key for one in self.facets} | {one.key for one in self.ranges}
        return keys - {""}


def directory_fields(definition: FormDefinition, *, of_places: bool) -> DirectoryFields:
    """Return the facets and ranges of a form, in its order; `of_places` leaves out the place that a page is in."""
    facets: list[FacetField] = []
    ranges: list[RangeField] = []
    hours_key = ""
    used = set(PARAMETERS)
    for one in definition.fields:
        kind = input_of(one).id
        if kind == "opening-hours":
            hours_key = hours_key or property_key(one.property)
        elif kind in _RANGE_INPUTS and not has_several_values(one):
            ranges.append(RangeField(_name(one, used), property_key(one.property), one))
        elif kind in _FACET_INPUTS or (kind == "text" and one.is_repeated):
            facets.append(FacetField(_name(one, used), property_key(one.property), one, is_page=kind == "page"))
    general = [FacetField(name, "") for name in ((CATEGORY,) if of_places else (PLACE, CATEGORY))]
    return DirectoryFields((*_regions_first(facets), *general), tuple(ranges), hours_key)


def _name(one: FormField, used: set[str]) -> str:
    """Return the URL parameter of a field: its property without accents, as no other field has it."""
    name = base = _NOT_IN_NAMES.sub("-", fold(one.property)).strip("-") or "field"
    number = 1
    while name in used:
        number += 1
        name = f"{base}-{number}"
    used.add(name)
    return name


def _regions_first(facets: Sequence[FacetField]) -> list[FacetField]:
    """Return facets in their order, but towns after départements and these after regions, as one narrows."""
    order = {"region": 0, "department": 1, "commune": 2}
    areas = [one for one in facets if one.field is not None and input_of(one.field).id in order]
    sorted_areas = iter(sorted(areas, key=lambda one: order[input_of(one.field).id if one.field else ""]))
    return [next(sorted_areas) if one in areas else one for one in facets]
