"""Parser of whole queries: printouts and parameters here, conditions in `language.condition_parser`.

The grammar is that of Semantic MediaWiki (its LegacyParser and Tokenizer); parameter names may
also be French.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from wiki.ask.formats.registry import find_format
from wiki.ask.language.condition_parser import parse_chain, parse_conditions
from wiki.ask.language.current_date import names_current_date, substitute_current_date
from wiki.ask.language.query_ast import DEFAULT_LIMIT, LIMIT, PRINTOUT_LIMIT, ChainLink, Printout, Query, Sort
from wiki.ask.language.query_errors import AskProblem
from wiki.text import titles
from wiki.text.titles import fold

SOURCE_LIMIT = 20_000
"""Characters of a query at most."""
DIGITS_LIMIT = 9

PARAMETERS = {
    "limite": "limit", "decalage": "offset", "tri": "sort", "trier": "sort", "trier par": "sort", "ordre": "order",
    "au": "at", "en date du": "at", "as of": "at", "etiquette principale": "mainlabel",
    "en-tetes": "headers", "entetes": "headers", "lien": "link", "liens": "link", "introduction": "intro",
    "conclusion": "outro", "defaut": "default", "par defaut": "default", "libelle recherche": "searchlabel",
    "modele": "template", "separateur": "sep",
}  # fmt: skip
"""SMW's name of each parameter, by its French or longer name (folded)."""
DESCENDING = {"desc": True, "descending": True, "reverse": True, "decroissant": True, "desc.": True}
ASCENDING = {"asc": False, "ascending": False, "croissant": False, "none": False, "": False}
ORDERS = DESCENDING | ASCENDING
RANDOM = ("rand", "random", "aleatoire", "hasard")


def parse(source: str, language: str = "fr") -> Query:
    """Parse a query written as `[[…]]|?City|limit=5`. Raises AskProblem."""
    _check_length(source)
    return parse_arguments([["", part] for part in _split_arguments(source)], language)


def parse_arguments(arguments: Sequence[Sequence[str]], language: str = "fr") -> Query:
    """Parse the arguments of a call, `[key, value]` each, into a query. Raises AskProblem.

    Positions in errors and in the tree are offsets in `Query.source`, where the conditions are joined
    again; an empty argument between two conditions was a `||`. Variables with the current date are replaced.
    """
    parts = _QueryParts()
    written = [f"{key}={value}" if key else value for key, value in arguments]
    today = timezone.localdate()
    for argument in written:
        parts.take(substitute_current_date(argument, today))
    source = "".join(parts.conditions).rstrip()
    _check_length(source)
    query = Query(parse_conditions(source), source=source, language=language)
    query.names_today = any(map(names_current_date, written))
    if len(parts.printouts) > PRINTOUT_LIMIT:
        raise AskProblem("ask_printouts", {"limit": PRINTOUT_LIMIT})
    query.printouts = [_parse_printout(text, options) for text, options in parts.printouts]
    _read_parameters(query, parts.parameters)
    return query


def _check_length(source: str) -> None:
    if len(source) > SOURCE_LIMIT:
        raise AskProblem("ask_too_long", {"limit": SOURCE_LIMIT})


def _split_arguments(source: str) -> Iterator[str]:
    """Split at `|`, but not within brackets, subqueries and calls; a `||` before a further condition stays."""
    depth = begin = at = 0
    while at < len(source):
        pair = source[at : at + 2]
        if pair in ("[[", "{{") or source.startswith("<q>", at):
            depth, at = depth + 1, at + 2
        elif pair in ("]]", "}}") or source.startswith("</q>", at):
            depth, at = max(0, depth - 1), at + 2
        elif source[at] == "|" and not depth:
            if pair == "||" and source[at + 2 :].lstrip().startswith(("[[", "<q>")):
                at += 2
                continue
            yield source[begin:at]
            begin = at = at + 1
        else:
            at += 1
    yield source[begin:]


