"""MediaWiki's variables with the current date, in queries: `{{CURRENTYEAR}}-{{CURRENTMONTH}}-{{CURRENTDAY}}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

_FORMS: Mapping[str, Callable[[date], str]] = {
    "YEAR": lambda day: f"{day.year}",
    "MONTH": lambda day: f"{day.month:02}",
    "MONTH1": lambda day: f"{day.month}",
    "MONTH2": lambda day: f"{day.month:02}",
    "DAY": lambda day: f"{day.day}",
    "DAY2": lambda day: f"{day.day:02}",
    "WEEK": lambda day: f"{day.isocalendar().week}",
    "DOW": lambda day: f"{day.isoweekday() % 7}",
}
_VARIABLE = re.compile(rf"\{{\{{\s*(?:CURRENT|LOCAL)({'|'.join(_FORMS)})\s*\}}\}}", re.IGNORECASE)


def names_current_date(text: str) -> bool:
    """Return whether a text has variables with the current date."""
    return "{{" in text and _VARIABLE.search(text) is not None


def substitute_current_date(text: str, today: date) -> str:
    """Replace the variables with the current date by their values."""
    return _VARIABLE.sub(lambda match: _FORMS[match[1].upper()](today), text)
