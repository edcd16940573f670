"""Opening hours of a week in words, where they are written in OpenStreetMap's syntax, which few people read."""

from __future__ import annotations

import re

from django.utils.translation import gettext, override

from wiki.facts.datatypes.languages import LANGUAGES

_CODES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH")
_DAY = f"(?:{'|'.join(_CODES)})"
_DAYS = rf"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*"
_TIME = r"\d{1,2}:\d{2}"
_TIMES = rf"{_TIME}-{_TIME}(?:,\s?{_TIME}-{_TIME})*"
_RULE = re.compile(rf"(?:(?P<days>{_DAYS})\s+)?(?:(?P<times>{_TIMES})|(?P<closed>off|closed))")
ALWAYS = "24/7"


def hours_in_words(hours: str, language: str) -> list[str]:
    """Return each rule of opening hours in a language; none where a rule has more than days of a week and times."""
    rules = [_RULE.fullmatch(rule.strip()) for rule in hours.strip().rstrip(";").split(";")]
    with override(language):
        if hours.strip() == ALWAYS:
            return [gettext("day and night, every day")]
        if not all(rules):
            return []
        return [_rule(rule, language) for rule in rules if rule is not None]


def _rule(rule: re.Match[str], language: str) -> str:
    spans = rule["times"].split(",") if rule["times"] else []
    said = gettext(" and ").join(_range(span.strip(), language) for span in spans) or gettext("closed")
    if not rule["days"]:
        return said
    days = ", ".join(_days(part, language) for part in rule["days"].split(","))
    return gettext("%(days)s: %(hours)s") % {"days": days, "hours": said}


def _days(part: str, language: str) -> str:
    first, _, last = part.partition("-")
    return f"{_day(first, language)}–{_day(last, language)}" if last else _day(first, language)


def _day(code: str, language: str) -> str:
    if code == "PH":
        return gettext("public holidays")
    return LANGUAGES["fr" if language.startswith("fr") else "en"].weekdays[_CODES.index(code)]


def _range(span: str, language: str) -> str:
    begin, _, end = span.partition("-")
    return f"{_time(begin, language)}–{_time(end, language)}"


def _time(written: str, language: str) -> str:
    if not language.startswith("fr"):
        return written
    hour, _, minute = written.partition(":")
    return f"{int(hour)}h{minute if minute != '00' else ''}"
