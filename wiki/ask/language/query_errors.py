"""Errors of queries: codes, messages that say how to correct the query, and the exception AskProblem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from django.utils.translation import gettext

from wiki.errors import Refused, gettext_noop
from wiki.facts.value_problems import PROBLEMS as FACT_PROBLEMS
from wiki.pages.problem_messages import PROBLEMS as PAGE_PROBLEMS
from wiki.text.problems import Problem

PROBLEMS: Mapping[str, str] = {
    # Syntax
    "ask_empty": gettext_noop("The question has no condition. Write one, as [[Kind::Place]]."),
    "ask_condition": gettext_noop("A condition is expected instead of “%(found)s”. Write [[…]] or <q>…</q>."),
    "ask_open": gettext_noop("This “%(what)s” is not closed. Add “%(end)s”."),
    "ask_value_missing": gettext_noop("A value is missing. Write one, “+” for any, or “!+” for none."),
    "ask_value_end": gettext_noop("“||”, “|+depth=” or “]]” is expected instead of “%(found)s”."),
    "ask_property_missing": gettext_noop("The name of a property is missing."),
    "ask_page_missing": gettext_noop("The name of a page is missing."),
    "ask_depth_option": gettext_noop(
        "After “|” a condition can only have +depth= and a whole number, not “%(found)s”."
    ),
    "ask_option_alone": gettext_noop(
        "“+%(option)s” has no printout before it. Write it after one that begins with “?”."
    ),
    "ask_number": gettext_noop("“%(name)s” has to be a whole number, not “%(found)s”."),
    "ask_order": gettext_noop("“%(found)s” is no order. Known: %(known)s."),
    "ask_not_page": gettext_noop("“%(name)s” has no pages as values, so nothing can be asked about them."),
    "ask_at": gettext_noop("“%(found)s” is not a date. Write “at” as 2021-05-01."),
    "ask_distance": gettext_noop(
        "To sort by distance, %(name)s needs a middle: add a circle, as [[%(name)s::45.44, 4.39 (10 km)]]."
    ),
    "ask_sort_inverse": gettext_noop(
        "Results cannot be sorted by “%(name)s”, backwards. Sort by a property of theirs."
    ),
    # Limits
    "ask_too_long": gettext_noop("The question has more than %(limit)s characters. Shorten it."),
    "ask_size": gettext_noop("The question has more than %(limit)s conditions. Ask less, or make a concept of a part."),
    "ask_depth": gettext_noop("The question is nested more than %(limit)s deep. Make it flatter."),
    "ask_sort_depth": gettext_noop("A chain to sort by has more than %(limit)s properties. Shorten it."),
    "ask_printouts": gettext_noop("The question has more than %(limit)s printouts. Leave some out."),
    "ask_joint": gettext_noop(
        "A part of the question names more than %(limit)s pages to look through. Add a condition to that part."
    ),
    "ask_limit": gettext_noop(
        "More than %(limit)s results cannot be asked at once. Lower “limit”, and go on by “offset”."
    ),
    "ask_too_slow": gettext_noop("The answer takes more than %(seconds)s s. Add a condition that fewer pages hold."),
    "ask_calls": gettext_noop("A page may hold %(limit)s questions, and this is one more. Divide the page."),
    "ask_page_slow": gettext_noop(
        "The questions of this page take more than %(seconds)s s together, so this one was not asked. Divide the page."
    ),
    # Facts of several pages
    "value_not_unique": gettext_noop(
        "“%(value)s” is also said by %(page)s, and no two pages may have the same %(property)s. Correct one of them."
    ),
    # Pages shown in pages
    "include_title": gettext_noop("“%(title)s” cannot be the title of a page."),
    "include_section": gettext_noop("«%(title)s» has no section “%(section)s”. Correct its name."),
    "include_ring": gettext_noop("«%(title)s» would be shown within itself (%(chain)s). Take one of these calls out."),
    "include_depth": gettext_noop("Pages are shown within pages more than %(limit)s deep. Make it flatter."),
    "include_many": gettext_noop("A page may show %(limit)s others, and this is one more. Divide the page."),
    "include_license": gettext_noop("«%(title)s» cannot be shown here: %(because)s"),
    "include_block": gettext_noop("This is more than one paragraph: write the call on a line of its own."),
    # Concepts
    "ask_concept_elsewhere": gettext_noop(
        "A concept is defined on a page of its own, as Concept:Name. Move this there."
    ),
    "ask_concept_missing": gettext_noop("There is no concept “%(name)s”. Write {{#concept:}} on its page."),
    "ask_concept_wrong": gettext_noop(
        "The definition of the concept “%(name)s” cannot be read. Correct it on its page."
    ),
    "ask_concept_ring": gettext_noop("The concept “%(name)s” is defined by itself. Change its definition."),
}
"""The English message of each code, as a message id."""


class AskProblem(Refused):
    """A query that cannot be run: a code of `PROBLEMS`, its parameters, and the offset in the text if known."""

    def __init__(self, code: str, params: Mapping[str, object] | None = None, at: int | None = None) -> None:
        self.code, self.at = code, at
        strings = {key: str(value) for key, value in (params or {}).items()}
        super().__init__(_message_template(code), **strings)

    def problem(self) -> Problem:
        """Return this error as a value; its parameter `at` is the position counted from 1."""
        position = {} if self.at is None else {"at": str(self.at + 1)}
        return Problem(self.code, {**self.params, **position})

    def __reduce__(self) -> tuple[object, ...]:
        """Support pickling (keyword arguments are not in `args`)."""
        return (AskProblem, (self.code, self.params, self.at))


class HasCode(Protocol):
    """A problem, as an exception or as a value."""

    @property
    def code(self) -> str:
        """A code of the PROBLEMS of some package."""

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of the message."""


def message_for(problem: HasCode) -> str:
    """Return the message of a problem in the active language, preceded by the position if known."""
    params = problem.problem().params if isinstance(problem, AskProblem) else problem.params
    message = gettext(_message_template(problem.code)) % params
    if "at" not in params:
        return message
    return gettext("At character %(at)s: %(sentence)s") % {"at": params["at"], "sentence": message}


def _message_template(code: str) -> str:
    for messages in (PROBLEMS, FACT_PROBLEMS, PAGE_PROBLEMS):
        if code in messages:
            return messages[code]
    return code.replace("%", "%%")
