"""`<includeonly>`: what a template gives to the pages that include it, and what is no part of its own page."""

from __future__ import annotations

import re

_TAG_OR_CODE = re.compile(r"^[ >]*(?P<fence>`{3,}|~{3,})|(?P<ticks>`+)|<includeonly\s*>", re.MULTILINE | re.IGNORECASE)
_END_TAG = re.compile(r"</includeonly\s*>", re.IGNORECASE)


def own_slices(body: str) -> list[tuple[int, int]]:
    """Return start and end of the parts of a body outside `<includeonly>`: what a page shows under its own title.

    As in MediaWiki, an element that is not closed reaches to the end. Tags in code are text.
    """
    if "<includeonly" not in body.lower():
        return [(0, len(body))]
    slices, position, search_from = [], 0, 0
    while match := _TAG_OR_CODE.search(body, search_from):
        if match["fence"] or match["ticks"]:
            search_from = _end_of_code(body, match)
            continue
        slices.append((position, match.start()))
        end = _END_TAG.search(body, match.end())
        position = search_from = end.end() if end else len(body)
    return [*slices, (position, len(body))]


def _end_of_code(body: str, opening: re.Match[str]) -> int:
    """Return the index after a fence (not closed: the end of the text) or a code span (not closed: its ticks)."""
    if fence := opening["fence"]:
        closing = re.compile(rf"^[ >]*{re.escape(fence)}{re.escape(fence[0])}*[ \t]*$", re.MULTILINE)
        end = closing.search(body, opening.end())
        return end.end() if end else len(body)
    paragraph_end = body.find("\n\n", opening.end())
    ticks = re.compile(rf"(?<!`){opening['ticks']}(?!`)")
    end = ticks.search(body, opening.end(), len(body) if paragraph_end < 0 else paragraph_end)
    return end.end() if end else opening.end()
