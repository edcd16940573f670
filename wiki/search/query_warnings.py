"""Messages about parts of a query that were ignored."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from wiki.search import search_parser
from wiki.search.search_ast import QueryWarning

MESSAGES = {
    "long": _("Only the first %(length)s signs were read."),
    "many": _("Only the first %(terms)s words were looked for."),
    "deep": _("Parentheses stand too deep in each other: some were ignored."),
    "quote": _("A quotation mark is never closed: all that follows it was taken as one phrase."),
    "parenthesis": _("A parenthesis has no other half: it was ignored."),
    "operator": _("“%(text)s” has nothing to join: it was ignored."),
    "star": _("In “%(text)s” only a * at the end of the word counts."),
    "question_mark": _("In “%(text)s” the ? stands for no letter: only a * at the end of a word does."),
    "short": _("“%(text)s” is too short for a beginning: two letters at least. It was looked for as a word."),
    "likenesses": _("Only the first %(likenesses)s words with ~ were looked for with other letters."),
    "field": _("“%(text)s:” has no value: it was ignored."),
    "unknown_kind": _("There is no kind of page called “%(text)s”: that condition was ignored."),
    "unknown_place": _("There is no place called “%(text)s”: that condition was ignored."),
    "unknown_category": _("There is no category called “%(text)s”: that condition was ignored."),
    "unknown_licence": _("No page has the licence “%(text)s”: that condition was ignored."),
    "unknown_language": _("“%(text)s” is no language of pages: that condition was ignored."),
    "unknown_before": _("“%(text)s” is no date, like 2019, 2019-03 or 2019-03-05: that condition was ignored."),
    "unknown_after": _("“%(text)s” is no date, like 2019, 2019-03 or 2019-03-05: that condition was ignored."),
    "unknown_page": _("There is no page called “%(text)s”: all pages were searched."),
    "unknown_day": _("“%(text)s” is no date, like 2019, 2019-03 or 2019-03-05: that condition was ignored."),
}


def message_for(warning: QueryWarning) -> str:
    """Return the message for a warning in the current language."""
    return gettext(MESSAGES[warning.code]) % {
        "text": warning.text,
        "length": search_parser.MAX_LENGTH,
        "terms": search_parser.MAX_TERMS,
        "likenesses": search_parser.MAX_FUZZY_TERMS,
    }
