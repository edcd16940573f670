"""Days that questions name by their distance from today."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wiki.facts.datatypes import registry
from wiki.facts.datatypes.relative_dates import names_relative_date, resolve_relative_date
from wiki.facts.value_conditions import InRange
from wiki.facts.values import Context, Declaration


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2024-03-31"), ("Now", "2024-03-31"), ("aujourd’hui", "2024-03-31"), ("maintenant", "2024-03-31"),
        ("yesterday", "2024-03-30"), ("hier", "2024-03-30"), ("tomorrow", "2024-04-01"), ("demain", "2024-04-01"),
        ("-7 days", "2024-03-24"), ("−7 jours", "2024-03-24"), ("+ 1 week", "2024-04-07"),
        ("+2 semaines", "2024-04-14"),
        ("-1 month", "2024-02-29"), ("-1 mois", "2024-02-29"), ("+1 an", "2025-03-31"), ("-4 années", "2020-03-31"),
        ("today -1 day", "2024-03-30"), ("now +1 month", "2024-04-30"), ("7 days ago", "2024-03-24"),
        ("il y a 2 mois", "2024-01-31"), ("dans 3 jours", "2024-04-03"), ("in 1 year", "2025-03-31"),
        ("2024", None), ("days", None), ("", None), ("-7", None), ("-99999 years", None), ("todays", None),
    ],
)  # fmt: skip
def test_it_resolves_days_from_today(text: str, day: str | None) -> None:
    assert resolve_relative_date(text, date(2024, 3, 31)) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [("today", True), (">-7 days", True), ("?; >>today; 3", True), ("*today*", True), ("2024", False), ("1; 2", False)],
)
def test_it_knows_conditions_with_such_days(text: str, expected: bool) -> None:
    assert names_relative_date(text) is expected


def test_conditions_on_dates_use_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2024, 3, 31, 12, tzinfo=UTC))
    context = Context("fr", Declaration("D", "D", "_dat"))
    for text, same in (("today", "2024-03-31"), ("-7 jours", "2024-03-24")):
        assert registry.build_condition(">", text, context) == registry.build_condition(">", same, context)
    assert isinstance(registry.build_condition("", "hier", context), InRange)
