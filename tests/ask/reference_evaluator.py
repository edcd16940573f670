"""Reference evaluator: runs queries in plain Python over plain lists; slow, but easy to read.

It defines what conditions mean; the compiler is tested against it.
"""

from __future__ import annotations

from datetime import datetime

from tests.ask.sample_wikis import SampleFact, SampleWiki
from wiki.ask.execution.monolingual_parts import part_test
from wiki.ask.language.query_ast import (
    AnyValue,
    Compare,
    Condition,
    Conjunction,
    Disjunction,
    HasValue,
    InCategory,
    InConcept,
    InNamespace,
    IsPage,
    NoValue,
    Query,
    SubqueryValue,
    ValueTest,
    is_decided_by_facts,
)
from wiki.facts.datatypes.base import split_comparator
from wiki.facts.datatypes.page_values import Page
from wiki.facts.datatypes.registry import DATATYPES, build_condition
from wiki.facts.special_properties import key_of_property
from wiki.facts.value_conditions import EqualTo, FieldsMatch, InRange, NotMatching, ValueCondition, matches
from wiki.facts.values import Context, Declaration, Value
from wiki.text import titles
from wiki.text.titles import fold

KINDS = {"lieu": "place", "place": "place", "pratique": "practice", "practice": "practice"}


class Evaluator:
    """Evaluates one query in one wiki, now or at a moment."""

    def __init__(self, wiki: SampleWiki, query: Query, at: datetime | None = None) -> None:
        self.wiki, self.query = wiki, query
        self.redirects = {
            titles.key_of(title): titles.key_of(to) if to else ""
            for title, to in wiki.pages.items()
            if title not in wiki.hidden
        }
        visible = [fact for fact in wiki.facts() if fact.subject.partition("#")[0] in self.redirects]
        self.facts = [
            fact
            for fact in visible
            if fact.value.is_usable
            and (
                fact.removed_in is None
                if at is None
                else fact.added_in <= at and (fact.removed_in is None or fact.removed_in > at)
            )
        ]

    def matching_subjects(self) -> set[str]:
        """Return the matching subjects as `key` or `key#fragment`."""
        return {subject for subject in self.subjects() if self.holds(self.query.condition, subject)}

    def subjects(self) -> set[str]:
        """Return all subjects: pages that are no redirects, and subobjects with facts."""
        own = {fact.subject for fact in self.facts if not fact.part} | set(self.redirects)
        return {subject for subject in own if not self.redirects[subject.partition("#")[0]]}

    def holds(
        self, condition: Condition, subject: str, subobjects_allowed: bool = False, in_record: bool = False
    ) -> bool:
        """Whether a subject satisfies a condition; one that no fact decides holds for pages only."""
        if isinstance(condition, Conjunction):
            subobjects_allowed = subobjects_allowed or is_decided_by_facts(condition)
            return all(self.holds(part, subject, subobjects_allowed, in_record) for part in condition.parts)
        if isinstance(condition, Disjunction):
            return any(self.holds(part, subject, subobjects_allowed, in_record) for part in condition.parts)
        whole = "#" not in subject or subobjects_allowed
        if isinstance(condition, InNamespace):
            return whole and titles.split_namespace(subject)[0] == condition.number
        if isinstance(condition, IsPage):
            return any(self.is_page(value, subject) for value in condition.values)
        if isinstance(condition, InCategory):
            member = self.is_member(condition, subject)
            return whole and not member if condition.negated else member
        if isinstance(condition, InConcept):
            raise NotImplementedError
        return any(self.has(condition, value, subject, whole, in_record) for value in condition.values)

    # --- Values -----------------------------------------------------------------------------------
    def has(self, condition: HasValue, value: ValueTest, subject: str, whole: bool, in_record: bool) -> bool:
        """Whether a subject has one value of a condition."""
        step, rest = condition.chain[0], condition.chain[1:]
        declaration = self.wiki.declaration(key_of_property(step.name))
        if rest:
            value = SubqueryValue(HasValue(rest, (value,), condition.depth))
        if declaration.key == "_INST" and isinstance(value, Compare) and not value.comparator and not step.inverse:
            return self.is_member(InCategory((titles.split_namespace(value.text)[1],), depth=condition.depth), subject)
        keys = self.subproperties(declaration.key, condition.depth)
        if step.inverse:
            naming = [fact.subject for fact in self.facts if fact.key in keys and not fact.part
                      and self.is_named(subject, fact.value)]  # fmt: skip
            if isinstance(value, NoValue):
                return whole and not naming
            return any(self.is_end(value, other) for other in naming)
        own = [fact for fact in self.facts if fact.subject == subject and fact.key in keys and fact.part == in_record]
        if isinstance(value, NoValue):
            return whole and not own
        return any(self.is_value(value, fact, declaration) for fact in own)

    def is_end(self, value: ValueTest, subject: str) -> bool:
        """Whether a subject is meant by a value of an inverse property."""
        if isinstance(value, Compare):
            return self.is_page(value, subject)
        return not isinstance(value, SubqueryValue) or self.holds(value.condition, subject)

    def is_value(self, value: ValueTest, fact: SampleFact, declaration: Declaration) -> bool:
        """Whether the value of a fact satisfies the test."""
        if isinstance(value, AnyValue):
            return True
        if isinstance(value, SubqueryValue):
            if declaration.datatype == "_rec":
                return bool(fact.whole) and self.holds(
                    value.condition, fact.whole, subobjects_allowed=True, in_record=True
                )
            if declaration.datatype == "_mlt_rec":
                return self.has_parts(value.condition, fact.value)
            ends = (end for end in self.subjects() if self.is_named(end, fact.value))
            return any(self.holds(value.condition, end) for end in ends)
        assert isinstance(value, Compare)
        test = build_condition(value.comparator, value.text, Context("fr", declaration))
        return matches(self.with_redirects(test, declaration), fact.value)

    def has_parts(self, condition: Condition, value: Value) -> bool:
        """Whether text and language of a monolingual text satisfy a condition."""
        if isinstance(condition, Conjunction):
            return all(self.has_parts(part, value) for part in condition.parts)
        assert isinstance(condition, HasValue)
        name = fold(condition.chain[0].name)
        return any(
            isinstance(test, AnyValue) or (isinstance(test, Compare) and matches(part_test(name, test), value))
            for test in condition.values
        )

    def is_named(self, subject: str, value: Value) -> bool:
        """Whether a value names a subject, directly or by a redirect to its page."""
        return value.canonical_value == subject or self.redirects.get(value.canonical_value, "") == subject

    def with_redirects(self, test: ValueCondition, declaration: Declaration) -> ValueCondition:
        """Expand page values in the condition to include titles that redirect to them."""
        if isinstance(test, NotMatching):
            return NotMatching(self.with_redirects(test.condition, declaration))
        if isinstance(test, FieldsMatch):
            fields = {one.key: one for one in declaration.fields}
            return FieldsMatch(tuple((key, self.with_redirects(one, fields[key])) for key, one in test.conditions))
        datatype = DATATYPES.get(declaration.datatype)
        if isinstance(test, EqualTo) and (datatype is None or isinstance(datatype, Page)):
            return EqualTo(tuple(self.synonyms(test.values[-1])))
        return test

    def synonyms(self, word: str) -> set[str]:
        """Return a title key, its redirect target and all redirects to that, each with the `#fragment`."""
        head, mark, fragment = word.partition("#")
        end = self.redirects.get(head, "") or head
        return {one + mark + fragment for one in (head, end, *(key for key, to in self.redirects.items() if to == end))}

    def subproperties(self, key: str, depth: int) -> set[str]:
        """Return the keys of a property, its synonyms and `depth` levels of subproperties."""
        found = {key}
        for _ in range(depth):
            found |= {
                key_of_property(fact.subject)
                for fact in self.facts
                if fact.key == "_SUBP"
                and any(fact.value.canonical_value == titles.key_of(f"Property:{one}") for one in found)
            }
        return found | ({"Ancien"} if "Texte" in found else set())

    # --- Pages and categories ---------------------------------------------------------------------
    def is_page(self, value: Compare, subject: str) -> bool:
        """Whether the title of a subject satisfies the test."""
        head, _, fragment = subject.partition("#")
        comparator, text, space = value.comparator, value.text, None
        prefix, colon, rest = text.removeprefix(":").partition(":")
        inner, inner_text = split_comparator(rest)
        if colon and titles.namespace_number(prefix) is not None and (comparator or inner):
            space = titles.namespace_number(prefix)
            comparator, text = (comparator, rest.strip()) if comparator else (inner, inner_text)
            if comparator == "!":
                space, text = None, f"{prefix}:{text}"
        test = build_condition(comparator, text, Context("fr", Declaration("", "", "_wpg")))
        number, title = titles.split_namespace(head)
        if space is not None and number != space:
            return False
        plain = test.condition if isinstance(test, NotMatching) else test
        if isinstance(plain, EqualTo):
            is_named = subject in self.synonyms(plain.values[-1])
        else:
            text_of_page = self.sort_title(head) if isinstance(plain, InRange) else fold(title)
            is_named = not fragment and matches(plain, Value("_wpg", "", head, text_of_page))
        return is_named if plain is test else not fragment and not is_named

    def sort_title(self, subject: str) -> str:
        """Return the text by which a page is sorted: its last sort key, else its title."""
        keys = [fact.value.folded_text for fact in self.facts if fact.subject == subject and fact.key == "_SKEY"]
        return keys[-1] if keys else fold(titles.split_namespace(subject)[1])

    def is_member(self, condition: InCategory, subject: str) -> bool:
        """Whether a subject is in one of the categories, in their subcategories, or of a page kind with such a name."""
        own = [fact for fact in self.facts if fact.subject == subject]
        if not condition.names:
            return any(fact.key == "_INST" for fact in own)
        found = {one for name in condition.names for one in self.synonyms(titles.key_of(f"Category:{name}"))}
        for _ in range(condition.depth):
            found |= {
                fact.subject for fact in self.facts if fact.key == "_SUBC" and fact.value.canonical_value in found
            }
        kinds = {KINDS.get(fold(name), "?") for name in condition.names}
        return any(
            (fact.key == "_INST" and fact.value.canonical_value in found)
            or (fact.key == "_KIND" and fact.value.canonical_value in kinds)
            for fact in own
        )
