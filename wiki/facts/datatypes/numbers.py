"""Number: parsing and formatting numbers in a language, and the datatype."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.datatypes.languages import language_of
from wiki.facts.value_conditions import InRange, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value

NUMBER_LIMIT = 400
"""Maximum number of characters in a number."""
LARGEST = 1e308
"""Numbers from here on are refused: rounded to fifteen digits they might be infinite."""
EXACT, CONVERTED = 6e-15, 1e-11
"""Two numbers are equal if their relative difference is less.

EXACT is the last of fifteen digits, so that numbers of fourteen digits (a SIRET) stay distinct; CONVERTED adds the
error of a conversion of units.
"""
DIGITS = 15
"""Significant digits shown: as many as a float preserves of any decimal number."""

SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\u2007\u2002\u2003\t", " ") | {"−": "-", "’": "'"})
NUMBER = r"[+-]?[ ]?(?:[0-9](?:[0-9 .,']*[0-9])?[.,]?|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,6})?"
_WHOLE = re.compile(NUMBER)
_FIGURES = re.compile(r"[+-]?[0-9][0-9 .,']*[^0-9 .,']")
"""Digits followed by something else."""
_PIECES = re.compile(r"([+-]?) ?([0-9 .,']*?)[.,]?((?:[eE][+-]?[0-9]+)?)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:( )[0-9]{3}(?: [0-9]{3})*|(,)[0-9]{3}(?:,[0-9]{3})*|(\.)[0-9]{3}(?:\.[0-9]{3})*"
                      r"|(')[0-9]{3}(?:'[0-9]{3})*)")  # fmt: skip


class NotANumber(Exception):
    """A text is not a number; `code` is the code of the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number, and whether another language would give a different one."""

    number: float
    ambiguous: bool = False


def read_number(text: str, language: str) -> ParsedNumber:
    """Parse a number as written in `language`, or in another language if that is the only interpretation.

    Thousands may be grouped by spaces or apostrophes in all languages. Raises NotANumber.
    """
    text = text[: NUMBER_LIMIT + 1].translate(SPACES).strip()
    if len(text) > NUMBER_LIMIT or not _WHOLE.fullmatch(text):
        special = text.lstrip("+-").lower() in ("inf", "infinity", "infini", "∞", "nan")
        raise NotANumber("number_infinite" if special else "number_unreadable")
    pieces = _PIECES.fullmatch(text)
    if pieces is None:
        raise NotANumber("number_unreadable")
    sign, body, exponent = pieces.groups()
    whole, fraction, ambiguous = _split_decimals(body, language_of(language).decimal)
    number = float(f"{sign}{whole or '0'}.{fraction or '0'}{exponent}")
    if abs(number) >= LARGEST:
        raise NotANumber("number_infinite")
    return ParsedNumber(number + 0.0, ambiguous)


def _split_decimals(body: str, decimal: str) -> tuple[str, str, bool]:
    """Return the digits before and after the decimal separator, and whether another interpretation was possible."""
    commas, points = body.count(","), body.count(".")
    ambiguous = False
    if commas and points:
        separator = "," if body.rindex(",") > body.rindex(".") else "."
        if body.count(separator) > 1:
            raise NotANumber("number_unreadable")
    elif commas + points == 1:
        separator = "," if commas else "."
        if separator == "," and re.fullmatch("[1-9][0-9]{0,2},[0-9]{3}", body):
            ambiguous = True
            separator = "," if decimal == "," else ""
    else:
        separator = ""
    whole, _, fraction = body.partition(separator) if separator else (body, "", "")
    if (not whole.isdigit() and whole and not _GROUPED.fullmatch(whole)) or (fraction and not fraction.isdigit()):
        raise NotANumber("number_unreadable")
    return re.sub(r"[^0-9]", "", whole), fraction, ambiguous


def canonical_number(number: float) -> str:
    """Return a number in plain digits that parse to the same number, without negative zero: `1234.5`, `1e+30`."""
    text = repr(number + 0.0)
    return text.removesuffix(".0") if "e" not in text else text


def format_plain(number: float, places: int | None = None) -> str:
    """Return a number with a decimal point and without groups: 15 significant digits, or `places` decimals."""
    if places is not None and abs(number) < 1e15:
        return f"{number:.{min(max(places, 0), 20)}f}"
    text = f"{number:.{DIGITS}g}"
    return text.replace("e+0", "e+").replace("e-0", "e-")


def show_number(number: float, language: str, places: int | None = None) -> str:
    """Return a number with the separators of the language."""
    separators = language_of(language)
    text = format_plain(number, places)
    mantissa, e, exponent = text.partition("e")
    whole, point, fraction = mantissa.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", separators.group) if digits.isdigit() else digits
    return f"{sign}{grouped}{separators.decimal if point else ''}{fraction}{e}{exponent}"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The options of `?P#…` for a number: plain, number alone, unit alone, decimals, language, unit to convert to."""

    plain: bool = False
    number_only: bool = False
    unit_only: bool = False
    places: int | None = None
    language: str = ""
    unit: str = ""


