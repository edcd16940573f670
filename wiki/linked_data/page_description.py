"""What a page says in the vocabulary of schema.org: JSON-LD for search engines and for the address of its data.

A page about a thing of the world (a place, an event) is a `WebPage` whose `mainEntity` is that thing: authors, licence
and dates are those of the page. A practice or an article is the page itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.html import json_script

from wiki.ask.embedding.structured_data import StructuredData
from wiki.linked_data import vocabulary
from wiki.linked_data.schema_values import Json, ValueWriter, own_picture_key, picture_object
from wiki.linked_data.vocabulary import KindSchema, SchemaTerm, Shape
from wiki.pages import contributors
from wiki.pages.media_models import file_key, pictures_by_name
from wiki.pages.models import Fork, WikiPage
from wiki.pages.rendering import page_cache
from wiki.text.titles import CATEGORY, fold

if TYPE_CHECKING:
    from wiki.ask.embedding.fact_box import PageFact, PageFacts

AUTHORS_LIMIT = 100
"""Authors that a description names at most; the page of credits has all of them."""
SHARED_WIDTH = 1200
"""Pixels of the picture for previews of links, as those who show them want."""
VALUES_LIMIT = 50
"""Values of one property of schema.org at most."""
CONTEXT = "https://schema.org"


def describe_page(facts: PageFacts) -> StructuredData:
    """Return the JSON-LD of a page, escaped for `<script>`, with what it depends on. Three queries."""
    page = facts.slots.page
    if page is None or page.redirect_key:
        return StructuredData()
    described = PageDescriber(page, facts)
    script = json_script(described.describe())  # escapes what would end the element
    return StructuredData(
        script.partition(">")[2].rpartition("<")[0],
        described.shared_picture_url(),
        {f"File:{name}" for name in described.picture_names},
        {described.fork.upstream_id} if described.fork and described.fork.upstream_id else set(),
    )


class PageDescriber:
    """Describes one page."""

    def __init__(self, page: WikiPage, facts: PageFacts) -> None:
        self.page, self.facts = page, facts
        self.kind = page.kind.key if page.kind else "article"
        self.terms: KindSchema = vocabulary.kind_terms(self.kind)
        self.url = f"{settings.BASE_ADDRESS}{page.get_absolute_url()}"
        self.fork: Fork | None = Fork.objects.filter(page=page).select_related("upstream").first()
        self.named_facts = [(term, fact) for fact in facts.by_fragment.get("", ()) if (term := self._term(fact))]
        names = {fact.value.raw.rpartition(":")[2] for term, fact in self.named_facts if term.shape == Shape.PICTURE}
        self.page_picture = own_picture_key(page)
        self.picture_names = {key for name in names if (key := file_key(name))} | {self.page_picture} - {""}
        self.pictures = pictures_by_name(self.picture_names) if self.picture_names else {}

    def _term(self, fact: PageFact) -> SchemaTerm | None:
        declaration = self.facts.declarations[fact.key]
        if not fact.value.is_usable or fact.key.startswith("_"):
            return None
        return vocabulary.term_of(self.kind, declaration.title, declaration.equivalent)

    def describe(self) -> Json:
        """Return the description as JSON-LD."""
        work, thing = self._work(), self._thing()
        if self.terms.is_work:
            own = {name: value for name, value in thing.items() if name not in work}
            return work | own | self._steps()
        return work | {"mainEntity": thing}

    # --- The page
    def _work(self) -> Json:
        """Return what is true of the text of a page of any kind."""
        page = self.page
        licenses = page_cache.license_urls(page.license)
        types = list(self.terms.types if self.terms.is_work else ("WebPage",))
        if page.namespace:
            types = ["CollectionPage" if page.namespace == CATEGORY else "WebPage"]
        found: Json = {
            "@context": CONTEXT,
            "@type": types[0] if len(types) == 1 else types,
            "@id": self.url if self.terms.is_work else f"{self.url}#page",
            "url": self.url,
            "name": page.shown_title,
            "headline": page.shown_title[:110],
            "inLanguage": page.language,
            "license": licenses,
            "dateCreated": page.created_at.isoformat(),
            "dateModified": page.edited_at.isoformat(),
            "datePublished": page.created_at.isoformat(),
            "version": str(page.version),
            "author": [{"@type": "Person", "name": name} for name in self._authors()[:AUTHORS_LIMIT]],
        }
        if page.excerpt:
            found["description"] = page.excerpt
        if picture := self.pictures.get(self.page_picture):
            found["image"] = picture_object(picture)
        if page.place is not None:
            place = page.place
            found["publisher"] = {
                "@type": "LocalBusiness",
                "@id": f"{settings.BASE_ADDRESS}{place.get_absolute_url()}",
                "name": place.shown_title,
            }
        return found | self._origin() | self._citations()

    def _citations(self) -> Json:
        """Return the sources of single facts, with their licences."""
        cited = []
        for source in self.facts.sources.values():
            known = source.license
            texts = {"name": source.title, "url": source.url, "about": ", ".join(source.names)}
            texts["license"] = known.deed_url or known.text_url if known is not None else ""
            cited.append({"@type": "CreativeWork"} | {name: text for name, text in texts.items() if text})
        return {"citation": cited} if cited else {}

    def _authors(self) -> list[str]:
        return contributors.authors_of(self.page, upstream_authors=self.fork.upstream_authors if self.fork else ())

    def _origin(self) -> Json:
        """Return the upstream of a fork."""
        if self.fork is None:
            return {}
        upstream = self.fork.upstream
        if upstream is None:
            url = self.fork.upstream_url
        else:
            is_shown = not (upstream.is_deleted or upstream.is_hidden)
            url = f"{settings.BASE_ADDRESS}{upstream.get_absolute_url()}" if is_shown else ""
        origin: Json = {"@type": "CreativeWork", "name": self.fork.upstream_title}
        return {"isBasedOn": origin | ({"@id": url, "url": url} if url else {})}

    def shared_picture_url(self) -> str:
        """Return the absolute URL of a copy of the page's picture that is not too large for previews of links."""
        picture = self.pictures.get(self.page_picture) or next(iter(self.pictures.values()), None)
        return settings.BASE_ADDRESS + picture.sized_copy(SHARED_WIDTH)[0] if picture else ""

    # --- What it is about
    def _thing(self) -> Json:
        """Return what the facts of the page say of what it is about."""
        writer = ValueWriter(
            self.page.language, self.facts.cells.result.pages, self.pictures, self.page.full_title,
            self.facts.slots.place_title,
        )  # fmt: skip
        values: dict[str, list[Any]] = {}
        address: Json = {}
        for term, fact in self.named_facts:
            written = writer.write(term, fact.value, self.facts.declarations[fact.key])
            if term.shape != Shape.ADDRESS:
                values.setdefault(term.name, []).extend(written)
            elif written:
                address.setdefault(term.name, written[0]["name"] if isinstance(written[0], dict) else str(written[0]))
        type_ = self.terms.types[0]
        found: Json = {
            "@type": type_,
            "@id": self.url,
            "url": self.url,
            "name": self.page.shown_title,
        }
        if self.page.excerpt:
            found["description"] = self.page.excerpt
        if address:
            address = {"@type": "PostalAddress"} | address
        _locate(values, type_, address)
        if "image" not in values and (picture := self._page_picture()):
            values["image"] = [picture]
        return found | {name: _one_or_all(some) for name, some in values.items() if some}

    def _page_picture(self) -> Json | None:
        picture = self.pictures.get(self.page_picture)
        return picture_object(picture) if picture else None

    def _steps(self) -> Json:
        """Return the headings of the section of steps as the steps of a practice."""
        if "HowTo" not in self.terms.types:
            return {}
        steps = [
            {
                "@type": "HowToStep",
                "position": number,
                "name": title,
                "text": title,
                "url": f"{self.url}#{anchor}",
            }
            for number, (title, anchor) in enumerate(_step_headings(self.facts.slots.headings), 1)
        ]
        return {"step": steps} if steps else {}


