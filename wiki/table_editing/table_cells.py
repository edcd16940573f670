"""The cells of an edited table: one fact of one page each, as an input or as a text that says why it is none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.facts.datatypes import registry
from wiki.facts.values import Context, Declaration
from wiki.forms import field_inputs
from wiki.forms.bound_fields import BoundField
from wiki.forms.field_values import bind_values, check_values, clean_values
from wiki.table_editing.table_columns import TableColumn
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry

NOT_SHOWABLE = gettext_noop("The page states this in a way that no cell can show: change it on the page.")
ELSEWHERE = gettext_noop("The text of the page states this, or another of its properties: change it on the page.")
STEWARDS_ONLY = gettext_noop("Only those who look after the place fill this in.")
UNDECIDED = gettext_noop("Choose what shall stand here.")


@dataclass(slots=True)
class TableCell:
    """One cell."""

    column: TableColumn
    name: str
    """The name of its inputs."""
    title: str = ""
    """Of its page."""
    bound: BoundField | None = None
    """The values of the text that the table was opened with, and those that were entered; None if it is only shown."""
    text: str = ""
    """What it shows if it has no input."""
    why: str = ""
    """Message id: why it has no input."""
    is_list: bool = False
    """Whether each line of its input is a value."""
    is_refused: bool = False
    """Whether the person may not change it."""
    conflict: list[str] | None = None
    """What stands in the page now, if somebody changed the same fact meanwhile and nothing is chosen yet."""

    @property
    def label(self) -> str:
        """What its inputs are called: the column and the page."""
        return f"{self.column.label} – {self.title}"

    @property
    def note(self) -> str:
        """Why it has no input, in the language of the reader."""
        return gettext(self.why) if self.why else self.column.note

    @property
    def control(self) -> str:
        """Which part of the template shows its input."""
        if self.bound is None:
            return "none"
        control, values = self.bound.input.control, self.bound.values
        if control == "choices":
            return control
        if self.is_list or control == "area" or any("\n" in value for value in values):
            return "area"
        if control == "yes_no":
            return control if all(_is_truth(value) for value in values) else "line"
        return "choice" if control == "choice" else "line"

    @property
    def value(self) -> str:
        """What its input shows."""
        return "\n".join(self.bound.values) if self.bound is not None else self.text

    @property
    def lines(self) -> int:
        """How many lines its input has."""
        return min(max(self.value.count("\n") + 1, 1), 8)

    @property
    def was(self) -> str:
        """What it would show if nothing had been entered."""
        return "\n".join(self._old_shown()) if self.bound is not None else ""

    @property
    def input_type(self) -> str:
        """The type of a single input; a value that no calendar shows stays a text."""
        return self.bound.attributes.get("type", "text") if self.bound is not None else "text"

    @property
    def attributes(self) -> dict[str, str]:
        """HTML attributes of its input, without those of scripts that put more below it."""
        found = self.bound.attributes if self.bound is not None else {}
        return {name: text for name, text in found.items() if name not in ("type", "data-input", "data-part")}

    @property
    def errors(self) -> list[str]:
        """What is wrong with what was entered."""
        return self.bound.errors if self.bound is not None else []

    @property
    def is_changed(self) -> bool:
        """Whether other values were entered than the text states."""
        return self.bound is not None and self.bound.values != self._old_shown()

    def _old_shown(self) -> list[str]:
        """Return what the values of the text look like in an input."""
        bound = self.bound
        return [field_inputs.shown_value(bound.field, text) for text in bound.old_values] if bound is not None else []

    def bind(self, entries: Sequence[FrontMatterEntry], language: str) -> None:
        """Give the cell the values that entries of a text state; it gets no input if none can show them."""
        if self.column.field is None:
            return
        bound = BoundField(self.column.field, self.name, language, declaration=self.column.declaration)
        if not bind_values(bound, entries):
            self.why = NOT_SHOWABLE
            return
        self.is_list = bound.has_several and bound.input.control != "choices"
        if self.is_list and any("\n" in value for value in bound.values):
            self.why, self.text = NOT_SHOWABLE, " · ".join(bound.values)
            return
        self.bound = bound

    def fill(self, data: QueryDict, page_language: str) -> None:
        """Enter what was sent, and check it; values that mean what they were are left as they were."""
        bound = self.bound
        if bound is None or self.name not in data:
            return
        old = self._old_shown()
        sent = data.getlist(self.name)
        typed = clean_values([line for text in sent for line in text.splitlines()] if self.is_list else sent)
        if bound.input.control == "choices":
            typed = [value for value in old if value in typed] + [value for value in typed if value not in old]
        bound.values = old if typed == clean_values(old) else typed
        self._choose(data)
        if not self.is_changed:
            return
        check_values(bound, page_language)
        if self.is_refused:
            bound.errors.append(gettext(STEWARDS_ONLY))
        if bound.field.is_required and not bound.values:
            bound.errors.append(gettext("This field is required."))

    def _choose(self, data: QueryDict) -> None:
        """Take what was chosen for a fact that somebody changed meanwhile."""
        bound, name = self.bound, f"{self.name}-conflict"
        if bound is None or name not in data or not self.is_changed:
            return
        choice = data.get(name)
        if choice == "theirs":
            bound.values = self._old_shown()
        elif choice != "mine":
            self.show_conflict(gettext(UNDECIDED))

    def show_conflict(self, error: str) -> None:
        """Ask which value shall stand: the one that was entered, or the one that it began with."""
        if self.bound is not None:
            self.conflict = self._old_shown()
            self.bound.errors.append(error)

    def rebase(self, now: BoundField, values: list[str] | None) -> None:
        """Take the values of a later text as those it began with, and enter `values`; None for what stands there."""
        shown = [field_inputs.shown_value(now.field, text) for text in now.old_values]
        self.bound = dataclasses.replace(now, values=shown if values is None else values, errors=[])


def _is_truth(value: str) -> bool:
    return registry.parse(value, Context("fr", Declaration("", "", "_boo"))).problem is None
