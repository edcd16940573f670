"""Number: how numbers are read and shown in a language, and the datatype."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.datatypes.languages import language_of
from wiki.facts.value_conditions import InRange, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value

NUMBER_LIMIT = 400
"""Characters that a number may have."""
LARGEST = 1e308
"""Numbers from here on are refused: rounded to fifteen digits they might be none."""
EXACT, CONVERTED = 6e-15, 1e-11
"""Two numbers are equal that differ by less than this part of them: the last of fifteen digits, so that numbers of
fourteen (a SIRET) stay apart; and what is lost where units are converted."""
DIGITS = 15
"""Significant digits shown: as many as a float keeps of any decimal number."""

SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\u2007\u2002\u2003\t", " ") | {"−": "-", "’": "'"})
NUMBER = r"[+-]?[ ]?(?:[0-9](?:[0-9 .,']*[0-9])?[.,]?|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,6})?"
_WHOLE = re.compile(NUMBER)
_FIGURES = re.compile(r"[+-]?[0-9][0-9 .,']*[^0-9 .,']")
"""Something else follows the digits."""
_PIECES = re.compile(r"([+-]?) ?([0-9 .,']*?)[.,]?((?:[eE][+-]?[0-9]+)?)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:( )[0-9]{3}(?: [0-9]{3})*|(,)[0-9]{3}(?:,[0-9]{3})*|(\.)[0-9]{3}(?:\.[0-9]{3})*"
                      r"|(')[0-9]{3}(?:'[0-9]{3})*)")  # fmt: skip


class NotANumber(Exception):
    """The words are no number; `code` is that of the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number and whether the other language would read another one."""

    number: float
    ambiguous: bool = False


def read_number(text: str, language: str) -> ParsedNumber:
    """The number that `text` writes in `language`, or in the other where that is the only reading.

    Thousands may stand apart by spaces or apostrophes in both. Raises NotANumber.
    """
    text = text[: NUMBER_LIMIT + 1].translate(SPACES).strip()
    if len(text) > NUMBER_LIMIT or not _WHOLE.fullmatch(text):
        special = text.lstrip("+-").lower() in ("inf", "infinity", "infini", "∞", "nan")
        raise NotANumber("number_infinite" if special else "number_unreadable")
    found = _PIECES.fullmatch(text)
    if found is None:
        raise NotANumber("number_unreadable")
    sign, body, exponent = found.groups()
    whole, fraction, ambiguous = _divided(body, language_of(language).decimal)
    number = float(f"{sign}{whole or '0'}.{fraction or '0'}{exponent}")
    if abs(number) >= LARGEST:
        raise NotANumber("number_infinite")
    return ParsedNumber(number + 0.0, ambiguous)


def _divided(body: str, decimal: str) -> tuple[str, str, bool]:
    """Digits before and after the decimal sign, and whether another reading was possible."""
    commas, points = body.count(","), body.count(".")
    ambiguous = False
    if commas and points:
        sign = "," if body.rindex(",") > body.rindex(".") else "."
        if body.count(sign) > 1:
            raise NotANumber("number_unreadable")
    elif commas + points == 1:
        sign = "," if commas else "."
        if sign == "," and re.fullmatch("[1-9][0-9]{0,2},[0-9]{3}", body):
            ambiguous = True
            sign = "," if decimal == "," else ""
    else:
        sign = ""
    whole, _, fraction = body.partition(sign) if sign else (body, "", "")
    if (not whole.isdigit() and whole and not _GROUPED.fullmatch(whole)) or (fraction and not fraction.isdigit()):
        raise NotANumber("number_unreadable")
    return re.sub(r"[^0-9]", "", whole), fraction, ambiguous


def canonical_number(number: float) -> str:
    """A number in plain digits that reads back as the same, without sign of zero: `1234.5`, `1e+30`."""
    text = repr(number + 0.0)
    return text.removesuffix(".0") if "e" not in text else text


def format_plain(number: float, places: int | None = None) -> str:
    """A number with a point and without groups: 15 significant digits, or `places` decimals."""
    if places is not None and abs(number) < 1e15:
        return f"{number:.{min(max(places, 0), 20)}f}"
    text = f"{number:.{DIGITS}g}"
    return text.replace("e+0", "e+").replace("e-0", "e-")


def show_number(number: float, language: str, places: int | None = None) -> str:
    """A number with the signs of the language."""
    row = language_of(language)
    text = format_plain(number, places)
    mantissa, e, exponent = text.partition("e")
    whole, point, fraction = mantissa.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", row.group) if digits.isdigit() else digits
    return f"{sign}{grouped}{row.decimal if point else ''}{fraction}{e}{exponent}"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What `?P#…` asks of a number: plain, number alone, unit alone, decimals, language; `rest` is a unit."""

    plain: bool = False
    number_only: bool = False
    unit_only: bool = False
    places: int | None = None
    language: str = ""
    unit: str = ""


