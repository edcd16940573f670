"""The field of the steps of a text: rows with title, text and picture, which are no facts but headings of the text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext

from wiki.forms import field_inputs
from wiki.forms.bound_fields import BoundField, BoundRow
from wiki.forms.form_definition import FormField
from wiki.text import media_names
from wiki.text.markup.images import picture_name
from wiki.text.normalization import clean_text
from wiki.text.step_sections import (
    STEPS_LIMIT,
    StepRow,
    StepSection,
    find_section,
    is_short,
    leaves_block_open,
    trimmed,
)
from wiki.text.step_writing import cut_steps, with_steps

TITLE, TEXT, PICTURE = "title", "text", "picture"


@dataclass(slots=True)
class StepsField(BoundField):
    """The field of steps with its rows; `section` is what they were in the text."""

    section: StepSection | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of a text that have its steps beneath them."""
        return (self.field.property, *self.field.labels.values())

    @property
    def source(self) -> str:
        """The source of the section, from which `fill` knows what was changed."""
        return f"{self.section.source}{self.section.following}" if self.section is not None else ""

    @property
    def is_filled(self) -> bool:
        """Whether it has steps."""
        return any(not row.is_empty for row in self.rows)

    def take_from(self, text: str) -> str:
        """Take the steps of a text as rows; return the text without them."""
        found = cut_steps(text, self.headings)
        if found is None:
            return text
        self.section, rest = found
        self.rows = [self._row(number, row) for number, row in enumerate(self.section.rows)]
        return rest

    def add_empty_row(self) -> None:
        """Add an empty row, for a step that may be entered."""
        self.rows.append(self._row(max((row.number for row in self.rows), default=-1) + 1, StepRow()))

    def _row(self, number: int, row: StepRow) -> BoundRow:
        """Return a row with inputs."""
        fields = []
        for part, input_id, label, value in (
            (TITLE, "text", gettext("Title"), row.title),
            (TEXT, "long-text", gettext("Text"), row.text),
            (PICTURE, "picture", gettext("Picture"), row.picture),
        ):
            bound = BoundField(
                FormField(part, input_id, {self.language: label}), f"{self.name}-{number}-{part}", self.language
            )
            bound.old_values = bound.values = [value] if value else []
            fields.append(bound)
        return BoundRow(number, fields)

    def fill(self, data: QueryDict) -> None:
        """Enter the rows that were sent, in their order, and check what was changed."""
        self.section = find_section(clean_text(data.get(f"{self.name}_source", "")), self.headings)
        pattern = re.compile(rf"{re.escape(self.name)}-(\d{{1,4}})-(?:{TITLE}|{TEXT}|{PICTURE})")
        numbers = dict.fromkeys(int(match[1]) for name in data if (match := pattern.fullmatch(name)))
        self.rows = [self._row(number, self._sent_row(number, data)) for number in numbers]
        if len(self.rows) > STEPS_LIMIT:
            self.errors.append(gettext("At most %(limit)s rows can be entered here.") % {"limit": STEPS_LIMIT})
        filled = [row for row in self.rows if not row.is_empty]
        for row in filled:
            self._check(row)
        if is_short("\n".join(_entered(row).text for row in filled)):
            for row in filled:
                self._check_blocks(row, is_last=row is filled[-1])

    def _sent_row(self, number: int, data: QueryDict) -> StepRow:
        sent = {part: clean_text(data.get(f"{self.name}-{number}-{part}", "")) for part in (TITLE, TEXT, PICTURE)}
        picture = field_inputs.shown_value(FormField(PICTURE, "picture"), sent[PICTURE].strip())
        return StepRow(" ".join(sent[TITLE].split("\n")).strip(" \t"), trimmed(sent[TEXT]), picture)

    def _former(self, number: int) -> StepRow | None:
        """Return what a row was in the text; None for a new one."""
        rows = self.section.rows if self.section is not None else []
        return rows[number] if number < len(rows) else None

    def _check(self, row: BoundRow) -> None:
        """Add errors to the title and the picture of a row that were changed."""
        title, _, picture = row.fields
        new, former = _entered(row), self._former(row.number)
        if not new.title and (former is None or former.title):
            title.errors.append(gettext("This field is required."))
        if new.picture and (former is None or new.picture != former.picture) and not _is_picture(new.picture):
            message = gettext("“%(name)s” is no name of a picture of this wiki, such as name.jpg.")
            picture.errors.append(message % {"name": new.picture[:100]})

    def _check_blocks(self, row: BoundRow, *, is_last: bool) -> None:
        """Add an error to a text that was changed, or that others follow now, if the next step would be part of it."""
        text, new, former = row.fields[1], _entered(row), self._former(row.number)
        is_as_before = former is not None and new.text == former.text and is_last
        if new.text and not is_as_before and leaves_block_open(new.text):
            text.errors.append(gettext("Code or a comment begins here and does not end: the next step would be in it."))

    def with_steps(self, text: str, page_language: str) -> str:
        """Return a text with the rows as steps beneath their heading."""
        rows = [
            dataclasses.replace(_entered(row), origin=row.number if self._former(row.number) is not None else None)
            for row in self.rows
        ]
        return with_steps(text, self.headings, self.section, rows, self.field.label(page_language))


def _entered(row: BoundRow) -> StepRow:
    """Return what the inputs of a row have."""
    title, text, picture = (one.values[0] if one.values else "" for one in row.fields)
    return StepRow(title, text, picture)


def _is_picture(name: str) -> bool:
    """Return whether a file of this wiki could have this name."""
    clean = picture_name(name.replace("%", "%25"))
    return clean is not None and "/" not in name and media_names.HAS_MEDIA.search(clean) is not None


def take_steps(fields: Sequence[BoundField], text: str) -> str:
    """Take the steps of a text as the rows of fields; return the text without them."""
    for one in fields:
        if isinstance(one, StepsField):
            text = one.take_from(text)
    return text