def _locate(values: dict[str, list[Any]], type_: str, address: Json) -> None:
    """Add address and coordinates to what they belong to: the thing itself, or the place where it is."""
    geo = values.pop("geo", [])[:1]
    if type_ == "LocalBusiness":
        values |= {"address": [address]} if address else {}
        values |= {"geo": geo} if geo else {}
        return
    if address and type_ in vocabulary.WITH_ADDRESS:
        values["address"] = [address]
        address = {}
    place: Json = ({"address": address} if address else {}) | ({"geo": geo[0]} if geo else {})
    if not place:
        return
    places = values.setdefault(vocabulary.LOCATION.get(type_, "contentLocation"), [])
    if places and isinstance(places[0], dict):
        places[0] = places[0] | place
    else:
        places.insert(0, {"@type": "Place"} | place)


def _one_or_all(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values[:VALUES_LIMIT])


def _step_headings(headings: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return title and anchor of the headings one level below the heading of the steps."""
    found: list[tuple[str, str]] = []
    level, step_level = 0, 0
    for heading in headings:
        if level and heading["level"] <= level:
            break
        if not level and fold(str(heading["title"]).strip(" :")) in vocabulary.STEP_HEADINGS:
            level = heading["level"]
        elif level:
            step_level = step_level or heading["level"]
            if heading["level"] == step_level:
                found.append((str(heading["title"]), str(heading["id"])))
    return found
