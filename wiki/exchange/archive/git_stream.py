"""The history of a page as a stream for `git fast-import`: the same bytes, and commit ids, on every wiki.

Format: git-fast-import(1). E-mail addresses are placeholders (`3@noreply.HOST`), since archives contain no addresses
of people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wiki.exchange.archive.exported_page import own_host
from wiki.pages.models import PageVersion

_INVALID_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f]+")


def stream(history: Iterable[tuple[PageVersion, str | None]]) -> Iterator[bytes]:
    """Yield the stream in chunks, one commit for each version; `page.md` is the only file."""
    people: dict[tuple[str, str], int] = {}
    yield b"feature done\nreset refs/heads/main\n"
    for version, text in history:
        host = version.origin_host or own_host()
        number = people.setdefault((version.author_name, host), len(people) + 1)
        yield _commit(version, text, f"{_name(version.author_name)} <{number}@noreply.{_name(host)}>")
    yield b"done\n"


def _name(raw: str) -> str:
    """Return a name without characters that are invalid in git names; "?" when nothing is left."""
    return " ".join(_INVALID_IN_NAMES.sub(" ", raw).split()) or "?"


def _commit(version: PageVersion, text: str | None, person: str) -> bytes:
    """Return the commit of one version; `text` is None for a deletion."""
    date = f"{max(0, int(version.claimed_at.timestamp()))} +0000"
    first = version.comment.strip() or f"Version {version.number}"
    message = f"{first}\n\nTitle: {version.title}\nLicense: {version.license}\n".encode()
    header = f"commit refs/heads/main\nmark :{version.number}\nauthor {person} {date}\ncommitter {person} {date}\n"
    parts = [header.encode(), _data_block(message)]
    if version.number > 1:
        parts.append(f"from :{version.number - 1}\n".encode())
    if text is None:
        parts.append(b"D page.md\n")
    else:
        parts += [b"M 100644 inline page.md\n", _data_block(text.encode())]
    return b"".join([*parts, b"\n"])


def _data_block(raw: bytes) -> bytes:
    """Return a data command with the exact byte count."""
    return b"data %d\n%s\n" % (len(raw), raw)