_OPTIONS = re.compile(r"(?:^|(?<=[\s\w²³]))(?:-p([0-9]{1,2})|-(n)|-(u)|@([A-Za-z-]{2,12}))(?=$|[\s@-])")


def parse_number_format(form: str) -> NumberFormat:
    """The form of a number: `-`, `-n`, `-u`, `-p2`, `@en`, or a unit, or several of these."""
    form = form.strip()[:100]
    if form == "-":
        return NumberFormat(plain=True)
    number_only, unit_only, places, language = False, False, None, ""
    for found in _OPTIONS.finditer(form):
        places = int(found[1]) if found[1] else places
        number_only, unit_only = number_only or bool(found[2]), unit_only or bool(found[3])
        language = found[4] or language
    return NumberFormat(False, number_only, unit_only, places, language, _OPTIONS.sub("", form).strip())


def number_condition(comparator: str, number: float, name: str, tolerance: float = EXACT) -> ValueCondition:
    """The condition `comparator number`, as exact as `tolerance`; `~` is the range from nought."""
    room = abs(number) * tolerance
    if comparator in ("", "!"):
        same = InRange("number", number - room, number + room)
        return same if not comparator else NotMatching(same)
    if comparator in ("~", "!~"):
        span = InRange("number", min(0.0, number), max(0.0, number))
        return span if comparator == "~" else NotMatching(span)
    if comparator in (">", ">>"):
        return InRange("number", low=number - room if comparator == ">" else number + room, low_open=comparator == ">>")
    if comparator in ("<", "<<"):
        return InRange(
            "number", high=number + room if comparator == "<" else number - room, high_open=comparator == "<<"
        )
    raise comparator_error(comparator, name)


class Number:
    """`number` is the number, `word` its canonical form."""

    id = "_num"
    names = {
        "en": ("Number", "Float", "Integer"),
        "fr": ("Nombre", "Nombre entier", "Nombre décimal", "Entier"),
    }

    def parse(self, raw: str, context: Context) -> Value:
        """A number without a unit."""
        if not raw.strip():
            return Value(self.id, raw, problem=problem("value_empty"))
        try:
            read = read_number(raw, context.language)
        except NotANumber as refusal:
            digits = _FIGURES.match(raw[:NUMBER_LIMIT].translate(SPACES).strip())
            has_text = refusal.code == "number_unreadable" and digits is not None
            return Value(self.id, raw, problem=problem("number_text" if has_text else refusal.code, raw))
        word = canonical_number(read.number)
        return Value(self.id, raw, word, word, read.number, note="ambiguous" if read.ambiguous else "")

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equality to the fifteenth digit, order, and `~n` for the range from nought to n."""
        value = self.parse(text.strip().strip("*"), context)
        if value.problem is not None or value.number is None:
            found = value.problem or problem("number_unreadable", text)
            raise InvalidQueryValue(found.code, **found.params)
        return number_condition(comparator, value.number, self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The number in the language; forms `-`, `-n`, `-u`, `-p2`, `@en`."""
        if value.number is None:
            return value.raw
        asked = parse_number_format(form)
        if asked.plain:
            return canonical_number(value.number)
        if asked.unit_only:
            return ""
        places = asked.places if asked.places is not None else context.declaration.precision
        return show_number(value.number, asked.language or context.language, places)

    def data(self, value: Value, context: Context) -> object:
        """The number, an integer where it is one."""
        return json_number(value.number)

    def link(self, value: Value, context: Context) -> str:
        """Nowhere."""
        return ""


def json_number(number: float | None) -> float | int | None:
    """A number for JSON: an integer where it is one exactly."""
    if number is not None and number.is_integer() and abs(number) < 2**53:
        return int(number)
    return number
