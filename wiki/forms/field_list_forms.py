"""Django forms for the fields of a form: one for each section and field, and one for the terms of the kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.forms.field_inputs import INPUTS, find_input, has_details, input_of
from wiki.forms.form_definition import STEWARDS, FormDefinition, FormField, FormSection, KindTerms
from wiki.forms.kind_updater import ICONS
from wiki.text import titles
from wiki.text.titles import TitleProblem

SECTION, FIELD, INNER_FIELD = "section", "field", "inner"
SEPARATOR = " | "
COLOUR_LABELS = {
    "teal": _("teal"), "indigo": _("indigo"), "ochre": _("ochre"), "plum": _("plum"), "blue": _("blue"),
    "rose": _("rose"), "olive": _("olive"), "grey": _("grey"),
}  # fmt: skip
"""Colours that the style sheet has, with what they are called."""


def _input_choices() -> list[tuple[str, str]]:
    return [(one.id, gettext(one.label).capitalize()) for one in INPUTS.values()]


class FieldRowForm(forms.Form):
    """One section or field of a form."""

    level = forms.ChoiceField(
        label=_("What it is"),
        choices=[(SECTION, _("Section")), (FIELD, _("Field")), (INNER_FIELD, _("Field in the group above"))],
        initial=FIELD,
    )
    name = forms.CharField(label=_("Name of the property, or of the section"), max_length=200, required=False)
    input = forms.ChoiceField(label=_("How it is entered"), choices=lazy(_input_choices, list), required=False)
    label_fr = forms.CharField(label=_("Label in French"), max_length=200, required=False)
    label_en = forms.CharField(label=_("Label in English"), max_length=200, required=False)
    help_fr = forms.CharField(label=_("Help in French"), max_length=500, required=False)
    help_en = forms.CharField(label=_("Help in English"), max_length=500, required=False)
    is_required = forms.BooleanField(label=_("Has to be filled in"), required=False)
    is_repeated = forms.BooleanField(label=_("May have several values"), required=False)
    choices = forms.CharField(
        label=_("Choices"), max_length=2000, required=False, help_text=_("Divided by |, as in: easy | medium | hard")
    )
    choices_fr = forms.CharField(label=_("Choices as shown in French"), max_length=2000, required=False)
    choices_en = forms.CharField(label=_("Choices as shown in English"), max_length=2000, required=False)
    unit = forms.CharField(label=_("Unit"), max_length=40, required=False)
    for_stewards = forms.BooleanField(label=_("Only stewards fill it in"), required=False)
    notes = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def clean_name(self) -> str:
        """Return the name; that of a property has to be a possible title."""
        name = " ".join(self.cleaned_data["name"].split())
        if name and self.cleaned_data.get("level") != SECTION:
            try:
                titles.clean_title(f"Property:{name}")
            except TitleProblem as problem:
                raise forms.ValidationError(str(problem)) from problem
        return name

    @property
    def heading(self) -> str:
        """What stands on the closed row."""
        return str(self["label_fr"].value() or self["name"].value() or "")

    @property
    def input_label(self) -> str:
        """How the field is entered, for the closed row."""
        one = INPUTS.get(str(self["input"].value()))
        return gettext(one.label) if one is not None and self["level"].value() != SECTION else ""

    @property
    def form_field(self) -> FormField:
        """The field that the row describes."""
        data = self.cleaned_data
        written = {code: _split(data[f"choices_{code}"]) for code in ("fr", "en")}
        return FormField(
            data["name"], data["input"] or "text",
            _texts(data, "label"), _texts(data, "help"),
            data["is_required"], data["is_repeated"],
            _split(data["choices"]), {code: labels for code, labels in written.items() if labels},
            data["unit"], STEWARDS if data["for_stewards"] else "", (), data["notes"],
        )  # fmt: skip

    @property
    def section(self) -> FormSection:
        """The section that the row describes, without fields."""
        return FormSection(
            self.cleaned_data["name"], (), _texts(self.cleaned_data, "label"), self.cleaned_data["notes"]
        )


def _split(written: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in written.split("|")) if part)


def _texts(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return the texts of a field by language, where there are any."""
    return {code: data[f"{name}_{code}"] for code in ("fr", "en") if data[f"{name}_{code}"]}


