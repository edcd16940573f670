"""Walks through every address that screens and feeds lead to: nothing deleted shows, nothing hostile runs."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http.response import HttpResponseBase
from django.test import Client

from tests.factories import make_page, make_place
from tests.pages.test_media import drawn
from wiki.accounts.models import User
from wiki.forks.fork_creation import ForkTarget, fork
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture
from wiki.pages.models import Kind
from wiki.pages.site_settings import SiteTexts
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = pytest.mark.django_db

SECRET, SAID = "Zibeline", "Chinchilla"
"""What stands in the deleted title, and what in the deleted text, comment and category."""
ENOUGH = 200
"""Addresses of one walk."""
ALIKE = 5
"""Addresses of one screen that differ only in their query."""


def walk(client: Client, *first: str) -> Iterator[tuple[str, HttpResponseBase, bytes]]:
    """Every answer that can be reached by links from `first`, with its address and its body."""
    seen, waiting = set(first), list(first)
    alike: Counter[str] = Counter()
    while waiting and len(seen) < ENOUGH:
        address = waiting.pop(0)
        cache.clear()
        answer = client.get(address)
        body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
        yield address, answer, body
        links = [answer.headers["Location"]] if "Location" in answer.headers else re.findall(
            rb'(?:href|action|src)="([^"#]+)', body)  # fmt: skip
        for link in links:
            found = urljoin(address, (link.decode() if isinstance(link, bytes) else link).replace("&amp;", "&"))
            parts = urlsplit(found)
            if parts.netloc in ("", "testserver", "127.0.0.1:8000") and not parts.path.startswith(
                ("/static/", "/admin")
            ):
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                if path not in seen and alike[parts.path] < ALIKE:
                    seen.add(path)
                    alike[parts.path] += 1
                    waiting.append(path)


def unpacked(answer: HttpResponseBase, body: bytes) -> bytes:
    """The body, with what is inside where it is an archive."""
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("who", ["anna", "alice", "charlie"])
@pytest.mark.slow
def test_it_shows_nothing_deleted_anywhere(
    who: str, alice: User, bob: User, charlie: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page(f"Page {SECRET}", f"Un mot : {SAID}. [[Catégorie:{SAID}]]", by=alice, place=place)
    page_writer.edit(page, f"Autre {SAID}.", Author.of(alice), EditSummary(f"dit {SAID}"))
    other = make_page("Voisine", "Une voisine.", by=alice, place=place)
    fork(other, ForkTarget(place=place, title=f"Copie {SECRET}"), Author.of(alice))
    copy = page_lookup.find(f"Atelier:Copie {SECRET}", bob)
    assert copy is not None
    people = {"anna": anna, "alice": alice, "charlie": charlie}
    client = client_of(people[who])
    before = [address for address, _, body in walk(client, "/") if SECRET.encode() in body]
    assert len(before) > 5, "the walk leads to what will be deleted"
    for one in (page, copy):
        page_writer.delete(one, Author.of(bob), "à oublier")
    title = f"Atelier:Page_{SECRET}"
    extra = [f"/{view}/{title}" for view in ("history", "forks", "links-to", "feeds/history")]
    extra += [
        "/export/Atelier",
        "/archive/Atelier.zip",
        "/archive/Atelier:Voisine.zip",
        "/sitemap.xml",
        "/sitemap-1.xml",
    ]
    leaks = []
    for address, answer, body in walk(client, "/", *extra, *before):
        text = unpacked(answer, body)
        echo = SECRET in address  # a screen may say the title that it was asked for
        if answer.status_code == 200 and (SAID.encode() in text or (SECRET.encode() in text and not echo)):
            leaks.append(address)
    assert [address for address in leaks if SAID not in address] == []


HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'{{constructor}}</title>"
SAFE_TITLE = "\"onmouseover='alert(3)' x=" + "'&amp;"


def test_it_runs_nothing_hostile_anywhere(alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    alice.first_name = HOSTILE[:100]
    alice.save()
    words = dict.fromkeys(("name_fr", "name_en", "plural_fr", "plural_en"), HOSTILE[:80])
    Kind.objects.create(key="mal", icon=HOSTILE[:40], colour=HOSTILE[:20], **words)
    told = dict.fromkeys(("description", "author", "source", "title"), HOSTILE)
    picture = Picture(license="CC0-1.0", **told)
    picture.set_content(drawn("PNG"), "Mal.png")
    picture.save()
    SiteTexts.objects.create(heading_fr=HOSTILE, words_fr=HOSTILE)
    place = make_place(f"Lieu {SAFE_TITLE}", by=bob)
    text = f"""---
Titre affiché: {HOSTILE!r}
{SAFE_TITLE.replace(":", "")!r}: {HOSTILE!r}
Site: javascript:alert(4)
Nature: {HOSTILE!r}
licence: {HOSTILE!r}
---
# {HOSTILE}

{HOSTILE} [[Ailleurs|{HOSTILE}]] [a](javascript:alert(5)) [b](data:text/html,x) <a href="vbscript:x">c</a>
[[Catégorie:{SAFE_TITLE}]] ![{HOSTILE}](File:{SAFE_TITLE}.png) {{{{{HOSTILE}}}}} ![{HOSTILE}](File:Mal.png) ![](Mal.png)

```{SAFE_TITLE}
{HOSTILE}
```

<svg onload="alert(6)"></svg><math href="javascript:x">m</math><iframe srcdoc="x"></iframe><style>*{{}}</style>
"""
    page = make_page(f"Page {SAFE_TITLE}", text, by=alice, place=place)
    page_writer.edit(page, text + HOSTILE, Author.of(alice), EditSummary(HOSTILE))
    page_writer.edit(page, text, Author(None, HOSTILE, "mal.example"), EditSummary(HOSTILE))
    make_page("De la nature", f"---\nNature: mal\n---\n![](Mal.png) {HOSTILE}", by=alice)
    fork(page, ForkTarget(place=place, title=f"Copie {SAFE_TITLE}"), Author.of(alice))
    page_moves.move(page, f"{place.full_title}:Autre {SAFE_TITLE}", Author.of(bob), HOSTILE)
    faults = []
    count = 0
    for address, answer, body in walk(client_of(bob), "/", "/search?q=" + HOSTILE.replace("#", "")):
        count += 1
        kind = answer.headers.get("Content-Type", "")
        if "xml" in kind and "openxml" not in kind:
            ElementTree.fromstring(body)  # an error is a fault
        if body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                pages = [archive.read(name) for name in archive.namelist() if name.endswith(".html")]
        else:
            pages = [body] if "html" in kind else []
        faults += [(address, fault) for one in pages for fault in faults_of(one)]
    assert count > 40
    assert faults == []


def faults_of(page: bytes) -> list[str]:
    """What could run in a page: scripts that are not ours, handlers, addresses that are code."""
    soup = BeautifulSoup(page, "html.parser")
    faults = []
    for tag in soup.find_all(True):
        if (
            tag.name == "script"
            and not str(tag.get("src", "")).startswith("/static/")
            and "json" not in str(tag.get("type"))
        ):
            faults.append(str(tag)[:120])
        if tag.name in ("iframe", "object", "embed", "math") or (tag.name == "style" and tag.parent.name != "head"):
            faults.append(str(tag)[:120])
        for name, value in tag.attrs.items():
            code = re.match(r"\s*(javascript|vbscript|data:text)", str(value), re.IGNORECASE)
            if name.startswith("on") or (name in ("href", "src", "action", "formaction") and code):
                faults.append(str(tag)[:120])
    return faults
