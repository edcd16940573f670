"""A hidden page shows nowhere: every address answers as it did before the page was written."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from tests.conftest import person
from tests.factories import make_page
from tests.permission_matrix import ROWS, scene
from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import Changeset
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing import page_hiding, page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite"), pytest.mark.slow]

TITLE, OLD_TITLE, WORD = "Atelier:Zibeline", "Atelier:Hermine", "chinchilla"
"""The title of the hidden page, which other pages name; the redirect to it; and a word that only its text has."""
TEXT = f"""---
Nature: Personne
Prénom: {WORD} du fait
Champ {WORD}: oui
Depuis: 2020-03-01
Coordonnées: 45.7, 4.8
Ami: Voisine
---
Un portrait de {WORD}, assez long pour un extrait. [[Voisine]] [[Page voulue {WORD}]]
[[Catégorie:Rongeurs {WORD}]] ![légende {WORD}](File:Etabli.jpg)
"""
NEIGHBOUR = """---
Ami: Atelier:Zibeline
---
[[Atelier:Zibeline]] et [[Atelier:Hermine]], {{:Atelier:Zibeline}}
{{#ask: [[Nature::Personne]] |?Prénom |format=table}}
{{#ask: [[Ami::Voisine]] |?Prénom |?Depuis |format=ul}} {{#ask: [[-Ami::Voisine]] }}
{{#ask: [[Nature::Personne]] |format=count}}
"""
API = (
    "list=allpages", f"list=search&srsearch={WORD}", f"list=categorymembers&cmtitle=Category:Rongeurs {WORD}",
    "list=backlinks&bltitle=Voisine", "list=imageusage&iutitle=File:Etabli.jpg", "meta=siteinfo&siprop=statistics",
    f"titles={TITLE}|{OLD_TITLE}&prop=info|revisions|links|categories|images",
    "titles=Voisine&prop=links|linkshere|info&lhlimit=50", "titles=File:Etabli.jpg&prop=fileusage",
)  # fmt: skip
BROWSED = (("property", "Champ"), ("category", "Rong"), ("pvalue", "chin"), ("psubject", "Zib"), ("subject", "Zib"))
COMPLETED = (("property", "Champ"), ("category", "Rong"), ("page", "Zib"), ("value", "chin"), ("value", ""))
QUERIES = (
    "[[Nature::Personne]]|?Prénom|?Depuis", f"[[Champ {WORD}::oui]]", f"[[{TITLE}]]|?Prénom", "[[-Ami::Voisine]]",
    f"[[Catégorie:Rongeurs {WORD}]]", "[[Ami.Prénom::+]]", f"[[Prénom::~*{WORD}*]]", f"[[Ami::{TITLE}]]",
    f"[[{OLD_TITLE}]]", f"[[Chanp {WORD}::oui]]",
)  # fmt: skip
SEARCHES = (
    {"q": WORD}, {"q": WORD, "when": "ever"}, {"q": "Zibeline"}, {"q": "Hermine", "when": "ever"}, {"q": "chinchila"},
    {"q": "Zibelina"}, {"q": f'category:"Rongeurs {WORD}"'}, {"q": "nature:personne"}, {"q": "auteur:dora"},
)  # fmt: skip
OTHERS = (
    "/search/suggest?q=Zib", "/search/suggest?q=Herm", f"/search/feed?q={WORD}", f"/property/Champ_{WORD}",
    "/property/Pr%C3%A9nom", f"/wiki/Category:Rongeurs_{WORD}", "/wiki/File:Etabli.jpg", "/browse/Voisine",
    "/wiki/Voisine", "/links-to/Voisine", "/search-by-property?property=Ami&value=Voisine",
    "/all-pages?kind=person", "/all-pages?q=Zibeline", "/all-pages?place=Atelier", "/wiki/Zibeline", "/wiki/Zibelin",
    "/contributions/dora", f"/wiki/{TITLE}?version=1", f"/wiki/{OLD_TITLE}?redirect=no",
    f"/history/Discussion:{TITLE}",
)  # fmt: skip


CHANGING = re.compile(
    r'csrfmiddlewaretoken" value="[^"]*"|csrftoken[^,]*|nonce[-="][^" ]*|"time": "?[^,]*|\d\d:\d\d:\d\d[.\d]*|\+0\d:?00'
)
"""What differs at each request."""


def matrix_addresses() -> Iterator[str]:
    """Yield the GET addresses of the permission matrix."""
    for name, rows in ROWS.items():
        yield from (reverse(name, kwargs=row.arguments) + row.query for row in rows if not row.post)


def aimed_addresses() -> Iterator[str]:
    """Yield the GET addresses of the permission matrix for the hidden page, and searches that would find it."""
    for name, rows in ROWS.items():
        if any("title" in row.arguments and not row.post for row in rows):
            yield reverse(name, kwargs={"title": TITLE})
    yield from (f"/search?{urlencode(search)}" for search in SEARCHES)
    yield from (f"/ask?{urlencode({'q': query})}" for query in QUERIES)
    yield from (f"/ask/file?{urlencode({'q': QUERIES[0], 'format': form})}" for form in ("csv", "rdf", "feed"))
    yield from (f"/ask?{urlencode({'q': QUERIES[0], 'format': form})}" for form in ("map", "timeline", "category"))
    yield from (f"/api.php?action=query&{query}" for query in API)
    yield from (f"/api.php?{urlencode({'action': 'ask', 'query': query})}" for query in QUERIES)
    for browse, text in BROWSED:
        parameters = json.dumps({"search": text, "property": "Prénom", "limit": 20, "subject": TITLE, "ns": 0})
        yield f"/api.php?{urlencode({'action': 'smwbrowse', 'browse': browse, 'params': parameters})}"
    yield from (f"/ask/complete?{urlencode({'kind': kind, 'q': q, 'property': 'Prénom'})}" for kind, q in COMPLETED)
    yield from OTHERS


def body_of(client: Client, address: str) -> str:
    """Return status, target and text (of an archive, of its files) of a response, without what differs every time."""
    counters.clear()
    slow_work._leases.clear()
    client.cookies.pop("messages", None)  # what the address before it said
    response: Any = client.get(address)
    content = b"".join(response) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist() if name.startswith("data/"))
    text = content.decode(errors="replace")
    text = CHANGING.sub("", text)
    return f"{response.status_code} {response.headers.get('Location', '')}\n{text}"


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the addresses that answer otherwise than before."""
    return [one for one, text in after.items() if text != before[one]]


def test_a_hidden_page_shows_nowhere_and_comes_back(
    alice: User, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    dora = person("dora")
    scene(alice, bob)
    BackgroundTask.objects.all().delete()  # it has no arguments, and cannot be run
    make_page("Voisine", NEIGHBOUR, by=alice)
    background_jobs.run_pending()
    next_changeset = Changeset.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    aimed = ["/", "/changes", "/sitemap-1.xml", f"/changes?batch={next_changeset + 1}", *aimed_addresses()]
    client = client_of(anna)

    def read(some: Iterable[str]) -> dict[str, str]:
        return {one: body_of(client, one) for one in some}

    before = read({*matrix_addresses(), *aimed})
    page = make_page(OLD_TITLE.partition(":")[2], TEXT, by=dora, place=page_lookup.get_place("Atelier", bob))
    make_page(f"Discussion:{OLD_TITLE}", f"On en parle : {WORD}.", by=alice)
    page_moves.move(page, TITLE, Author.of(bob), f"renommée {WORD}", with_talk=True)
    page = page_lookup.reload_page(page.pk)
    page_writer.edit(page, f"{TEXT}\nEncore {WORD}.", Author.of(dora), EditSummary(f"dit {WORD}"))
    background_jobs.run_pending()
    read(["/wiki/Voisine", "/", "/wiki/Atelier"])  # so that their results are cached
    page_hiding.hide(page, Author.of(dora), f"parce que {WORD}")
    assert differing(before, read(before)) == []

    page_hiding.show(page, Author.of(dora))
    background_jobs.run_pending()
    seen = differing(before, read(aimed))
    assert len(seen) > 70, "the addresses lead to what was hidden"
    assert set(OTHERS) <= set(seen)
    page_hiding.hide(page, Author.of(dora))
    background_jobs.run_pending()
    rebuild_derived.rebuild()
    background_jobs.run_pending()
    assert differing(before, read(seen)) == []
    as_alice = client_of(alice)
    assert [one for one in seen if WORD not in one and WORD in body_of(as_alice, one)] == []
