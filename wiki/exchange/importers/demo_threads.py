"""Loads the threads of the demo (format: `demo/README.md`), but none that is there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wiki.accounts.models import User
from wiki.discussions import post_writer, thread_changes
from wiki.discussions.models import Post, Thread
from wiki.history.authorship import current_passages
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.text import titles


def load_threads(threads: Iterable[Mapping[str, Any]], people: Mapping[str, User]) -> int:
    """Load the threads that are not there yet, about pages that are there; return how many. Raises WikiError."""
    count = 0
    for entry in threads:
        page = page_lookup.find_by_key(titles.key_of(str(entry["page"])))
        begun = entry["post"][0]["at"]
        if page is not None and not Thread.objects.filter(page=page, created_at=begun).exists():
            _load_thread(page, entry, people)
            count += 1
    return count


def _load_thread(page: WikiPage, entry: Mapping[str, Any], people: Mapping[str, User]) -> None:
    """Load one thread with its posts. Its passage is the one whose text begins as the entry says."""
    beginning = str(entry.get("passage", ""))
    passage = current_passages(page).filter(text__startswith=beginning).first() if beginning else None
    first, *others = entry["post"]
    by = people[str(first["by"])]
    post = post_writer.start_thread(page, str(entry["title"]), str(first["text"]), by, passage, first["at"])
    posts: dict[int, Post] = {1: post}
    for other in others:
        by = people[str(other["by"])]
        answered = posts.get(int(other.get("reply_to", 0)))
        post = post_writer.reply(post.thread, str(other["text"]), by, answered, other["at"])
        posts[post.number] = post
        if other.get("resolves"):
            thread_changes.change_state(post.thread, by, is_resolved=True)
