"""The text of a question to its tree: printouts and parameters here, conditions in `conditions`.

The grammar is that of Semantic MediaWiki (its LegacyParser and Tokenizer); names of parameters
may be French.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wiki.ask.formats.registry import find_format
from wiki.ask.language.condition_parser import parse_chain, parse_conditions
from wiki.ask.language.query_ast import DEFAULT_LIMIT, LIMIT, PRINTOUT_LIMIT, ChainLink, Printout, Query, Sort
from wiki.ask.language.query_errors import AskProblem
from wiki.text import titles
from wiki.text.titles import fold

SOURCE_LIMIT = 20_000
"""Characters of a question."""
DIGITS_LIMIT = 9

PARAMETERS = {
    "limite": "limit", "decalage": "offset", "tri": "sort", "trier": "sort", "trier par": "sort", "ordre": "order",
    "au": "at", "en date du": "at", "as of": "at", "etiquette principale": "mainlabel",
    "en-tetes": "headers", "entetes": "headers", "lien": "link", "liens": "link", "introduction": "intro",
    "conclusion": "outro", "defaut": "default", "par defaut": "default", "libelle recherche": "searchlabel",
    "modele": "template", "separateur": "sep",
}  # fmt: skip
"""What parameters are called in French (folded), and what in SMW."""
DESCENDING = {"desc": True, "descending": True, "reverse": True, "decroissant": True, "desc.": True}
ASCENDING = {"asc": False, "ascending": False, "croissant": False, "none": False, "": False}
ORDERS = DESCENDING | ASCENDING
RANDOM = ("rand", "random", "aleatoire", "hasard")


def parse(source: str, language: str = "fr") -> Query:
    """The question of `[[…]]|?City|limit=5`. Raises AskProblem."""
    _bounded(source)
    return parse_arguments([["", part] for part in _divided(source)], language)


def parse_arguments(arguments: Sequence[Sequence[str]], language: str = "fr") -> Query:
    """The question of a call's arguments, `[key, value]` each. Raises AskProblem.

    Positions in problems and in the tree count within the conditions, which are put together again
    in `Question.source`; an empty argument between two of them was a `||`.
    """
    parts = _Parts()
    for key, value in arguments:
        parts.take(f"{key}={value}" if key else value)
    source = "".join(parts.conditions).rstrip()
    _bounded(source)
    question = Query(parse_conditions(source), source=source, language=language)
    if len(parts.printouts) > PRINTOUT_LIMIT:
        raise AskProblem("ask_printouts", {"limit": PRINTOUT_LIMIT})
    question.printouts = [_printout(written, options) for written, options in parts.printouts]
    _read_parameters(question, parts.parameters)
    return question


def _bounded(source: str) -> None:
    if len(source) > SOURCE_LIMIT:
        raise AskProblem("ask_too_long", {"limit": SOURCE_LIMIT})


def _divided(source: str) -> Iterator[str]:
    """The parts between bars, save those within brackets, subqueries and calls; `||` after a condition stays."""
    depth = begin = at = 0
    while at < len(source):
        two = source[at : at + 2]
        if two in ("[[", "{{") or source.startswith("<q>", at):
            depth, at = depth + 1, at + 2
        elif two in ("]]", "}}") or source.startswith("</q>", at):
            depth, at = max(0, depth - 1), at + 2
        elif source[at] == "|" and not depth:
            if two == "||" and source[at + 2 :].lstrip().startswith(("[[", "<q>")):
                at += 2
                continue
            yield source[begin:at]
            begin = at = at + 1
        else:
            at += 1
    yield source[begin:]


@dataclass(slots=True)
class _Parts:
    """The arguments of a question by what they are."""

    conditions: list[str] = field(default_factory=list)
    printouts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    alternative: bool = False

    def take(self, argument: str) -> None:
        """Put one argument where it belongs."""
        bare = argument.strip()
        if bare.startswith("?"):
            self.printouts.append((bare[1:], {}))
        elif bare.startswith("+"):
            name, _, value = bare[1:].partition("=")
            if not self.printouts:
                raise AskProblem("ask_option_alone", {"option": name.strip()[:60]})
            self.printouts[-1][1][fold(name.strip())] = value.strip()
        elif bare.startswith("@"):
            self.parameters[fold(bare.partition("=")[0].strip())] = bare.partition("=")[2].strip()
        elif "[[" not in bare.partition("=")[0] and "<q>" not in bare and "=" in bare:
            name, _, value = bare.partition("=")
            named = fold(name.strip())
            self.parameters[PARAMETERS.get(named, named)] = value.strip()
        else:
            self._take_condition(argument, bare)

    def _take_condition(self, argument: str, bare: str) -> None:
        if not bare:
            self.alternative = bool(self.conditions)
            return
        if self.conditions:
            self.conditions.append(" || " if self.alternative else " ")
        self.conditions.append(argument)
        self.alternative = False


def _printout(written: str, options: dict[str, str]) -> Printout:
    """`P.Q#form=label`, after its question mark."""
    named, equals, label = written.partition("=")
    name, _, form = named.partition("#")
    label, bare = label.strip(), name.strip()
    space, colon, rest = bare.partition(":")
    category = None
    if titles.namespace_number(space) == 14 and (not colon or rest.strip()):
        category = rest.strip()
    chain = parse_chain(name) if category is None and bare else ()
    shown = label if equals else (category or bare)
    return Printout(chain, shown, form.strip(), category, options, labelled=bool(equals))


def _read_parameters(question: Query, parameters: dict[str, str]) -> None:
    """What the question itself knows becomes its fields; the rest stays with the formats."""
    form = find_format(parameters.get("format", ""))
    question.limit = _number(parameters.pop("limit", ""), "limit", form.limit if form else DEFAULT_LIMIT)
    question.offset = _number(parameters.pop("offset", ""), "offset", 0)
    if question.limit > LIMIT:
        raise AskProblem("ask_limit", {"limit": LIMIT})
    question.as_of = parameters.pop("at", "")
    sort, order = parameters.pop("sort", None), parameters.pop("order", None)
    question.parameters = parameters
    orders = [fold(word.strip()) for word in order.split(",")] if order else []
    if any(word in RANDOM for word in orders):
        question.random = True
        return
    for word in orders:
        if word not in ORDERS:
            raise AskProblem("ask_order", {"found": word[:60], "known": "asc, desc, random"})
    if sort is None and not orders:
        return
    names = (sort or "").split(",")
    if len(names) > PRINTOUT_LIMIT:
        raise AskProblem("ask_printouts", {"limit": PRINTOUT_LIMIT})
    question.sort = [
        Sort(_sort_chain(name), ORDERS[orders[place]] if place < len(orders) else False)
        for place, name in enumerate(names)
    ]


def _sort_chain(name: str) -> tuple[ChainLink, ...]:
    return () if name.strip() in ("", "#") else parse_chain(name.strip())


def _number(words: str, name: str, default: int) -> int:
    digits = "".join(words.split())
    if not digits:
        return default
    if not digits.isdecimal() or not digits.isascii():
        raise AskProblem("ask_number", {"name": name, "found": words[:60]})
    if len(digits) > DIGITS_LIMIT:
        raise AskProblem("ask_limit", {"limit": LIMIT})
    return int(digits)
