"""Pages of Federated Wiki (`slug.json`): converts the journal to versions and the story to Markdown.

A page is `{title, story: [item], journal: [action]}`; replaying the journal gives the story (wiki-client's
`revision.js`). Authors are known only as sites: actions before a `fork` action were done on the site that it names,
actions after the last one on the site that serves the page. Each action becomes a version, even when it changes
nothing; when the journal does not lead to the story, one more version holds the story. The licence is CC BY-SA 4.0.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from django.utils import timezone

from wiki.errors import ArchiveProblem, gettext_noop
from wiki.exchange.archive.archive_reader import ArchiveContents, Revision
from wiki.exchange.archive.format_spec import LIMITS
from wiki.text import titles
from wiki.text.markup.markdown_parser import TEXT_LIMIT
from wiki.text.normalization import clean_text

LICENSE = "CC-BY-SA-4.0"
BYTES_LIMIT, ACTIONS_LIMIT = 16_000_000, 20_000
FEDWIKI_START = datetime(2011, 1, 1, tzinfo=UTC)
"""Start of Federated Wiki: the date of actions without a date and without a dated action before them."""
_PAGE_PATH = re.compile(r"/(?:view/)?(?P<slug>[a-z0-9-]+)(?:\.html|\.json)?/?\Z")
_EXTERNAL = re.compile(r"(?<!\[)\[(https?://[^\s\]<>\"]{1,2000})\s+([^\]\n]{1,500})\](?!\()")
_FENCE = re.compile(r"`{3,}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,255}")
Item = Mapping[str, Any]


def json_address(url: str) -> str:
    """Return the URL of the JSON of the Federated Wiki page at `url`; "" when `url` cannot be such a page."""
    parts = urlsplit(url)
    match = _PAGE_PATH.fullmatch(parts.path)
    return f"{parts.scheme}://{parts.netloc}/{match['slug']}.json" if match else ""


def parse_fedwiki(file: BinaryIO, url: str) -> ArchiveContents:
    """Parse the JSON of a page fetched from `url`, as the content of an archive. Raises ArchiveProblem."""
    page = _parse_page(file)
    host = urlsplit(url).netloc.lower()
    title = _valid_title(page["title"])
    story, journal = _dict_items(page["story"]), [entry for entry in page["journal"] if isinstance(entry, dict)]
    revisions = list(_JournalReplay(host, title).revisions(journal, story))
    address = url.removesuffix(".json") + ".html"
    fork = next((entry for entry in reversed(journal) if entry.get("type") == "fork" and _site(entry)), None)
    derived_from = [] if fork is None else [_fork_entry(fork, title, urlsplit(url).path)]
    credits = {"title": title, "authors": sorted({entry.author for entry in revisions}), "license": LICENSE,
               "source": address, "derived_from": derived_from, "media": []}  # fmt: skip
    source = {"host": host, "title": title, "url": address, "version": len(revisions)}
    text_hash = hashlib.sha256("".join(entry.text or "" for entry in revisions[-1:]).encode()).hexdigest()
    return ArchiveContents(
        Path(), f"sha256:{text_hash}", title, title, False, source, credits, revisions, is_replayed=True
    )


def _parse_page(file: BinaryIO) -> dict[str, Any]:
    raw = file.read(BYTES_LIMIT + 1)
    if len(raw) > BYTES_LIMIT:
        raise ArchiveProblem(gettext_noop("“%(path)s” is too large."), path="page.json")
    try:
        page = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArchiveProblem(gettext_noop("%(where)s cannot be read as JSON."), where="page.json") from error
    if isinstance(page, dict):
        page.setdefault("journal", [])
    required = (("title", str), ("story", list), ("journal", list))
    if not isinstance(page, dict) or not all(isinstance(page.get(key), kind) for key, kind in required):
        raise ArchiveProblem(gettext_noop("This is no page of a Federated Wiki."))
    if len(page["journal"]) > ACTIONS_LIMIT or len(page["story"]) > ACTIONS_LIMIT:
        raise ArchiveProblem(gettext_noop("“%(path)s” is too large."), path="journal")
    return page


def _valid_title(raw: str) -> str:
    """Return `raw` as a valid title of this wiki. Raises ArchiveProblem."""
    try:
        return titles.clean_title(titles.replace_forbidden_characters(raw[:200], colon=True))
    except titles.TitleProblem as error:
        raise ArchiveProblem(gettext_noop("“%(title)s” cannot be the title of a page."), title=raw[:60]) from error


def _dict_items(story: Sequence[Any]) -> list[Item]:
    return [item for item in story if isinstance(item, dict)]


def _site(action: Item) -> str:
    """Return the site named by an action; "" when it names none."""
    site = action.get("site")
    return site if isinstance(site, str) and _HOST.fullmatch(site) else ""


def _fork_entry(fork: Item, title: str, path: str) -> dict[str, Any]:
    """Return the entry of `derived_from` for a fork action."""
    site = _site(fork)
    return {
        "relation": "fork", "title": title, "authors": [site], "license": LICENSE, "host": site, "version": 0,
        "source": f"http://{site}{path.removesuffix('.json')}.html", "date": _date(fork, FEDWIKI_START).isoformat(),
    }  # fmt: skip


def _date(action: Item, before: datetime) -> datetime:
    """Return the date of an action (milliseconds since 1970); `before` when it is missing or out of range."""
    value = action.get("date")
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            date = datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return before
        if FEDWIKI_START <= date <= timezone.now():
            return date
    return before


class _JournalReplay:
    """Replays the actions of a journal on the story."""

    def __init__(self, host: str, title: str) -> None:
        self._host, self._title = host, title
        self._story: list[Item] = []
        self._date, self._bytes, self._number = FEDWIKI_START, 0, 0

    def revisions(self, journal: Sequence[Item], story: Sequence[Item]) -> list[Revision]:
        """Return a version per action, and one for `story` if the actions do not lead to it. Raises ArchiveProblem."""
        authors, author = [""] * len(journal), self._host
        for index in range(len(journal) - 1, -1, -1):  # actions before a fork were done on the site that it names
            authors[index] = author
            if journal[index].get("type") == "fork":
                author = _site(journal[index]) or author
        revisions = []
        for action, revision_author in zip(journal, authors, strict=True):
            self._date = _date(action, self._date)
            kind = str(action.get("type"))[:40]
            ACTIONS.get(kind, _ignore)(self._story, action)
            revisions.append(self._revision(revision_author, f"{kind} {_site(action)}".strip()))
        if not revisions or revisions[-1].text != story_to_markdown(story):
            self._story = list(story)
            revisions.append(self._revision(self._host, "story"))
        return revisions

    def _revision(self, author: str, comment: str) -> Revision:
        text = clean_text(story_to_markdown(self._story))
        raw = text.encode()
        self._bytes += len(raw)
        self._number += 1
        if len(raw) > TEXT_LIMIT or self._bytes > LIMITS.texts_bytes:
            limit = LIMITS.texts_bytes // 1_000_000
            raise ArchiveProblem(gettext_noop("The texts of the history are more than %(limit)d MB."), limit=limit)
        return Revision(
            self._number, author, self._number, author, self._date, comment, False, [], self._title, LICENSE, "en",
            False, text,
        )  # fmt: skip


# ---------------------------------------------------------------- actions


def _ignore(story: list[Item], action: Item) -> None:
    """Do nothing: for a fork, or an unknown type of action."""


def _create(story: list[Item], action: Item) -> None:
    item = action.get("item")
    initial_story = item.get("story") if isinstance(item, dict) else None
    story[:] = _dict_items(initial_story) if isinstance(initial_story, list) else []


def _add(story: list[Item], action: Item) -> None:
    item = action.get("item")
    if isinstance(item, dict):
        story.insert(_index_of(story, action.get("after")) + 1, item)


def _edit(story: list[Item], action: Item) -> None:
    item, index = action.get("item"), _index_of(story, action.get("id"))
    if isinstance(item, dict):
        if index >= 0:
            story[index] = item
        else:
            story.append(item)


def _move(story: list[Item], action: Item) -> None:
    order = action.get("order")
    if isinstance(order, list):
        positions = {key: position for position, key in reversed(list(enumerate(order))) if isinstance(key, str)}
        story.sort(key=lambda item: positions.get(str(item.get("id")), len(positions)))


def _remove(story: list[Item], action: Item) -> None:
    if (index := _index_of(story, action.get("id"))) >= 0:
        del story[index]


def _index_of(story: Sequence[Item], key: Any) -> int:
    """Return the index of the item with the id `key`; -1 when there is none."""
    return next((index for index, item in enumerate(story) if key is not None and item.get("id") == key), -1)


ACTIONS: Mapping[str, Callable[[list[Item], Item], None]] = {
    "create": _create, "add": _add, "edit": _edit, "move": _move, "remove": _remove,
}  # fmt: skip

# ---------------------------------------------------------------- items


def story_to_markdown(story: Sequence[Item]) -> str:
    """Return a story as Markdown, one block for each item; items of unknown types become fenced code blocks."""
    blocks = (_item_to_markdown(item) for item in story)
    return "\n\n".join(block for block in blocks if block.strip())


def _item_to_markdown(item: Item) -> str:
    kind, raw = item.get("type"), item.get("text")
    text = raw if isinstance(raw, str) else ""
    if kind in ("paragraph", "markdown", "html"):
        return _EXTERNAL.sub(r"[\2](\1)", text).strip("\n")
    if kind == "pagefold":
        return f"## {' '.join(text.split())}" if text.strip() else ""
    if kind == "reference":
        site, slug = _site(item), item.get("slug")
        name = " ".join(str(item.get("title") or slug or "").split())
        link = f"[{name}](http://{site}/{slug}.html)" if site and isinstance(slug, str) and slug.isascii() else name
        return "\n".join(f"> {line}".rstrip() for line in [link, "", *text.split("\n")])
    if kind == "image":
        return f"*[{' '.join(str(item.get('caption') or text).split())}]*"
    if kind == "factory" and not text:
        return ""
    fence = "`" * max([3, *(len(match) + 1 for match in _FENCE.findall(text))])
    name = kind if isinstance(kind, str) and re.fullmatch(r"[\w-]{1,30}", kind) else ""
    return f"{fence}{'' if name == 'code' else name}\n{text}\n{fence}"
