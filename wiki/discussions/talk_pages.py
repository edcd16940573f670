"""Wiki pages in the namespaces of discussions: which page each is about, and how one becomes threads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import transaction

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.discussions.models import TEXT_LIMIT, TITLE_LIMIT, Thread
from wiki.discussions.post_rendering import RenderedPost, render_post
from wiki.discussions.post_writer import NewPost, store_post
from wiki.errors import Refused, gettext_noop
from wiki.pages import page_lookup, permissions
from wiki.pages.contributors import authors_of
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.permissions import Action
from wiki.pages.writing.cache_versions import invalidate_places
from wiki.text import titles
from wiki.text.frontmatter.frontmatter_reader import parse_front_matter
from wiki.text.strip_markup import strip_markup

if TYPE_CHECKING:
    from wiki.pages.models import Reader

SECTIONS_LIMIT = 200
"""Threads that one page can become."""
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")


def subject_title(page: WikiPage) -> str:
    """Return the full title of the page that a page in a namespace of discussions is about; "" for other pages."""
    if page.namespace % 2 == 0:
        return ""
    space = titles.NAMESPACES[page.namespace - 1].canonical
    return f"{space}:{page.title}" if space else page.title


def find_talk_page(page: WikiPage, user: Reader) -> WikiPage | None:
    """Return the wiki page with the discussion of `page`, if there is one that `user` may read. One query at most."""
    title = titles.talk_title(page.full_title)
    talk = page_lookup.find(title, user) if titles.key_or_empty(title) else None
    return None if talk is None or talk.redirect_key else talk


def is_imported(talk: WikiPage) -> bool:
    """Whether threads were made from a page."""
    return Thread.objects.filter(imported_from__page=talk).exists()


def import_threads(page: WikiPage, talk: WikiPage, by: User) -> int:
    """Make a thread about `page` of each section of its discussion, the page `talk`, which stays; return how many.

    They are signed by the authors of `talk`, since a text says nothing certain of who wrote which part of it.
    Raises NotAllowed, RateLimitExceeded, Refused.
    """
    permissions.require(by, Action.EDIT, talk)
    sections = list(split_sections(parse_front_matter(talk.source.text or "").body, page.shown_title))
    if not sections:
        raise Refused(gettext_noop("There is nothing in it yet."))
    if len(sections) > SECTIONS_LIMIT:
        raise Refused(
            gettext_noop("This page has %(count)d sections: %(limit)d at most become discussions."),
            count=len(sections), limit=SECTIONS_LIMIT,
        )  # fmt: skip
    rate_limits.limit_batches(by)
    names = ", ".join(authors_of(talk))[:255]
    version = talk.versions.get(number=talk.version)
    rendered = [(title, [(text, render_post(text, page)) for text in texts]) for title, texts in sections]
    with transaction.atomic():
        WikiPage.objects.select_for_update(of=("self",)).get(pk=talk.pk)  # one of two requests at the same moment waits
        if is_imported(talk):
            raise Refused(gettext_noop("This page was turned into discussions already."))
        for title, posts in rendered:
            _store(page, title, posts, names, version)
        invalidate_places({page.pk, talk.pk})
    return len(rendered)


def _store(page: WikiPage, title: str, posts: list[tuple[str, RenderedPost]], names: str, version: PageVersion) -> None:
    """Store a thread made of a section, dated by the version that it is from."""
    at = version.claimed_at
    thread = Thread.objects.create(
        page=page, title=title, author_name=names, created_at=at, last_post_at=at, imported_from=version
    )
    for text, rendered in posts:
        store_post(thread, NewPost(None, names, text, RenderedPost(rendered.html, []), at), is_published=False)


def split_sections(text: str, first_title: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of the highest level of headings: title, and text in parts that are short enough for posts.

    What stands before the first heading has `first_title`. Headings in fenced code are text.
    """
    lines = text.split("\n")
    headings = dict(_headings(lines))
    top = min((level for level, _ in headings.values()), default=0)
    starts = [number for number, (level, _) in headings.items() if level == top]
    for start, end in zip([-1, *starts], [*starts, len(lines)], strict=True):
        body = "\n".join(lines[start + 1 : end]).strip("\n")
        title = strip_markup(headings[start][1])[:TITLE_LIMIT] if start >= 0 else first_title
        if body.strip() or start >= 0:
            yield title or first_title, _in_parts(body if body.strip() else title or first_title)


def _headings(lines: list[str]) -> Iterator[tuple[int, tuple[int, str]]]:
    """Yield the number of each line that is a heading, with its level and words."""
    fence = ""
    for number, line in enumerate(lines):
        opening = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence) and not line.strip(" \t`~"):
                fence = ""
        elif opening:
            fence = opening[1]
        elif match := _HEADING.fullmatch(line):
            yield number, (len(match[1]), match[2])


def _in_parts(text: str) -> list[str]:
    """Return a text in parts of at most TEXT_LIMIT characters, divided between lines where that is possible."""
    parts = []
    while len(text) > TEXT_LIMIT:
        cut = text.rfind("\n", TEXT_LIMIT // 2, TEXT_LIMIT) + 1 or TEXT_LIMIT
        parts.append(text[:cut])
        text = text[cut:]
    return [part for part in [*parts, text] if part.strip()]