@dataclass(slots=True)
class _QueryParts:
    """The arguments of a query, sorted into conditions, printouts and parameters."""

    conditions: list[str] = field(default_factory=list)
    printouts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    alternative: bool = False

    def take(self, argument: str) -> None:
        """Add one argument. Raises AskProblem."""
        text = argument.strip()
        if text.startswith("?"):
            self.printouts.append((text[1:], {}))
        elif text.startswith("+"):
            name, _, value = text[1:].partition("=")
            if not self.printouts:
                raise AskProblem("ask_option_alone", {"option": name.strip()[:60]})
            self.printouts[-1][1][fold(name.strip())] = value.strip()
        elif text.startswith("@"):
            self.parameters[fold(text.partition("=")[0].strip())] = text.partition("=")[2].strip()
        elif "[[" not in text.partition("=")[0] and "<q>" not in text and "=" in text:
            name, _, value = text.partition("=")
            folded_name = fold(name.strip())
            self.parameters[PARAMETERS.get(folded_name, folded_name)] = value.strip()
        else:
            self._add_condition(argument, text)

    def _add_condition(self, argument: str, text: str) -> None:
        if not text:
            self.alternative = bool(self.conditions)
            return
        if self.conditions:
            self.conditions.append(" || " if self.alternative else " ")
        self.conditions.append(argument)
        self.alternative = False


def _parse_printout(text: str, options: dict[str, str]) -> Printout:
    """Parse the part of a printout after the question mark, `P.Q#format=label`."""
    head, equals, label = text.partition("=")
    name, _, output_format = head.partition("#")
    label, property_name = label.strip(), name.strip()
    prefix, colon, rest = property_name.partition(":")
    category = None
    if titles.namespace_number(prefix) == 14 and (not colon or rest.strip()):
        category = rest.strip()
    chain = parse_chain(name) if category is None and property_name else ()
    heading = label if equals else (category or property_name)
    return Printout(chain, heading, output_format.strip(), category, options, labelled=bool(equals))


def _read_parameters(query: Query, parameters: dict[str, str]) -> None:
    """Turn limit, offset, date and order into fields of the query; the other parameters are for the formats."""
    result_format = find_format(parameters.get("format", ""))
    query.limit = _parse_number(
        parameters.pop("limit", ""), "limit", result_format.limit if result_format else DEFAULT_LIMIT
    )
    query.offset = _parse_number(parameters.pop("offset", ""), "offset", 0)
    if query.limit > LIMIT:
        raise AskProblem("ask_limit", {"limit": LIMIT})
    query.as_of = parameters.pop("at", "")
    sort, order = parameters.pop("sort", None), parameters.pop("order", None)
    query.parameters = parameters
    orders = [fold(order_name.strip()) for order_name in order.split(",")] if order else []
    if any(order_name in RANDOM for order_name in orders):
        query.random = True
        return
    for order_name in orders:
        if order_name not in ORDERS:
            raise AskProblem("ask_order", {"found": order_name[:60], "known": "asc, desc, random"})
    if sort is None and not orders:
        return
    names = (sort or "").split(",")
    if len(names) > PRINTOUT_LIMIT:
        raise AskProblem("ask_printouts", {"limit": PRINTOUT_LIMIT})
    query.sort = [
        Sort(_sort_chain(name), ORDERS[orders[index]] if index < len(orders) else False)
        for index, name in enumerate(names)
    ]


def _sort_chain(name: str) -> tuple[ChainLink, ...]:
    return () if name.strip() in ("", "#") else parse_chain(name.strip())


def _parse_number(text: str, name: str, default: int) -> int:
    digits = "".join(text.split())
    if not digits:
        return default
    if not digits.isdecimal() or not digits.isascii():
        raise AskProblem("ask_number", {"name": name, "found": text[:60]})
    if len(digits) > DIGITS_LIMIT:
        raise AskProblem("ask_limit", {"limit": LIMIT})
    return int(digits)
