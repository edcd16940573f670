"""Property pages for the fields of a form: a property without a page gets one, with the datatype of its input."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from wiki.facts.property_declarations import load_properties
from wiki.facts.special_properties import SPECIAL
from wiki.forms.field_inputs import input_of
from wiki.forms.field_values import default_datatype
from wiki.forms.form_definition import FormField
from wiki.forms.form_lookup import property_key
from wiki.licenses import catalogue
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.text import titles
from wiki.text.frontmatter.frontmatter_writer import with_front_matter

MULTI_LINGUAL = ("fr", "en")


def create_missing_properties(form_fields: Iterable[FormField], by: Author, language: str) -> list[str]:
    """Write a page for each property of fields that has none, and that a datatype is known for; return their titles.

    A property that is declared with a datatype already is left alone. Raises WikiError, as any write does.
    """
    comment = gettext("With the field of a form")
    fields: dict[str, FormField] = {}
    for one in form_fields:
        fields.setdefault(property_key(one.property), one)
    declared = {key for key, row in load_properties(fields).items() if row.datatype or row.redirects_to_id}
    wanted = {
        key: one for key, one in fields.items()
        if key not in declared and key not in SPECIAL and default_datatype(one) not in ("", "_wpg")
    }  # fmt: skip
    existing = _existing([f"Property:{one.property}" for one in wanted.values()])
    created = []
    for one in wanted.values():
        title = f"Property:{one.property}"
        if titles.key_or_empty(title) in existing:
            continue
        page_writer.create(
            title, declaration_text(one), by,
            license=catalogue.DEFAULT, language=language, summary=EditSummary(comment),
        )  # fmt: skip
        created.append(title)
    return created


def _existing(full_titles: list[str]) -> set[str | None]:
    keys = [key for title in full_titles if (key := titles.key_or_empty(title))]
    return set(WikiPage.objects.filter(title_key__in=keys).values_list("title_key", flat=True))


def declaration_text(one: FormField) -> str:
    """Return the text of a property page that declares what a field says of it."""
    facts: dict[str, str | list[str]] = {"Has type": default_datatype(one)}
    if one.unit and facts["Has type"] == "_qty":
        facts["Corresponds to"] = f"1 {one.unit}"
    labels = [f"{one.labels[code]}@{code}" for code in MULTI_LINGUAL if one.labels.get(code)]
    helps = [f"{one.helps[code]}@{code}" for code in MULTI_LINGUAL if one.helps.get(code)]
    if labels:
        facts["Has preferred property label"] = labels
    if helps:
        facts["Property description"] = helps
    if one.choices and input_of(one).control in ("choice", "choices"):
        facts["Allows value"] = list(one.choices)
    return with_front_matter(facts, "")
