"""Telephone number: read and shown by libphonenumber's rules."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.texts import normalize_text, text_condition
from wiki.facts.value_conditions import EqualTo, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

COUNTRY = "FR"
"""The country of numbers that name none."""
NUMBER_LIMIT = 60
"""Characters that a number may have."""


def read_telephone(text: str) -> PhoneNumber | None:
    """A number that can exist, national ones as French; None for anything else."""
    text = normalize_text(text)
    text = text[4:] if text[:4].lower() == "tel:" else text
    if len(text) > NUMBER_LIMIT:
        return None
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


class Telephone:
    """`word` is `tel:` and the number in E.164 (`tel:+33477123456`), `fold` the same."""

    id = "_tel"
    names = {
        "en": ("Telephone number", "Phone number", "Telephone", "Phone"),
        "fr": ("Numéro de téléphone", "Téléphone"),
    }

    def parse(self, raw: str, context: Context) -> Value:
        """A number with its country, or of France."""
        number = read_telephone(raw)
        if number is None:
            code = "telephone_unreadable" if raw.strip() else "value_empty"
            return Value(self.id, raw, problem=problem(code, raw))
        word = f"tel:{phonenumbers.format_number(number, PhoneNumberFormat.E164)}"
        word += f";ext={number.extension}" if number.extension else ""
        return Value(self.id, raw, word, fold(word.removeprefix("tel:")))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equality by number; wildcards on its international digits (`~+33*`)."""
        same = EqualTo(())
        if comparator in ("", "!"):
            value = self.parse(text, context)
            if value.problem is not None:
                raise InvalidQueryValue(value.problem.code, **value.problem.params)
            same = EqualTo((value.canonical_value,))
        digits = normalize_text(text).removeprefix("tel:").replace(" ", "")
        return text_condition(comparator, same, digits, self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """As it is dialled at home for French readers of a French number, else with its country; `-` in digits."""
        if form == "-":
            return value.canonical_value.removeprefix("tel:")
        number = read_telephone(value.canonical_value)
        if number is None:
            return value.raw
        home = phonenumbers.country_code_for_region(COUNTRY) == number.country_code
        style = (
            PhoneNumberFormat.NATIONAL if home and context.name_language == "fr" else PhoneNumberFormat.INTERNATIONAL
        )
        return phonenumbers.format_number(number, style)

    def data(self, value: Value, context: Context) -> object:
        """`tel:` and the number."""
        return value.canonical_value

    def link(self, value: Value, context: Context) -> str:
        """`tel:` and the number."""
        return value.canonical_value
