"""Names of sections: from the words of a heading to the id that links lead to."""

from __future__ import annotations

import re

from wiki.text.titles import fold

ANCHOR_PREFIX = "s-"
"""Begins every id in a text, so that none can take the place of an id of the page around it."""


def slug(heading: str, separator: str = "-") -> str:
    """The words of a heading without case and accents, joined; never empty.

    Does not begin with `s-`, so that a prefixed id is never taken for an unprefixed one.
    """
    joined = re.sub(r"[\W_]+", separator, fold(heading)).strip(separator) or "section"
    return joined.replace(ANCHOR_PREFIX, "s", 1) if joined.startswith(ANCHOR_PREFIX) else joined


def section_id(heading: str) -> str:
    """The id of the (first) section with this heading, as `[[Page#Heading]]` names it."""
    return ANCHOR_PREFIX + slug(heading)
