"""Random histories of a small wiki, in which every view is compared with one made afresh.

The wiki has few titles, so that edits, moves, redirects, deletions and forks meet often. `StaleViewSearch.step` makes
one random change with the wiki's own writer, and then reads some pages as an anonymous reader does, through all caches.
"""

from __future__ import annotations

import random
import re
from io import BytesIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from PIL import Image

from wiki.errors import DatabaseBusy, EditConflict, Refused
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.media_models import Picture
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.rendering import page_cache
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.titles import TitleProblem

BY = Author(None, "Quelqu'un")
PLACE = "Grange"
NAMES = ["Alpha", "Béta", "Gamma", "Delta", "Epsilon", f"{PLACE}:Alpha", f"{PLACE}:Béta", "Alpha/Sous"]
CATEGORIES = ["Category:X", "Category:Y", "Category:Z"]
PROPERTIES = ["Property:Porte", "Property:Sous", "Property:Ville", "Property:Nombre", "Property:Fiche"]
TEMPLATES = ["Template:Modèle", "Template:Autre"]
CONCEPTS = ["Concept:Grand"]
TITLES = [*NAMES, *NAMES, *CATEGORIES, *PROPERTIES, *TEMPLATES, *CONCEPTS]
"""Titles that are written; those of pages come twice as often."""
DECLARATIONS = {
    "Property:Porte": ["Page", "Page", "Page", "Text"],
    "Property:Sous": ["Page"],
    "Property:Ville": ["Text", "Text", "Page"],
    "Property:Nombre": ["Number", "Number", "Text"],
    "Property:Fiche": ["Record\nHas fields: Nombre; Porte"],
}
PICTURE = "Vue.png"
CONDITIONS = [
    "[[Porte::Alpha]]", "[[Porte::Béta]]", "[[Porte.Ville::Lyon]]", "[[Porte.Porte.Ville::Lyon]]", "[[-Porte::Alpha]]",
    "[[-Porte::+]]", "[[-Porte.Ville::Lyon]]", "[[Porte::<q>[[Ville::Lyon]]</q>]]", "[[Porte::<q>[[Category:X]]</q>]]",
    "[[Category:X]]", "[[Category:Y]]", "[[Category:X]] [[Ville::+]]", "[[Category::X]]", "[[Category:!X]] [[:+]]",
    "[[Sous::+]]", "[[Porte::+]]", "[[Ville::Lyon]]", "[[Ville::!Lyon]]", "[[Ville::!+]] [[:+]]", "[[Nombre::>2]]",
    "[[Nombre::~1*]]", "[[Alpha||Béta]]", "[[~A*]]", "[[:+]]", "[[Grange:+]]", "[[Concept:Grand]]", "[[Alpha#part]]",
    "[[>B]]", "[[Porte::+]] [[<Béta]]",
    "[[Has subobject::+]]", "[[Has subobject.Nombre::>2]]", "[[-Has subobject::Alpha]]", "[[Porte::Alpha#part]]",
    "[[Porte.Nombre::>2]]", "[[Fiche.Porte::Alpha]]", "[[Fiche::2; Alpha]]", "[[Fiche.Porte.Ville::Lyon]]",
    "[[Porte::!Alpha]]", "[[Modification date::>2020]]", "[[Has improper value for::Nombre]]",
    "[[Lieu::Grange]]", "[[Ville::Lyon]] OR [[-Porte::Béta]]", "[[Porte::~B*]]", "[[Porte::Alpha||Grange:Béta]]",
]  # fmt: skip
PRINTOUTS = [
    "", "", "|?Ville", "|?Porte", "|?Porte.Ville", "|?Porte.Porte.Ville", "|?-Porte", "|?Category", "|?Category:X",
    "|?-Porte.Ville", "|?Nombre|?Fiche", "|?Has subobject", "|?Modification date|?Sous", "|?Porte.Has subobject.Nombre",
]  # fmt: skip
OPTIONS = [
    "", "", "", "|limit=1", "|limit=1|order=desc", "|sort=Ville|limit=1", "|sort=Porte.Ville",
    "|sort=Nombre|order=desc", "|format=count", "|format=ul", "|format=template|template=Modèle", "|format=gallery",
    "|sort=Porte.Nombre|limit=2", "|format=embedded", "|at=2024", "|offset=1|limit=1",
    "|format=category", "|format=tree|parent=Porte",
]  # fmt: skip


