"""Problems of values and of declarations, as sentences that say how to fix them.

`SMW_KEYS` has SMW's own message keys, for clients of its API.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.pages import problem_messages
from wiki.text.problems import Problem

PROBLEMS: Mapping[str, str] = {
    "value_empty": gettext_noop("A value is missing. Write one, or remove the annotation."),
    "value_too_long": gettext_noop("This value has more than %(limit)s characters. Shorten it."),
    "value_comparator": gettext_noop("“%(comparator)s” cannot be asked of %(type)s. Compare in another way."),
    "value_not_allowed": gettext_noop("“%(value)s” is not allowed for %(property)s. Allowed: %(allowed)s."),
    "value_pattern": gettext_noop("“%(value)s” does not have the form that %(property)s asks for: %(pattern)s."),
    "pattern_unreadable": gettext_noop("The pattern “%(pattern)s” cannot be read: %(reason)s. Correct it."),
    "separator_unusable": gettext_noop(
        "“%(value)s” cannot separate values. Write one to %(length)s signs, like a comma or a semicolon."
    ),
    "type_unknown": gettext_noop("“%(value)s” is no datatype. Known: %(known)s."),
    "page_fragment": gettext_noop(
        "“%(value)s” names a part of a page, and it is not known of which. Write “Page#part”."
    ),
    "keyword_too_long": gettext_noop(
        "A keyword has at most %(ascii)s plain or %(wide)s accented characters, and “%(value)s” has more. Shorten it."
    ),
    "boolean_unreadable": gettext_noop("“%(value)s” is neither yes nor no. Write “true” or “false”."),
    "number_unreadable": gettext_noop("“%(value)s” is not a number. Write digits, as 1234.5."),
    "number_infinite": gettext_noop("“%(value)s” is too large, or no number at all. Write one below 1e308."),
    "number_text": gettext_noop("“%(value)s” holds more than a number. Write the digits alone, without a unit."),
    "units_missing": gettext_noop(
        "%(property)s declares no unit, so no quantity can be read. Write “Corresponds to: 1 m” on its page."
    ),
    "unit_unknown": gettext_noop("“%(unit)s” is no unit of %(property)s. Known: %(known)s."),
    "date_unreadable": gettext_noop("“%(value)s” is not a date. Write it as 2021-03-12, 12 March 2021 or 2021."),
    "date_year": gettext_noop("The year of “%(value)s” is not clear. Write it with four digits, or with AD or BC."),
    "date_month": gettext_noop("“%(value)s” has no such day or month. Correct it."),
    "date_julian_day": gettext_noop("“%(value)s” is no Julian day. Write it as 2454231.5 JD."),
    "date_prehistoric": gettext_noop("Before 9999 BC only a year can be given. Shorten “%(value)s” to it."),
    "date_zone": gettext_noop("“%(value)s” has a time zone without a time, or one that does not exist. Correct it."),
    "date_hour": gettext_noop("“%(value)s” has no such time of day. Write it as 14:30 or 2:30 pm."),
    "url_unreadable": gettext_noop("“%(value)s” is not a web address. Write it as https://example.org/page."),
    "url_scheme": gettext_noop("An address that begins with “%(scheme)s:” is not allowed. Allowed: %(allowed)s."),
    "email_unreadable": gettext_noop("“%(value)s” is not an email address. Write it as name@example.org."),
    "telephone_unreadable": gettext_noop(
        "“%(value)s” is not a telephone number. Write it with its country, as +33 4 77 12 34 56."
    ),
    "coordinates_unreadable": gettext_noop(
        "“%(value)s” is no place on Earth. Write latitude and longitude as 45.4397, 4.3872."
    ),
    "coordinates_range": gettext_noop(
        "“%(value)s” lies outside the globe: latitude goes to 90, longitude to 180. Are they swapped?"
    ),
    "hours_unreadable": gettext_noop(
        "“%(value)s” names no opening hours. Write them as “Tuesday to Friday 9:00-12:00 and 14:00-18:00” or"
        " “Tu-Fr 09:00-12:00,14:00-18:00”."
    ),
    "recurrence_unreadable": gettext_noop(
        "“%(value)s” is no recurring date. Write it as “every Tuesday from 6pm to 8pm”, “first Saturday of the month”"
        " or “FREQ=WEEKLY;BYDAY=TU”."
    ),
    "recurrence_too_fine": gettext_noop(
        "“%(value)s” happens more often than once a day. Write days and one time, as “every day at 9am”."
    ),
    "recurrence_times": gettext_noop("“%(value)s” has several times of day. Write one value for each, with its days."),
    "recurrence_part": gettext_noop("“%(part)s” in “%(value)s” cannot be used here. Correct it, or leave it out."),
    "recurrence_limit": gettext_noop(
        "The number of “%(part)s” in “%(value)s” may be 1 to %(limit)s. Write another one."
    ),
    "recurrence_start": gettext_noop("“%(value)s” says how many times, but not from when. Add the first day."),
    "recurrence_never": gettext_noop("“%(value)s” names no day that comes. Correct the day or the end."),
    "recurrence_zone": gettext_noop("“%(value)s” is in another time zone. Write the times of this wiki: %(zone)s."),
    "distance_unreadable": gettext_noop("“%(value)s” is not a distance. Write it as 10 km. Known units: %(known)s."),
    "record_fields": gettext_noop("%(property)s declares no fields. Write “Has fields: A; B” on its page."),
    "record_too_many": gettext_noop(
        "“%(value)s” has more values than %(property)s has fields: %(fields)s. “\\;” writes a semicolon."
    ),
    "language_missing": gettext_noop("The language of “%(value)s” is missing. Write it behind, as text@en."),
    "language_invalid": gettext_noop("“%(language)s” is no code of a language. Write one as en, fr or oc."),
}
"""The English sentence of each code."""

SMW_KEYS: Mapping[str, str] = {
    "value_empty": "smw_emptystring",
    "value_not_allowed": "smw_notinenum",
    "value_pattern": "smw-datavalue-allows-pattern-mismatch",
    "type_unknown": "smw_unknowntype",
    "page_fragment": "smw-datavalue-wikipage-missing-fragment-context",
    "title_empty": "smw-datavalue-wikipage-empty",
    "title_character": "smw-datavalue-wikipage-invalid-title",
    "title_control": "smw-datavalue-wikipage-invalid-title",
    "title_colon": "smw-datavalue-wikipage-invalid-title",
    "title_dots": "smw-datavalue-wikipage-invalid-title",
    "title_too_long": "smw-datavalue-wikipage-invalid-title",
    "title_only_namespace": "smw-datavalue-wikipage-invalid-title",
    "keyword_too_long": "smw-datavalue-keyword-maximum-length",
    "boolean_unreadable": "smw_noboolean",
    "number_unreadable": "smw_nofloat",
    "number_infinite": "smw_infinite",
    "number_text": "smw-datavalue-number-textnotallowed",
    "units_missing": "smw_nounitsdeclared",
    "unit_unknown": "smw_unitnotallowed",
    "date_unreadable": "smw-datavalue-time-invalid",
    "date_year": "smw-datavalue-time-invalid-date-components-common",
    "date_month": "smw-datavalue-time-invalid-date-components-sequence",
    "date_julian_day": "smw-datavalue-time-invalid-jd",
    "date_prehistoric": "smw-datavalue-time-invalid-prehistoric",
    "date_zone": "smw-datavalue-time-invalid-offset-zone-usage",
    "recurrence_unreadable": "smw-datavalue-time-invalid",
    "recurrence_never": "smw-datavalue-time-invalid-date-components-sequence",
    "recurrence_zone": "smw-datavalue-time-invalid-offset-zone-usage",
    "date_hour": "smw-datavalue-time-invalid-ampm",
    "url_unreadable": "smw-datavalue-uri-invalid-authority-path-component",
    "url_scheme": "smw-datavalue-uri-invalid-scheme",
    "email_unreadable": "smw_baduri",
    "telephone_unreadable": "smw_baduri",
    "coordinates_unreadable": "maps_unrecognized_coords",
    "coordinates_range": "maps_unrecognized_coords",
    "distance_unreadable": "semanticmaps-unrecognizeddistance",
    "record_fields": "smw-datavalue-record-invalid-property-declaration",
    "record_too_many": "smw_novalues",
    "language_missing": "smw-datavalue-languagecode-missing",
    "language_invalid": "smw-datavalue-languagecode-invalid",
}
"""SMW's message key for the same problem, where it has one."""

QUOTED = 60
"""Maximum number of characters of a bad value in a sentence."""


def problem(code: str, value: str = "", **params: str) -> Problem:
    """Return the problem of a value. The value is shortened for the sentence; `params` are its other parameters."""
    text = " ".join(value[: QUOTED * 4].split())
    shown = text if len(text) <= QUOTED else text[: QUOTED - 1] + "…"
    return Problem(code, {"value": shown, **params})


def message_for(problem: Problem) -> str:
    """Return the message of a problem of a value, or of a page, in the active language."""
    template = PROBLEMS.get(problem.code)
    return problem_messages.message_for(problem) if template is None else gettext(template) % problem.params
