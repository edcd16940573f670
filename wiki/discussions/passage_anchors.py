"""Which passage of a page a thread is about, now: anchors of threads followed through the versions of their page.

An anchor is the name of a passage. A passage whose words change ends, and the one that replaces it has its name in
`grew_from`; one that comes back or moves has it in `origin`. So the history itself says where an anchor is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from wiki.discussions.models import Thread
from wiki.history.authorship import current_passages
from wiki.history.models import Passage, with_name
from wiki.history.word_attribution import parse_passage_name
from wiki.pages.models import WikiPage
from wiki.text.passages import folded_words
from wiki.text.strip_markup import strip_markup

CHOICES = 400
"""Passages of a page that a form offers."""
LABEL, QUOTED = 80, 600
"""Characters of a passage in the list of a form, and in the head of a thread."""
WORDS_IN_LINK = 8


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a thread is about: the passage as it is now, or as it was if it is gone."""

    text: str
    """Without markup."""
    is_gone: bool
    link: str
    """Address of the page, where browsers scroll to the passage; of the page alone if it is gone."""


def choices_for(page: WikiPage) -> list[tuple[str, str]]:
    """Return the current passages of a page that have words, as names and short texts. One query."""
    rows = current_passages(page).exclude(words="")[:CHOICES]
    return [(row.name, f"{'— ' if row.kind != 'heading' else ''}{_shortened(row, LABEL)}") for row in rows]


def find_current(page: WikiPage, name: str) -> Passage | None:
    """Return the current passage of `page` with a name, or None, also for what is no name. One query at most."""
    try:
        condition = with_name(name)
    except ValueError:
        return None
    if any(len(part) > 18 for part in name.split(".")):
        return None
    return Passage.objects.filter(condition, page=page, removed_in=None).first()


def find_by_words(page: WikiPage, words: str) -> Passage | None:
    """Return the current passage of `page` that the most of some words stand in together, or None. One query."""
    wanted = " ".join(folded_words(words[:1000]))
    if not wanted:
        return None
    rows = list(current_passages(page).exclude(words=""))
    whole = [row for row in rows if f" {wanted} " in f" {row.words} "]
    inside = [row for row in rows if f" {row.words} " in f" {wanted} "]
    return next(iter(whole), None) or max(inside, key=lambda row: len(row.words), default=None)


def anchors_of(threads: Iterable[Thread]) -> dict[int, Anchor]:
    """Return the anchors of those threads that are about a passage, by primary key. Two queries for each page."""
    by_page: dict[int, list[Thread]] = defaultdict(list)
    for thread in threads:
        if thread.passage:
            by_page[thread.page_id].append(thread)
    found: dict[int, Anchor] = {}
    for page_pk, anchored in by_page.items():
        current = _current_names(page_pk, {thread.passage for thread in anchored})
        rows = {row.pk: row for row in Passage.objects.filter(pk__in=set(current.values()))}
        for thread in anchored:
            found[thread.pk] = _anchor(thread, rows.get(current.get(thread.passage, 0)))
    return found


def _anchor(thread: Thread, row: Passage | None) -> Anchor:
    """Return the anchor of a thread, given its current passage."""
    address = thread.page.get_absolute_url()
    if row is None:
        return Anchor(thread.passage_text[:QUOTED], True, address)
    words = " ".join(strip_markup(row.text, row.kind).split()[:WORDS_IN_LINK])
    fragment = quote(words, safe="").replace("-", "%2D")  # «-» has a meaning in fragments of texts
    return Anchor(_shortened(row, QUOTED), False, f"{address}#:~:text={fragment}")


def _current_names(page_pk: int, anchors: Collection[str]) -> dict[str, int]:
    """Return the primary keys of the current passages that anchors lead to; an anchor that is gone has none.

    One query for the columns of all later passages of the page, without their texts.
    """
    wanted = {name for name in anchors if name.startswith(f"{page_pk}.")}
    if not wanted:
        return {}
    oldest = min(parse_passage_name(name, page_pk)[1] for name in wanted)
    rows = Passage.objects.filter(page=page_pk, added_in__gte=oldest).order_by("added_in", "rank")
    successors: dict[str, list[str]] = defaultdict(list)
    origins: dict[str, str] = {}
    alive: dict[str, int] = {}
    for pk, added_in, rank, removed_in, origin, grew_from in rows.values_list(
        "pk", "added_in", "rank", "removed_in", "origin", "grew_from"
    ):
        name = f"{page_pk}.{added_in}.{rank}"
        if removed_in is None:
            alive[name] = pk
        origins[name] = origin
        successors[grew_from].append(name)
        successors[f"={origin}"].append(name)
    found = {name: _follow(name, origins, successors, alive) for name in wanted}
    return {name: key for name, key in found.items() if key is not None}


def _follow(
    name: str, origins: Mapping[str, str], successors: Mapping[str, list[str]], alive: Mapping[str, int]
) -> int | None:
    """Return the primary key of the nearest current passage that comes from the one with a name, or None.

    `successors` are those that grew from a passage, by its name, and those of one origin, by `=` and its name.
    """
    level, seen = [name], {name}
    while level:
        if found := [alive[one] for one in level if one in alive]:
            return found[0]
        later = [
            other for one in level for key in (one, f"={origins.get(one, one)}") for other in successors.get(key, ())
        ]
        level = [one for one in dict.fromkeys(later) if one not in seen]
        seen.update(level)
    return None


def _shortened(row: Passage, limit: int) -> str:
    """Return the text of a passage without markup, in one line of at most `limit` characters."""
    text = " ".join(strip_markup(row.text, row.kind).split())
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