FieldRows = formset_factory(FieldRowForm, extra=2, can_order=True, can_delete=True, max_num=400, absolute_max=400)


class KindTermsForm(forms.Form):
    """What a form says of its kind."""

    name_fr = forms.CharField(label=_("Name in French"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    plural_fr = forms.CharField(label=_("Plural in French"), max_length=80, required=False)
    plural_en = forms.CharField(label=_("Plural in English"), max_length=80, required=False)
    icon = forms.ChoiceField(label=_("Icon"), choices=[(name, name) for name in ICONS])
    colour = forms.ChoiceField(label=_("Colour"), choices=list(COLOUR_LABELS.items()))
    order = forms.IntegerField(label=_("Order"), min_value=0, max_value=9999, required=False)

    @property
    def terms(self) -> KindTerms:
        """The terms of the kind."""
        data = self.cleaned_data
        return KindTerms(_texts(data, "name"), _texts(data, "plural"), data["icon"], data["colour"], data["order"])


class StartersForm(forms.Form):
    """The texts that new pages begin with."""

    starter_fr = forms.CharField(
        label=_("Text of a new page, in French"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    starter_en = forms.CharField(
        label=_("Text of a new page, in English"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )

    @property
    def starters(self) -> dict[str, str]:
        """The texts by language."""
        texts = {code: self.cleaned_data[f"starter_{code}"].replace("\r\n", "\n") for code in ("fr", "en")}
        return {code: f"{text.strip()}\n" for code, text in texts.items() if text.strip()}


def initial_rows(definition: FormDefinition) -> list[dict[str, Any]]:
    """Return a form as rows, in order."""
    rows: list[dict[str, Any]] = []
    for section in definition.sections:
        rows.append(
            {"level": SECTION, "name": section.name, "notes": section.notes, **_by_code("label", section.labels)}
        )
        for one in section.fields:
            rows.append(_initial_row(one, FIELD))
            rows += [_initial_row(inner, INNER_FIELD) for inner in one.fields]
    return rows


def _by_code(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}_{code}": texts.get(code, "") for code in ("fr", "en")}


def _initial_row(one: FormField, level: str) -> dict[str, Any]:
    known = find_input(one.input)
    return {
        "level": level, "name": one.property, "input": input_of(one).id if one.fields or known is None else known.id,
        **_by_code("label", one.labels), **_by_code("help", one.helps),
        "is_required": one.is_required, "is_repeated": one.is_repeated, "choices": SEPARATOR.join(one.choices),
        **{f"choices_{code}": SEPARATOR.join(one.choice_labels.get(code, ())) for code in ("fr", "en")},
        "unit": one.unit, "for_stewards": one.audience == STEWARDS, "notes": one.notes,
    }  # fmt: skip


def initial_terms(terms: KindTerms) -> dict[str, Any]:
    """Return what a form says of its kind, as initial data."""
    return {
        **_by_code("name", terms.names), **_by_code("plural", terms.plurals),
        "icon": terms.icon or "article", "colour": terms.colour or "grey", "order": terms.order,
    }  # fmt: skip


def sections_of(rows: BaseFormSet[FieldRowForm]) -> tuple[FormSection, ...]:
    """Return the sections that valid rows describe. Rows without a name are left out, and fields without a section."""
    sections: list[FormSection] = []
    for row in _kept(rows.ordered_forms):
        if row.cleaned_data["level"] == SECTION:
            sections.append(row.section)
            continue
        if not sections:
            sections.append(FormSection(gettext("Facts")))
        last = sections[-1]
        if row.cleaned_data["level"] == INNER_FIELD and last.fields:
            group = last.fields[-1]
            group = replace(group, fields=(*group.fields, row.form_field))
            group = group if has_details(group) else replace(group, input="group")
            sections[-1] = replace(last, fields=(*last.fields[:-1], group))
        else:
            sections[-1] = replace(last, fields=(*last.fields, row.form_field))
    return tuple(sections)


def _kept(rows: Sequence[FieldRowForm]) -> Iterator[FieldRowForm]:
    return (row for row in rows if row.cleaned_data.get("name"))
