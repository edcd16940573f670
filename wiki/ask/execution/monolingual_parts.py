"""Conditions on the two parts of a monolingual text, as in SMW: `[[P.Text::Together]]`, `[[P.Language code::en]]`."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_

from django.db.models import Q

from wiki.ask.execution.condition_sql import FieldFacts, fact_condition
from wiki.ask.language.query_ast import AnyValue, Compare, Condition, Conjunction, Disjunction, HasValue
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.datatypes.texts import canonical_text, normalize_text, text_condition
from wiki.facts.value_conditions import EqualTo, InLanguage, NotMatching, ValueCondition
from wiki.facts.values import Declaration
from wiki.text.titles import fold

TEXT_NAMES = ("text", "texte")
LANGUAGE_NAMES = ("language code", "code de langue", "langue")
"""Folded names of the parts."""


def parts_condition(condition: Condition, declaration: Declaration, field_facts: FieldFacts) -> Q:
    """Return the Q on `Fact` for a condition on the parts of its value. Raises AskProblem for any other condition."""
    if isinstance(condition, Conjunction | Disjunction):
        parts = (parts_condition(part, declaration, field_facts) for part in condition.parts)
        return reduce(and_ if isinstance(condition, Conjunction) else or_, parts)
    if not isinstance(condition, HasValue) or len(condition.chain) != 1 or condition.chain[0].inverse:
        raise AskProblem("ask_not_page", {"name": declaration.title})
    name = fold(condition.chain[0].name.strip())
    if name not in TEXT_NAMES + LANGUAGE_NAMES:
        raise AskProblem("ask_not_page", {"name": declaration.title})
    found = Q(pk__in=[])
    for value in condition.values:
        if isinstance(value, Compare):
            try:
                found |= fact_condition(part_test(name, value), field_facts)
            except InvalidQueryValue as error:
                raise AskProblem(error.code, error.params, at=value.position) from error
        elif isinstance(value, AnyValue):
            found |= Q(pk__isnull=False)  # each value has both parts
    return found


def part_test(name: str, value: Compare) -> ValueCondition:
    """Return the condition on a value, for a test of its part with this folded name. Raises InvalidQueryValue."""
    text = normalize_text(value.text)
    if name in TEXT_NAMES:
        return text_condition(value.comparator, EqualTo((canonical_text(text),)), text, "Text")
    if value.comparator not in ("", "!"):
        raise comparator_error(value.comparator, "Language code")
    is_in_language = InLanguage(text.lower())
    return NotMatching(is_in_language) if value.comparator else is_in_language
