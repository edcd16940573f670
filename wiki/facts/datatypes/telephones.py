"""Telephone number: parsed and shown by libphonenumber."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from wiki.facts.datatypes.texts import normalize_text, parsed_equality, text_condition
from wiki.facts.value_conditions import ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

COUNTRY = "FR"
"""The country of numbers without a country code."""
NUMBER_LIMIT = 60
"""Maximum number of characters in a number."""


def read_telephone(text: str) -> PhoneNumber | None:
    """Parse a possible number or a short one (115), of France without country code; return None for anything else."""
    text = normalize_text(text)
    text = text[4:] if text[:4].lower() == "tel:" else text
    if len(text) > NUMBER_LIMIT:
        return None
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) or _is_short(number) else None


def _is_short(number: PhoneNumber) -> bool:
    """Return whether a number is one that can only be dialled within the country, such as that of a help line."""
    return bool(phonenumbers.is_valid_short_number_for_region(number, COUNTRY))


class Telephone:
    """`canonical_value` is `tel:` and the number in E.164 (`tel:+33477123456`), `folded_text` the number.

    A short number has no country code (`tel:3646`).
    """

    id = "_tel"
    names = {
        "en": ("Telephone number", "Phone number", "Telephone", "Phone"),
        "fr": ("Numéro de téléphone", "Téléphone"),
    }

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a number with its country code, or of France."""
        number = read_telephone(raw)
        if number is None:
            code = "telephone_unreadable" if raw.strip() else "value_empty"
            return Value(self.id, raw, problem=problem(code, raw))
        if _is_short(number):
            digits = phonenumbers.national_significant_number(number)
            return Value(self.id, raw, f"tel:{digits}", digits)
        canonical = f"tel:{phonenumbers.format_number(number, PhoneNumberFormat.E164)}"
        canonical += f";ext={number.extension}" if number.extension else ""
        return Value(self.id, raw, canonical, fold(canonical.removeprefix("tel:")))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality by number, wildcards on its international digits (`~+33*`).

        Raises InvalidQueryValue.
        """
        equal = parsed_equality(self, comparator, text, context)
        digits = normalize_text(text).removeprefix("tel:").replace(" ", "")
        return text_condition(comparator, equal, digits, self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return a French number in national format to French readers, others in international format; `-` in E.164."""
        if form == "-":
            return value.canonical_value.removeprefix("tel:")
        number = read_telephone(value.canonical_value)
        if number is None:
            return value.raw
        is_national = phonenumbers.country_code_for_region(COUNTRY) == number.country_code
        style = (
            PhoneNumberFormat.NATIONAL
            if is_national and (context.name_language == "fr" or _is_short(number))
            else PhoneNumberFormat.INTERNATIONAL
        )
        return phonenumbers.format_number(number, style)

    def data(self, value: Value, context: Context) -> object:
        """Return `tel:` and the number."""
        return value.canonical_value

    def link(self, value: Value, context: Context) -> str:
        """Return `tel:` and the number."""
        return value.canonical_value