_OPTIONS = re.compile(r"(?:^|(?<=[\s\w²³]))(?:-p([0-9]{1,2})|-(n)|-(u)|@([A-Za-z-]{2,12}))(?=$|[\s@-])")


def parse_number_format(form: str) -> NumberFormat:
    """Parse the options of a number: `-`, `-n`, `-u`, `-p2`, `@en`, a unit, or several of these."""
    form = form.strip()[:100]
    if form == "-":
        return NumberFormat(plain=True)
    number_only, unit_only, places, language = False, False, None, ""
    for option in _OPTIONS.finditer(form):
        places = int(option[1]) if option[1] else places
        number_only, unit_only = number_only or bool(option[2]), unit_only or bool(option[3])
        language = option[4] or language
    return NumberFormat(False, number_only, unit_only, places, language, _OPTIONS.sub("", form).strip())


def number_condition(comparator: str, number: float, name: str, tolerance: float = EXACT) -> ValueCondition:
    """Return the condition `comparator number` with a relative tolerance.

    `~` is the range from zero to the number. Raises InvalidQueryValue.
    """
    margin = abs(number) * tolerance
    if comparator in ("", "!"):
        equal = InRange("number", number - margin, number + margin)
        return equal if not comparator else NotMatching(equal)
    if comparator in ("~", "!~"):
        span = InRange("number", min(0.0, number), max(0.0, number))
        return span if comparator == "~" else NotMatching(span)
    if comparator in (">", ">>"):
        return InRange(
            "number", low=number - margin if comparator == ">" else number + margin, low_open=comparator == ">>"
        )
    if comparator in ("<", "<<"):
        return InRange(
            "number", high=number + margin if comparator == "<" else number - margin, high_open=comparator == "<<"
        )
    raise comparator_error(comparator, name)


class Number:
    """`number` is the number, `canonical_value` its canonical form."""

    id = "_num"
    names = {
        "en": ("Number", "Float", "Integer"),
        "fr": ("Nombre", "Nombre entier", "Nombre décimal", "Entier"),
    }

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a number without a unit."""
        if not raw.strip():
            return Value(self.id, raw, problem=problem("value_empty"))
        try:
            parsed = read_number(raw, context.language)
        except NotANumber as error:
            digits = _FIGURES.match(raw[:NUMBER_LIMIT].translate(SPACES).strip())
            has_text = error.code == "number_unreadable" and digits is not None
            return Value(self.id, raw, problem=problem("number_text" if has_text else error.code, raw))
        canonical = canonical_number(parsed.number)
        return Value(self.id, raw, canonical, canonical, parsed.number, note="ambiguous" if parsed.ambiguous else "")

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality to the fifteenth digit, order, and `~n` for the range from zero to n.

        Raises InvalidQueryValue.
        """
        value = self.parse(text.strip().strip("*"), context)
        if value.problem is not None or value.number is None:
            found = value.problem or problem("number_unreadable", text)
            raise InvalidQueryValue(found.code, **found.params)
        return number_condition(comparator, value.number, self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the number in the language; forms `-`, `-n`, `-u`, `-p2`, `@en`."""
        if value.number is None:
            return value.raw
        options = parse_number_format(form)
        if options.plain:
            return canonical_number(value.number)
        if options.unit_only:
            return ""
        places = options.places if options.places is not None else context.declaration.precision
        return show_number(value.number, options.language or context.language, places)

    def data(self, value: Value, context: Context) -> object:
        """Return the number, as an integer if it is one."""
        return json_number(value.number)

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""


def json_number(number: float | None) -> float | int | None:
    """Return a number for JSON: an integer if it is exactly one."""
    if number is not None and number.is_integer() and abs(number) < 2**53:
        return int(number)
    return number
