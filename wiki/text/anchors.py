"""Anchors of sections: from the text of a heading to the HTML id that links point to."""

from __future__ import annotations

import re

from wiki.text.titles import fold

ANCHOR_PREFIX = "s-"
"""Prefix of every id in a page text, so that it cannot collide with an id of the surrounding page."""


def slug(heading: str, separator: str = "-") -> str:
    """Return a heading in lower case, without accents, its words joined by `separator`; never empty.

    The result does not begin with `s-`, so that a prefixed id is never mistaken for an unprefixed one.
    """
    joined = re.sub(r"[\W_]+", separator, fold(heading)).strip(separator) or "section"
    return joined.replace(ANCHOR_PREFIX, "s", 1) if joined.startswith(ANCHOR_PREFIX) else joined


def section_id(heading: str) -> str:
    """Return the id of the (first) section with this heading, the target of `[[Page#Heading]]`."""
    return ANCHOR_PREFIX + slug(heading)
