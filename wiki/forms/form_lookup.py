"""Finding the form of a page: the form page of its kind, the one that comes with the wiki, and those of categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from wiki.facts.datatypes.kind_names import NAMES
from wiki.facts.special_properties import key_of_property
from wiki.forms.field_inputs import is_steps
from wiki.forms.form_definition import FormDefinition, FormField, FormSection, parse_definition
from wiki.pages.models import PageLink, WikiPage
from wiki.text import titles
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

DEFINITIONS = Path(__file__).resolve().parent / "definitions"
CATEGORIES_LIMIT = 20
"""Categories of a page whose forms are looked for at most."""


@cache
def built_in_texts() -> Mapping[str, str]:
    """Return the texts of the forms that come with the wiki, by key of kind."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(DEFINITIONS.glob("*.md"))}


@lru_cache(maxsize=64)
def definition_of(text: str) -> FormDefinition:
    """Return the form that a text describes; parsed once."""
    return parse_definition(text)


def form_title(name: str) -> str:
    """Return the full title of the form page of a kind's key or a category."""
    return f"Form:{titles.capitalize(name)}"


@dataclass(frozen=True, slots=True)
class FormSource:
    """A form with where it comes from."""

    title: str
    """Full title of its page, whether that exists or not."""
    definition: FormDefinition
    page: WikiPage | None = None
    """None for a form that comes with the wiki and was not changed here."""


def form_of_kind(key: str, user: Reader) -> FormSource | None:
    """Return the form of a kind: that of its page, else the one that comes with the wiki, else None. One query."""
    return forms_named([key], user).get(key)


def forms_named(names: Sequence[str], user: Reader) -> dict[str, FormSource]:
    """Return the forms of kinds (keys) and categories (titles) that have one. One query."""
    title_keys = {titles.key_or_empty(form_title(name)): name for name in names}
    pages = WikiPage.objects.readable_by(user).filter(title_key__in=title_keys).select_related("source")
    by_name = {title_keys[page.title_key or ""]: page for page in pages}
    found = {}
    for name in names:
        page = by_name.get(name)
        text = page.source.text if page is not None else built_in_texts().get(name)
        if text is not None:
            found[name] = FormSource(form_title(name), definition_of(text), page)
    return found


def kind_key_named(name: str) -> str:
    """Return the key of the kind that a front matter names; "" for none."""
    return NAMES.keys_by_name().get(titles.fold(name.strip()), "")


def form_of_page(kind_key: str, page: WikiPage | None, user: Reader) -> FormSource | None:
    """Return the form for a page of a kind: its fields, and those of the forms of the page's categories.

    None if neither has one. Two queries.
    """
    categories: list[str] = []
    if page is not None:
        links = PageLink.objects.filter(page=page, way=PageLink.Way.CATEGORY).order_by("key")
        categories = [_category_name(key) for key in links.values_list("key", flat=True)[:CATEGORIES_LIMIT]]
    categories = [name for name in categories if titles.fold(name) not in built_in_texts()]
    found = forms_named([kind_key, *categories] if kind_key else categories, user)
    forms = [found[name] for name in (kind_key, *categories) if name in found]
    if not forms:
        return None
    return replace(forms[0], definition=_with_sections_of(forms[0].definition, forms[1:]))


def _category_name(key: str) -> str:
    """Return the title of a category, without its namespace, from the key of a link."""
    return key.partition(":")[2] or key


def _with_sections_of(definition: FormDefinition, others: Iterable[FormSource]) -> FormDefinition:
    """Return a form with the sections of other forms after its own; a property that is there already is left out."""
    keys = {property_key(one.property) for one in definition.fields}
    sections: list[FormSection] = list(definition.sections)
    for source in others:
        for section in source.definition.sections:
            fields = tuple(one for one in section.fields if property_key(one.property) not in keys)
            keys |= {property_key(one.property) for one in fields}
            sections += [replace(section, fields=fields)] if fields else []
    return replace(definition, sections=tuple(sections))


def property_key(name: str) -> str:
    """Return the key of a property; the folded name where that is none."""
    try:
        return key_of_property(name)
    except TitleProblem:
        return titles.fold(name)


def all_fields(definition: FormDefinition) -> list[FormField]:
    """Return all fields of a form that are properties, those within groups too."""
    return [inner for one in definition.fields for inner in (one, *one.fields) if not is_steps(inner)]
