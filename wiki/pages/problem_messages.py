"""Messages of all problems of a page: those of the text, and those that depend on the wiki."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.text.problems import PROBLEMS as TEXT_PROBLEMS
from wiki.text.problems import Problem

PROBLEMS: Mapping[str, str] = {
    **TEXT_PROBLEMS,
    "license_differs": gettext_noop(
        "The text says licence “%(written)s”, the page is under %(page)s. "
        "Change the text, or ask a steward to change the page's licence."
    ),
    "kind_unknown": gettext_noop("“%(kind)s” is no kind of page here. Known: %(known)s."),
    "picture_missing": gettext_noop("The picture “%(name)s” is not here yet. Upload it."),
}


def message_for(problem: Problem) -> str:
    """Return the message of `problem` in the active language."""
    template = PROBLEMS.get(problem.code)
    return gettext(template) % problem.params if template else problem.code
