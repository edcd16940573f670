"""The datatype of `Has type`, whose values are names of datatypes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wiki.facts.datatypes.base import Datatype
from wiki.facts.datatypes.texts import normalize_text, parsed_equality, text_condition
from wiki.facts.value_conditions import ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold


class TypeName:
    """`canonical_value` is SMW's id of a datatype.

    The registry passes in its functions: `datatypes` lists them, `find_id` gives the id of a name or None, `name_of`
    the name of an id in a language.
    """

    id = "__typ"
    names = {"en": ("Datatype",), "fr": ("Type de données",)}

    def __init__(
        self,
        datatypes: Callable[[], Iterable[Datatype]],
        find_id: Callable[[str], str | None],
        name_of: Callable[[str, str], str],
    ) -> None:
        self.datatypes, self.find_id, self.name_of = datatypes, find_id, name_of

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a name of a datatype, in French or English."""
        text = normalize_text(raw)
        if not text:
            return Value(self.id, raw, problem=problem("value_empty"))
        found = self.find_id(text[:200])
        if found is None:
            known = ", ".join(self.name_of(datatype.id, context.language) for datatype in self.datatypes())
            return Value(self.id, raw, problem=problem("type_unknown", raw, known=known))
        return Value(self.id, raw, found, fold(self.name_of(found, context.language)))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality by id, order and wildcards on the name. Raises InvalidQueryValue."""
        equal = parsed_equality(self, comparator, text, context)
        return text_condition(comparator, equal, normalize_text(text), self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the name in the language; with `-` the id."""
        return value.canonical_value if form == "-" else self.name_of(value.canonical_value, context.language)

    def data(self, value: Value, context: Context) -> object:
        """Return the name."""
        return self.show(value, context)

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""
