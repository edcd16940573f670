"""A history as a stream for `git fast-import`: the same bytes, and commit ids, on every wiki.

Form: git-fast-import(1). Mail addresses are made up (`3@noreply.HOST`), since archives carry
names, never addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wiki.exchange.archive.exported_page import own_host
from wiki.pages.models import PageVersion

_NOT_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f]+")


def stream(history: Iterable[tuple[PageVersion, str | None]]) -> Iterator[bytes]:
    """The pieces of the stream, one commit a version; `page.md` is the only file."""
    people: dict[tuple[str, str], int] = {}
    yield b"feature done\nreset refs/heads/main\n"
    for version, text in history:
        host = version.origin_host or own_host()
        number = people.setdefault((version.author_name, host), len(people) + 1)
        yield _commit(version, text, f"{_name(version.author_name)} <{number}@noreply.{_name(host)}>")
    yield b"done\n"


def _name(raw: str) -> str:
    """A name without what ends a name in git."""
    return " ".join(_NOT_IN_NAMES.sub(" ", raw).split()) or "?"


def _commit(version: PageVersion, text: str | None, person: str) -> bytes:
    """One commit."""
    when = f"{max(0, int(version.claimed_at.timestamp()))} +0000"
    first = version.comment.strip() or f"Version {version.number}"
    message = f"{first}\n\nTitle: {version.title}\nLicense: {version.license}\n".encode()
    head = f"commit refs/heads/main\nmark :{version.number}\nauthor {person} {when}\ncommitter {person} {when}\n"
    parts = [head.encode(), _data(message)]
    if version.number > 1:
        parts.append(f"from :{version.number - 1}\n".encode())
    if text is None:
        parts.append(b"D page.md\n")
    else:
        parts += [b"M 100644 inline page.md\n", _data(text.encode())]
    return b"".join([*parts, b"\n"])


def _data(raw: bytes) -> bytes:
    """A counted block."""
    return b"data %d\n%s\n" % (len(raw), raw)
