"""Crawls the site by its links: deleted content is not shown, and hostile content is not executed."""

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
from django.http.response import HttpResponseBase
from django.test import Client

from tests.factories import make_page, make_place
from tests.pages.test_media import drawn
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.forks.fork_creation import ForkTarget, fork
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture
from wiki.pages.models import Kind
from wiki.pages.site_settings import SiteTexts
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

SECRET_TITLE, SECRET_TEXT = "Zibeline", "Chinchilla"
"""Words in the deleted title, and in the deleted text, comment and category."""
MAX_PAGES = 240
"""Most pages of a crawl."""
MAX_VARIANTS = 5
"""Most URLs that differ only in their query string."""


def walk(client: Client, *first: str) -> Iterator[tuple[str, HttpResponseBase, bytes]]:
    """Crawl from the URLs `first`; yield URL, response and body."""
    seen, queue = set(first), list(first)
    visits: Counter[str] = Counter()
    while queue and len(seen) < MAX_PAGES:
        address = queue.pop(0)
        counters.clear()
        response = client.get(address)
        body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
        yield address, response, body
        links = [response.headers["Location"]] if "Location" in response.headers else re.findall(
            rb'(?:href|action|src)="([^"#]+)', body)  # fmt: skip
        for link in links:
            url = urljoin(address, (link.decode() if isinstance(link, bytes) else link).replace("&amp;", "&"))
            parts = urlsplit(url)
            if parts.netloc in ("", "testserver", "127.0.0.1:8000") and not parts.path.startswith(
                ("/static/", "/admin")
            ):
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                if path not in seen and visits[parts.path] < MAX_VARIANTS:
                    seen.add(path)
                    visits[parts.path] += 1
                    queue.append(path)


def unpack(response: HttpResponseBase, body: bytes) -> bytes:
    """Return the body, or for an archive, the contents of its files."""
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("user_name", ["anna", "alice", "charlie"])
@pytest.mark.slow
def test_deleted_content_is_shown_nowhere(
    user_name: str, alice: User, bob: User, charlie: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page(
        f"Page {SECRET_TITLE}", f"Un mot : {SECRET_TEXT}. [[Catégorie:{SECRET_TEXT}]]", by=alice, place=place
    )
    page_writer.edit(page, f"Autre {SECRET_TEXT}.", Author.of(alice), EditSummary(f"dit {SECRET_TEXT}"))
    other = make_page("Voisine", "Une voisine.", by=alice, place=place)
    fork(other, ForkTarget(place=place, title=f"Copie {SECRET_TITLE}"), Author.of(alice))
    copy = page_lookup.find(f"Atelier:Copie {SECRET_TITLE}", bob)
    assert copy is not None
    users = {"anna": anna, "alice": alice, "charlie": charlie}
    client = client_of(users[user_name])
    before = [address for address, _, body in walk(client, "/") if SECRET_TITLE.encode() in body]
    assert len(before) > 5, "the walk leads to what will be deleted"
    for deleted_page in (page, copy):
        page_writer.delete(deleted_page, Author.of(bob), "à oublier")
    title = f"Atelier:Page_{SECRET_TITLE}"
    more_urls = [f"/{view}/{title}" for view in ("history", "forks", "links-to", "feeds/history")]
    more_urls += [
        "/export/Atelier",
        "/archive/Atelier.zip",
        "/archive/Atelier:Voisine.zip",
        "/sitemap.xml",
        "/sitemap-1.xml",
    ]
    leaks = []
    for address, response, body in walk(client, "/", *more_urls, *before):
        text = unpack(response, body)
        in_url = SECRET_TITLE in address  # a page may contain the title of its own URL
        if response.status_code == 200 and (
            SECRET_TEXT.encode() in text or (SECRET_TITLE.encode() in text and not in_url)
        ):
            leaks.append(address)
    assert [address for address in leaks if SECRET_TEXT not in address] == []


HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'{{constructor}}</title>"
SAFE_TITLE = "\"onmouseover='alert(3)' x=" + "'&amp;"


def test_hostile_content_is_executed_nowhere(alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    alice.first_name = HOSTILE[:100]
    alice.save()
    labels = dict.fromkeys(("name_fr", "name_en", "plural_fr", "plural_en"), HOSTILE[:80])
    Kind.objects.create(key="mal", icon=HOSTILE[:40], colour=HOSTILE[:20], **labels)
    metadata = dict.fromkeys(("description", "author", "source", "title"), HOSTILE)
    picture = Picture(license="CC0-1.0", **metadata)
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
    for address, response, body in walk(client_of(bob), "/", "/search?q=" + HOSTILE.replace("#", "")):
        count += 1
        kind = response.headers.get("Content-Type", "")
        if "xml" in kind and "openxml" not in kind:
            ElementTree.fromstring(body)  # invalid XML fails the test
        if body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                pages = [archive.read(name) for name in archive.namelist() if name.endswith(".html")]
        else:
            pages = [body] if "html" in kind else []
        faults += [(address, fault) for one in pages for fault in find_faults(one)]
    assert count > 40
    assert faults == []


def find_faults(page: bytes) -> list[str]:
    """Return the elements of a page that could run code: foreign scripts, event handlers, script URLs, frames."""
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