def existing_titles() -> list[str]:
    """Return the full titles of all pages that are not deleted."""
    pages = WikiPage.objects.filter(title_key__isnull=False).order_by("pk")
    return list(pages.values_list("full_title", flat=True))


def stable(html: str) -> str:
    """Return a response without what differs between two of the same page: ids that are drawn, times of day."""
    return re.sub(r'nonce-[\w-]+|nonce="[^"]*"|csrfmiddlewaretoken[^>]*', "", html)


class StaleViewSearch:
    """One random history; `fault` describes the first view that differed from a fresh one."""

    def __init__(self, seed: int, *, views: int = 10) -> None:
        self.chance = random.Random(seed)
        self.views_per_step, self.view_count = views, 0
        self.anna = Client(headers={"accept-language": "fr", "host": "localhost"})
        self.log: list[str] = []
        self.fault = ""
        self.queries = [self._query() for _ in range(40)]
        self.shows = ["{{#show: Alpha|?Porte.Ville}}", "{{#show: Béta|?Porte}}", "{{#show: Renvoi|?Ville}}"]

    def set_up(self) -> None:
        """Write the pages whose views are compared, the place, and the first pages."""
        page_writer.create_place(PLACE, "Un lieu.", by=BY)
        for title in PROPERTIES:
            self._write(title)
        for number, text in enumerate([*self.queries, *self.shows]):
            page_writer.create(f"Liste {number}", text, by=BY)
        for title in (*NAMES[:5], *CATEGORIES, *TEMPLATES, *CONCEPTS):
            self._write(title)

    def step(self) -> bool:
        """Make one change and compare some views; whether all were as if made afresh."""
        self.change()
        return all(self.compare(title) for title in self.chance.choices(existing_titles(), k=self.views_per_step))

    def change(self) -> None:
        """Make one random change, which may be refused."""
        change = self.chance.choices(
            [self._edit, self._move, self._delete, self._undelete, self._redirect, self._picture, self._fork],
            weights=[10, 8, 5, 3, 3, 1, 1],
        )[0]
        try:
            self.log.append(change())
        except (Refused, TitleProblem, DatabaseBusy, EditConflict) as problem:
            self.log.append(f"{change.__name__}: refused, {problem}")

    def read_some(self) -> None:
        """Read some pages, which other processes may be changing."""
        for title in self.chance.choices(existing_titles(), k=self.views_per_step):
            self._read(title)

    def compare(self, title: str) -> bool:
        """Read a page through all caches and afresh; whether both are the same."""
        self.view_count += 1
        cached = self._read(title)
        store, page_cache.RESPONSE_STORE = page_cache.RESPONSE_STORE, page_cache.ResponseStore(1)
        try:
            with transaction.atomic():
                RenderedPage.objects.filter(page__full_title=title).delete()
                fresh = self._read(title)
                transaction.set_rollback(True)
        finally:
            page_cache.RESPONSE_STORE = store
        if cached != fresh:
            self.fault = f"{title} differs after {self.log[-12:]}:\n{_difference(cached, fresh)}"
        return cached == fresh

    def _read(self, title: str) -> str:
        response = self.anna.get(address("page", title))
        return f"{response.status_code} {response.headers.get('Location', '')}\n{stable(response.content.decode())}"

    # --- Changes ----------------------------------------------------------------------------------
    def _title(self) -> str:
        return self.chance.choice(TITLES)

    def _page(self) -> WikiPage | None:
        return page_lookup.find_by_key(self._title())

    def _edit(self) -> str:
        return self._write(self._title())

    def _write(self, title: str, text: str | None = None) -> str:
        text = self._text(title) if text is None else text
        page = page_lookup.find_by_key(title)
        if page is None:
            page_writer.create(title, text, by=BY)
        else:
            page_writer.edit(page, text, BY, base=page.version)
        return f"write {title}: {text!r}"

    def _move(self) -> str:
        page = self._page()
        free = set(TITLES) - set(WikiPage.objects.values_list("full_title", flat=True).exclude(title_key=None))
        title = self.chance.choice(sorted(free)) if free and self.chance.random() < 0.8 else self._title()
        if self.chance.random() < 0.05:
            page, title = (
                page_lookup.find_by_key(self.chance.choice([PLACE, "Ferme"])),
                self.chance.choice([PLACE, "Ferme"]),
            )
        if page is None:
            return "nothing"
        leave = self.chance.random() < 0.5
        was = page.full_title
        page_moves.move(page, title, BY, leave_redirect=leave)
        return f"move {was} to {title}, redirect {leave}"

    def _delete(self) -> str:
        page = self._page()
        if page is None:
            return "nothing"
        page_writer.delete(page, BY)
        return f"delete {page.full_title}"

    def _undelete(self) -> str:
        deleted = list(WikiPage.objects.filter(title_key=None).select_related("source", "place").order_by("pk"))
        if not deleted:
            return "nothing"
        page = self.chance.choice(deleted)
        page_writer.undelete(page, BY)
        return f"undelete {page.full_title}"

    def _redirect(self) -> str:
        title, target = self._title(), self._title()
        return self._write(title, f"#REDIRECT [[{':' if target.startswith('Category') else ''}{target}]]")

    def _picture(self) -> str:
        picture = Picture.objects.filter(name=PICTURE).first() or Picture.objects.first()
        if picture is None:
            raw = BytesIO()
            Image.new("RGB", (8, 8), "red").save(raw, "PNG")
            Picture.objects.create(title=PICTURE, name=PICTURE, file=ContentFile(raw.getvalue(), PICTURE))
            return "picture"
        if self.chance.random() < 0.3:
            picture.delete()
            return "picture deleted"
        picture.name = picture.title = "Autre.png" if picture.name == PICTURE else PICTURE
        picture.save()
        return f"picture renamed to {picture.name}"

    def _fork(self) -> str:
        page = page_lookup.find_by_key(self.chance.choice(NAMES))
        place = page_lookup.find_by_key(PLACE)
        if page is None or place is None:
            return "nothing"
        title = self.chance.choice(["Alpha", "Béta", "Copie"])
        fork_creation.fork(page, ForkTarget(place=place, title=title), BY)
        return f"fork {page.full_title} as {title}"

    # --- Texts ------------------------------------------------------------------------------------
    def _query(self) -> str:
        choose = self.chance.choice
        return f"{{{{#ask: {choose(CONDITIONS)}{choose(PRINTOUTS)}{choose(OPTIONS)}}}}}"

    def _text(self, title: str) -> str:
        if title in DECLARATIONS:
            parent = self.chance.choice(["", "\nSubproperty of: Porte"]) if title == "Property:Sous" else ""
            return f"---\nHas type: {self.chance.choice(DECLARATIONS[title])}{parent}\n---\n"
        if title in CONCEPTS:
            return f"{{{{#concept: {self.chance.choice(CONDITIONS[:24])}|Un concept.}}}}"
        if title in TEMPLATES:
            return f"Modèle {self.chance.randrange(5)} : {{{{{{1|{{{{PAGENAME}}}}}}}}}} {self._snippet()}"
        if title in CATEGORIES:
            return self.chance.choice(["Une catégorie.", f"[[{self.chance.choice(CATEGORIES)}]]"])
        return "\n\n".join(self._snippet() for _ in range(self.chance.randrange(1, 6)))

    def _snippet(self) -> str:
        choose = self.chance.choice
        name = choose(NAMES)
        return choose([
            f"[[Porte::{name}]]", f"[[Porte::{name}]]", f"[[Porte::{name}#part]]", f"[[Sous::{name}]]",
            f"[[Ville::{choose(['Lyon', 'Brest', name])}]]", f"[[Nombre::{choose(['1', '3', '12', 'dix'])}]]",
            f"{{{{#subobject: part|Nombre={choose(['1', '5'])}|Porte={name}}}}}", f"[[{choose(CATEGORIES)}]]",
            f"{{{{#set: Fiche={choose(['2; Alpha', '3; Béta'])}}}}}", f"[[{name}]]", f"{{{{Modèle|{name}}}}}",
            "{{Autre}}", f"{{{{DEFAULTSORT:{choose(['Aaa', 'Zut'])}}}}}",
            f"{{{{:{name}}}}}", f"![]({choose(['File:Vue.png', 'File:Autre.png'])})", self._query(),
            f"{{{{#show: {name}|?Porte.Ville}}}}", f"[[{choose(CATEGORIES)}]] [[Ville::Lyon]]", "Rien.",
        ])  # fmt: skip


def _difference(cached: str, fresh: str) -> str:
    """Return the lines in which a cached and a fresh view differ."""
    old, new = set(cached.splitlines()), set(fresh.splitlines())
    lines = [f"cached: {line.strip()}" for line in cached.splitlines() if line not in new]
    return "\n".join([*lines[:8], *[f"fresh:  {line.strip()}" for line in fresh.splitlines() if line not in old][:8]])
