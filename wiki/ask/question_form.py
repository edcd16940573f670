"""The conditions of the Ask form: a kind and rows, or the text of a question; one of them says what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest

from django.http import QueryDict
from django.utils.translation import gettext

from wiki.ask.forms import ROWS_LIMIT
from wiki.ask.language.condition_rows import OPERATORS, ConditionRow, parse_rows, write_rows
from wiki.facts.datatypes import kind_names
from wiki.facts.special_properties import key_of_property, special_property_label
from wiki.text.titles import TitleProblem, fold

EMPTY_ROWS = 2
"""Empty rows of the form of a new question; other forms have one, for another condition."""


@dataclass(slots=True)
class QuestionForm:
    """The kind and the rows as typed or as read from a question."""

    kind: str = ""
    """The key of the kind."""
    rows: list[ConditionRow] = field(default_factory=list)
    question: str = ""
    """What the kind and the rows ask, without rows that have a problem."""
    problems: list[str] = field(default_factory=list)
    """Problems of the form as a whole."""
    is_text_only: bool = False
    """Whether rows cannot ask the question."""

    @property
    def has_problems(self) -> bool:
        """Whether something has to be corrected."""
        return bool(self.problems) or any(row.problem for row in self.rows)

    @property
    def shown_rows(self) -> list[ConditionRow]:
        """Return the rows of the form, with empty ones for further conditions."""
        return self.rows + [ConditionRow()] * (1 if self.rows or self.kind else EMPTY_ROWS)

    @property
    def operators(self) -> list[tuple[str, str]]:
        """Return the operators with their labels in the active language."""
        return [(name, gettext(label)) for name, label in OPERATORS.items()]


def form_of_question(question: str, language: str) -> QuestionForm:
    """Return the form that shows a question; its rows are empty if rows cannot ask it."""
    rows = parse_rows(question) if question.strip() else []
    if rows is None:
        return QuestionForm(is_text_only=True)
    index = next((index for index, row in enumerate(rows) if _kind_of(row)), None)
    kind = "" if index is None else _kind_of(rows.pop(index))
    return _checked_form(kind, rows, language)


def form_as_typed(data: QueryDict, language: str, is_unfinished: bool = False) -> QuestionForm:
    """Return the form with the kind and the rows as typed; `is_unfinished` drops rows with something still to type."""
    columns = [data.getlist(name)[:ROWS_LIMIT] for name in ("rp", "ro", "rv", "rw")]
    rows = [
        ConditionRow(*(" ".join(text.replace("\x00", "").split()) for text in (name, operator or "is", value, second)))
        for name, operator, value, second in zip_longest(*columns, fillvalue="")
    ]
    if is_unfinished:
        rows = [row for row in rows if not row.is_unfinished]
    typed_kind = data.get("rk", "").strip()
    kind = kind_names.NAMES.keys_by_name().get(fold(typed_kind), "")
    if typed_kind and not kind:
        rows.insert(0, ConditionRow(special_property_label("_KIND", language), "is", typed_kind[:200]))
    return _checked_form(kind, rows, language)


def choose_question(data: QueryDict, text: str, language: str) -> tuple[str, QuestionForm]:
    """Return the question of a submitted form, and the form with its problems.

    Of rows and text, what was changed since the form was shown counts; both cannot count.
    """
    typed, shown = form_as_typed(data, language), form_of_question(data.get("rq", ""), language)
    are_rows_changed = typed.has_problems or typed.question != shown.question
    is_text_changed = text.split() != data.get("rq", "").split()
    if not text.strip():
        return typed.question, typed
    if not are_rows_changed:
        return text, typed
    if (is_text_changed or shown.is_text_only) and text.split() != typed.question.split():
        typed.problems.append(gettext("Both the rows and the text below ask something. Empty one of them."))
        typed.is_text_only = True
        return text, typed
    return typed.question, typed


def _checked_form(kind: str, rows: list[ConditionRow], language: str) -> QuestionForm:
    """Return the form with the question that it asks."""
    kind_rows = []
    if kind:
        name = kind_names.NAMES.name_of(kind, language)
        kind_rows.append(ConditionRow(special_property_label("_KIND", language), "is", name))
    start, checked_kind = write_rows(kind_rows)
    question, checked = write_rows(rows)
    problems = [row.problem for row in checked_kind if row.problem]
    return QuestionForm(kind, checked, " ".join(filter(None, (start, question))), problems)


def _kind_of(row: ConditionRow) -> str:
    """Return the key of the kind that a row asks for; "" if it asks something else."""
    try:
        is_kind = row.operator == "is" and key_of_property(row.name) == "_KIND"
    except TitleProblem:
        return ""
    return kind_names.NAMES.keys_by_name().get(fold(row.value), "") if is_kind else ""
