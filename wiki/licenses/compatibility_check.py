"""The licence compatibility check («May I?») of the page of licences: its form data and its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict

from wiki.licenses import catalogue, compatibility
from wiki.licenses.catalogue import LicenseChoice
from wiki.licenses.compatibility import Verdict
from wiki.licenses.expressions import EXPRESSION_LIMIT

MAX_WORKS = 10
"""The number of works that one check takes at most."""
WORK_FIELDS = 3
"""The number of fields for works that the form shows at least."""


@dataclass(frozen=True, slots=True)
class CompatibilityQuestion:
    """May works under `sources` be combined into one under `target`? All are SPDX expressions, not yet validated."""

    sources: tuple[str, ...]
    target: str

    @classmethod
    def from_query(cls, query: QueryDict) -> CompatibilityQuestion:
        """Read the fields `from` (one per work) and `to`; drop works beyond MAX_WORKS and cut long values."""
        sources = [source.strip()[:EXPRESSION_LIMIT] for source in query.getlist("from")]
        target = query.get("to", "").strip()[:EXPRESSION_LIMIT]
        return cls(tuple(source for source in sources if source)[:MAX_WORKS], target)

    @property
    def rows(self) -> list[str]:
        """The values of the fields for works, "" for empty fields."""
        return [*self.sources, *[""] * (WORK_FIELDS - len(self.sources))]


@dataclass(frozen=True, slots=True)
class CompatibilityAnswer:
    """The verdict for all works together, and one verdict per work."""

    overall: Verdict
    verdicts: list[Verdict]


def check_compatibility(question: CompatibilityQuestion) -> CompatibilityAnswer | None:
    """Look the question up in the compatibility table; None if it has no source or no target."""
    if not (question.sources and question.target):
        return None
    overall = compatibility.check_all(question.sources, question.target)
    verdicts = [compatibility.check(source, question.target) for source in question.sources]
    return CompatibilityAnswer(overall, verdicts)


def choices(also: tuple[str, ...] = ()) -> list[LicenseChoice]:
    """Return the options of the form: licences offered for pages, all other known ones, then unknown ones of `also`."""
    labels = dict(_values_and_labels(also))
    return [LicenseChoice(value, label) for value, label in labels.items()]


def _values_and_labels(also: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from catalogue.choices_for_text()
    for license in catalogue.LICENSES.values():
        yield license.id, license.short
    for expression in also:
        yield expression, catalogue.license_name(expression)
