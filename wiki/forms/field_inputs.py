"""How the fields of forms are entered: their inputs, and what lies between a value and what is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wiki.errors import gettext_noop
from wiki.forms.form_definition import FormField
from wiki.text.titles import fold

_NUMBER_WITH_UNIT = re.compile(
    r"\s*(?P<number>[-+]?[\d\s.,\u00a0\u202f]*\d)[\s\u00a0\u202f]*(?P<unit>\S.*)?", re.DOTALL
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class FieldInput:
    """One way to enter a value."""

    id: str
    label: str
    """English; translated where it is shown."""
    fr: str
    """The French word for it in form pages; the English one is the id with blanks."""
    datatype: str = ""
    """The datatype that the property gets where its page does not exist yet; "" for none."""
    control: str = "line"
    """The part of the template that shows it: `templates/wiki/forms/controls/<control>.html`."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """HTML attributes of the element."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the words by which form pages name it."""
        return (self.id, self.id.replace("-", " "), self.fr)


_PAGES = {"data-complete": "pages", "autocomplete": "off"}
INPUTS: Mapping[str, FieldInput] = {
    one.id: one
    for one in (
        FieldInput("text", gettext_noop("text"), "texte", "_txt"),
        FieldInput("long-text", gettext_noop("long text"), "texte long", "_txt", "area"),
        FieldInput("number", gettext_noop("number"), "nombre", "_num", attributes={"inputmode": "decimal"}),
        FieldInput("money", gettext_noop("amount of money"), "montant", "_mon", attributes={"inputmode": "decimal"}),
        FieldInput("date", gettext_noop("date, a year or a month too"), "date", "_dat"),
        FieldInput("day", gettext_noop("day, from a calendar"), "jour", "_dat", attributes={"type": "date"}),
        FieldInput("recurring-date", gettext_noop("days that come again"), "rendez-vous", "_rrule"),
        FieldInput("choice", gettext_noop("one choice of several"), "choix", "_txt", "choice"),
        FieldInput("choices", gettext_noop("several choices"), "plusieurs choix", "_txt", "choices"),
        FieldInput("yes-no", gettext_noop("yes or no"), "oui-non", "_boo", "yes_no"),
        FieldInput("page", gettext_noop("page of this wiki"), "page", "_wpg", attributes=_PAGES),
        FieldInput("picture", gettext_noop("picture"), "image", "_wpg", "picture"),
        FieldInput("telephone", gettext_noop("telephone number"), "téléphone", "_tel",
                   attributes={"type": "tel", "autocomplete": "tel"}),
        FieldInput("email", gettext_noop("e-mail address"), "courriel", "_ema",
                   attributes={"type": "email", "autocomplete": "email"}),
        FieldInput("web-address", gettext_noop("web address"), "adresse web", "_uri",
                   attributes={"type": "url", "placeholder": "https://"}),
        FieldInput("address", gettext_noop("street and number"), "adresse", "_txt",
                   attributes={"autocomplete": "street-address"}),
        FieldInput("postal-code", gettext_noop("postal code"), "code postal", "_cod",
                   attributes={"data-part": "postal-code", "autocomplete": "postal-code"}),
        FieldInput("commune", gettext_noop("town, from the table of communes"), "commune",
                   attributes={"data-input": "commune"}),
        FieldInput("insee-code", gettext_noop("INSEE code of a commune"), "code insee", "_cod",
                   attributes={"data-part": "insee"}),
        FieldInput("department", gettext_noop("département"), "département", attributes={"data-part": "department"}),
        FieldInput("region", gettext_noop("region"), "région", attributes={"data-part": "region"}),
        FieldInput("coordinates", gettext_noop("point on a map"), "coordonnées", "_geo",
                   attributes={"data-input": "coordinates", "placeholder": "45.4397, 4.3872"}),
        FieldInput("opening-hours", gettext_noop("opening hours"), "horaires", "_oh",
                   attributes={"data-input": "opening-hours", "placeholder": "Tu-Fr 09:00-18:30; Sa 10:00-17:00"}),
        FieldInput("group", gettext_noop("group of fields, repeated"), "groupe", "", "group"),
        FieldInput("steps", gettext_noop("steps: headings of the text beneath the one of this name"), "étapes",
                   control="steps"),
    )
}  # fmt: skip
"""All inputs by id, in the order in which they are offered."""
_BY_NAME = {fold(name): one for one in INPUTS.values() for name in one.names}
_SEVERAL = frozenset({"choices", "group"})
"""Inputs that have several values of themselves."""


def find_input(name: str) -> FieldInput | None:
    """Return the input that a form page names in French or English, or None."""
    return _BY_NAME.get(fold(" ".join(name.split())))


def input_of(one: FormField) -> FieldInput:
    """Return the input of a field; that of a text where nothing is known of its word."""
    if is_group(one):
        return INPUTS["group"]
    found = find_input(one.input) or INPUTS["text"]
    return INPUTS["text"] if found.id == "group" else found


def is_group(one: FormField) -> bool:
    """Return whether a field is a group of others, without a value of its own."""
    return bool(one.fields) and not has_details(one)


def has_details(one: FormField) -> bool:
    """Return whether a field has texts, each with the fields below it as its details: a repeated text, and no group."""
    return bool(one.fields) and one.is_repeated and find_input(one.input) is INPUTS["text"]


def without_details(one: FormField) -> FormField:
    """Return a field for its texts alone, as a cell of a table has them; a group stays as it is."""
    return replace(one, fields=()) if has_details(one) else one


def is_steps(one: FormField) -> bool:
    """Return whether a field is for steps: its name is that of a heading of the text, and not of a property."""
    return input_of(one).id == "steps"


def has_several_values(one: FormField) -> bool:
    """Return whether a field may have several values."""
    return one.is_repeated or input_of(one).id in _SEVERAL


def shown_value(one: FormField, raw: str) -> str:
    """Return what the input shows for a value as it is written: a number without the unit of its field."""
    if one.unit and (found := _NUMBER_WITH_UNIT.fullmatch(raw)) and _is_unit(found["unit"], one.unit):
        return found["number"].strip()
    if input_of(one).id == "picture":
        return raw.partition(":")[2].strip() if fold(raw).startswith(("file:", "fichier:", "image:")) else raw
    return raw


def written_value(one: FormField, shown: str) -> str:
    """Return how what was entered is written: the opposite of `shown_value`."""
    text = shown.strip() if input_of(one).control != "area" else shown.replace("\r\n", "\n").strip()
    found = _NUMBER_WITH_UNIT.fullmatch(text)
    if one.unit and found and not found["unit"]:
        return f"{text} {one.unit}"
    if text and input_of(one).id == "picture" and ":" not in text:
        return f"File:{text}"
    return text


def _is_unit(written: str | None, unit: str) -> bool:
    """Return whether a unit as written is that of a field, in singular or plural."""
    return written is not None and fold(written).rstrip("s") == fold(unit).rstrip("s")


def attributes_for(one: FormField, value: str) -> dict[str, str]:
    """Return the HTML attributes of the input of a field; no calendar for a value that is no day."""
    attributes = dict(input_of(one).attributes)
    if attributes.get("type") == "date" and value and not _DAY.fullmatch(value):
        del attributes["type"]
    return attributes
