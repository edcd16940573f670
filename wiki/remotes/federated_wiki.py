"""Pages of Federated Wiki (`slug.json`): their journal as versions, their story as Markdown.

A page is `{title, story: [item], journal: [action]}`; the journal replayed gives the story (wiki-client's
`revision.js`). Who wrote is known by site alone: what stands before a `fork` action was done on the site that it names,
what follows the last one on the site that gives the page. Each action is a version, those that change nothing too;
where the journal does not lead to the story, one more version says what stands there. The licence is CC BY-SA 4.0.
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
from wiki.pages.writing.version_store import clean_text
from wiki.text import titles
from wiki.text.markup.markdown_parser import TEXT_LIMIT

LICENSE = "CC-BY-SA-4.0"
BYTES_LIMIT, ACTIONS_LIMIT = 16_000_000, 20_000
FEDWIKI_START = datetime(2011, 1, 1, tzinfo=UTC)
"""When Federated Wiki began: the date of actions that have none, nor any before them."""
_ADDRESS = re.compile(r"/(?:view/)?(?P<slug>[a-z0-9-]+)(?:\.html|\.json)?/?\Z")
_EXTERNAL = re.compile(r"(?<!\[)\[(https?://[^\s\]<>\"]{1,2000})\s+([^\]\n]{1,500})\](?!\()")
_FENCE = re.compile(r"`{3,}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,255}")
Item = Mapping[str, Any]


def json_address(url: str) -> str:
    """Where the JSON of the Federated Wiki page at `url` would be; "" where the address is of no such page."""
    parts = urlsplit(url)
    match = _ADDRESS.fullmatch(parts.path)
    return f"{parts.scheme}://{parts.netloc}/{match['slug']}.json" if match else ""


def parse_fedwiki(file: BinaryIO, url: str) -> ArchiveContents:
    """The page that stands as JSON at `url`. Raises ArchiveProblem where it is none."""
    page = _page(file)
    host = urlsplit(url).netloc.lower()
    title = _title(page["title"])
    story, journal = _items(page["story"]), [one for one in page["journal"] if isinstance(one, dict)]
    revisions = list(_Replay(host, title).revisions(journal, story))
    address = url.removesuffix(".json") + ".html"
    fork = next((one for one in reversed(journal) if one.get("type") == "fork" and _site(one)), None)
    derived = [] if fork is None else [_origin(fork, title, urlsplit(url).path)]
    credits = {"title": title, "authors": sorted({one.author for one in revisions}), "license": LICENSE,
               "source": address, "derived_from": derived, "media": []}  # fmt: skip
    source = {"host": host, "title": title, "url": address, "version": len(revisions)}
    said = hashlib.sha256("".join(one.text or "" for one in revisions[-1:]).encode()).hexdigest()
    return ArchiveContents(Path(), f"sha256:{said}", title, title, False, source, credits, revisions, is_replayed=True)


def _page(file: BinaryIO) -> dict[str, Any]:
    raw = file.read(BYTES_LIMIT + 1)
    if len(raw) > BYTES_LIMIT:
        raise ArchiveProblem(gettext_noop("“%(path)s” is too large."), path="page.json")
    try:
        page = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArchiveProblem(gettext_noop("%(where)s cannot be read as JSON."), where="page.json") from error
    if isinstance(page, dict):
        page.setdefault("journal", [])
    wanted = (("title", str), ("story", list), ("journal", list))
    if not isinstance(page, dict) or not all(isinstance(page.get(key), kind) for key, kind in wanted):
        raise ArchiveProblem(gettext_noop("This is no page of a Federated Wiki."))
    if len(page["journal"]) > ACTIONS_LIMIT or len(page["story"]) > ACTIONS_LIMIT:
        raise ArchiveProblem(gettext_noop("“%(path)s” is too large."), path="journal")
    return page


def _title(raw: str) -> str:
    """The title as it can be one here."""
    try:
        return titles.clean_title(titles.replace_forbidden_characters(raw[:200], colon=True))
    except titles.TitleProblem as error:
        raise ArchiveProblem(gettext_noop("“%(title)s” cannot be the title of a page."), title=raw[:60]) from error


def _items(story: Sequence[Any]) -> list[Item]:
    return [item for item in story if isinstance(item, dict)]


def _site(action: Item) -> str:
    """The site that an action names, or "" for none."""
    site = action.get("site")
    return site if isinstance(site, str) and _HOST.fullmatch(site) else ""


def _origin(fork: Item, title: str, path: str) -> dict[str, Any]:
    """What the page was forked from, as credits name it."""
    site = _site(fork)
    return {
        "relation": "fork", "title": title, "authors": [site], "license": LICENSE, "host": site, "version": 0,
        "source": f"http://{site}{path.removesuffix('.json')}.html", "date": _date(fork, FEDWIKI_START).isoformat(),
    }  # fmt: skip


def _date(action: Item, before: datetime) -> datetime:
    """When an action was done: milliseconds since 1970; that of the one before where it does not say, or cannot be."""
    value = action.get("date")
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            found = datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return before
        if FEDWIKI_START <= found <= timezone.now():
            return found
    return before


class _Replay:
    """The story as it grows, action by action."""

    def __init__(self, host: str, title: str) -> None:
        self._host, self._title = host, title
        self._story: list[Item] = []
        self._date, self._bytes, self._number = FEDWIKI_START, 0, 0

    def revisions(self, journal: Sequence[Item], story: Sequence[Item]) -> list[Revision]:
        """A version for each action, and one for the story where they do not lead to it. Raises ArchiveProblem."""
        authors, author = [""] * len(journal), self._host
        for index in range(len(journal) - 1, -1, -1):  # before a fork, the site that it is from was at work
            authors[index] = author
            if journal[index].get("type") == "fork":
                author = _site(journal[index]) or author
        found = []
        for action, who in zip(journal, authors, strict=True):
            self._date = _date(action, self._date)
            kind = str(action.get("type"))[:40]
            ACTIONS.get(kind, _nothing)(self._story, action)
            found.append(self._revision(who, f"{kind} {_site(action)}".strip()))
        if not found or found[-1].text != story_to_markdown(story):
            self._story = list(story)
            found.append(self._revision(self._host, "story"))
        return found

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


def _nothing(story: list[Item], action: Item) -> None:
    """A fork, or what nobody knows: the story stays as it is."""


def _create(story: list[Item], action: Item) -> None:
    item = action.get("item")
    begun = item.get("story") if isinstance(item, dict) else None
    story[:] = _items(begun) if isinstance(begun, list) else []


def _add(story: list[Item], action: Item) -> None:
    item = action.get("item")
    if isinstance(item, dict):
        story.insert(_index(story, action.get("after")) + 1, item)


def _edit(story: list[Item], action: Item) -> None:
    item, at = action.get("item"), _index(story, action.get("id"))
    if isinstance(item, dict):
        if at >= 0:
            story[at] = item
        else:
            story.append(item)


def _move(story: list[Item], action: Item) -> None:
    order = action.get("order")
    if isinstance(order, list):
        places = {key: place for place, key in reversed(list(enumerate(order))) if isinstance(key, str)}
        story.sort(key=lambda item: places.get(str(item.get("id")), len(places)))


def _remove(story: list[Item], action: Item) -> None:
    if (at := _index(story, action.get("id"))) >= 0:
        del story[at]


def _index(story: Sequence[Item], key: Any) -> int:
    """Where the item of that id stands; -1 for none."""
    return next((at for at, item in enumerate(story) if key is not None and item.get("id") == key), -1)


ACTIONS: Mapping[str, Callable[[list[Item], Item], None]] = {
    "create": _create, "add": _add, "edit": _edit, "move": _move, "remove": _remove,
}  # fmt: skip

# ---------------------------------------------------------------- items


def story_to_markdown(story: Sequence[Item]) -> str:
    """A story as Markdown, an item a block; what has no words here stands as it is, in a fence."""
    blocks = (_block(item) for item in story)
    return "\n\n".join(block for block in blocks if block.strip())


def _block(item: Item) -> str:
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
