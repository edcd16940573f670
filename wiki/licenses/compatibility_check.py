"""«May I?»: what somebody asks of the table, from the fields of a form, and the answer for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict

from wiki.licenses import catalogue, compatibility
from wiki.licenses.catalogue import LicenseChoice
from wiki.licenses.compatibility import Verdict
from wiki.licenses.expressions import EXPRESSION_LIMIT

MAX_WORKS = 10
"""Works that are asked about together."""
WORK_FIELDS = 3
"""Fields for them on the screen."""


@dataclass(frozen=True, slots=True)
class CompatibilityQuestion:
    """May works under `sources` be made into one under `target`? All are SPDX expressions, as they came."""

    sources: tuple[str, ...]
    target: str

    @classmethod
    def from_query(cls, query: QueryDict) -> CompatibilityQuestion:
        """From the fields `from` (as often as there are works) and `to`; what is too much is left out."""
        given = [one.strip()[:EXPRESSION_LIMIT] for one in query.getlist("from")]
        return cls(tuple(one for one in given if one)[:MAX_WORKS], query.get("to", "").strip()[:EXPRESSION_LIMIT])

    @property
    def rows(self) -> list[str]:
        """What the fields for works hold."""
        return [*self.sources, *[""] * (WORK_FIELDS - len(self.sources))]


@dataclass(frozen=True, slots=True)
class CompatibilityAnswer:
    """The verdict for all works together, and for each by itself."""

    overall: Verdict
    verdicts: list[Verdict]


def check_compatibility(asked: CompatibilityQuestion) -> CompatibilityAnswer | None:
    """What the table says; None where nothing was asked."""
    if not (asked.sources and asked.target):
        return None
    whole = compatibility.check_all(asked.sources, asked.target)
    return CompatibilityAnswer(whole, [compatibility.check(source, asked.target) for source in asked.sources])


def choices(also: tuple[str, ...] = ()) -> list[LicenseChoice]:
    """What the fields offer: what pages are offered, then every licence known, then `also` where it is none of them."""
    found = dict(_offered(also))
    return [LicenseChoice(value, label) for value, label in found.items()]


def _offered(also: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from catalogue.choices_for_text()
    for license in catalogue.LICENSES.values():
        yield license.id, license.short
    for one in also:
        yield one, catalogue.license_name(one)
