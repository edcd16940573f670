"""The catalogue of the wiki's data: DCAT 3, as data portals harvest it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext, override

from wiki.ask.formats.rdf import to_uri
from wiki.errors import gettext_noop
from wiki.linked_data import mednum
from wiki.pages.models import LANGUAGES, Kind, WikiPage
from wiki.pages.rendering import page_cache

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import URIRef

MEDIA_TYPE = "https://www.iana.org/assignments/media-types/"
EACH_ITS_OWN = gettext_noop("Each record names its own licence.")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One file of a dataset."""

    name: str
    """The end of its address after the kind."""
    label: str
    """A message id."""
    media_type: str
    conforms_to: str = ""
    """URL of its schema, or the end of that address."""


DISTRIBUTIONS = (
    Distribution("geojson", gettext_noop("GeoJSON"), "application/geo+json", "schema.json"),
    Distribution("csv", gettext_noop("Table (CSV)"), "text/csv", "tableschema.json"),
)
"""The files of every kind."""
SCHEMAS = (
    Distribution("tableschema.json", gettext_noop("Table Schema"), "application/json"),
    Distribution("schema.json", gettext_noop("JSON Schema"), "application/schema+json"),
)
OF_PLACES = (
    Distribution(
        "mednum.csv", gettext_noop("Table in the format «médiation numérique»"), "text/csv", mednum.SCHEMA_ADDRESS
    ),
    Distribution("elements.geojson", gettext_noop("Elements for maps made with GoGoCarto"), "application/geo+json"),
)
"""The files of places alone."""


def distributions_of(kind: str) -> Sequence[Distribution]:
    """Return the files with the pages of a kind."""
    return (*DISTRIBUTIONS, *OF_PLACES) if kind == "place" else DISTRIBUTIONS


@dataclass(frozen=True, slots=True)
class KindDataset:
    """The pages of a kind as a dataset."""

    kind: Kind
    count: int
    licenses: tuple[str, ...]
    modified: str

    @property
    def files(self) -> list[tuple[str, str]]:
        """The label and the address of each of its files."""
        files = (*distributions_of(self.kind.key), *SCHEMAS)
        return [(gettext(one.label), reverse("kind_data", args=[self.kind.key, one.name])) for one in files]


def datasets() -> list[KindDataset]:
    """Return the kinds of page with pages that anonymous readers may read. Two queries."""
    pages = WikiPage.objects.readable_by(AnonymousUser()).articles().order_by()
    rows: dict[str, list[tuple[str, int, str]]] = {}
    counted = pages.values_list("kind__key", "license").annotate(Count("pk"), Max("edited_at"))
    for key, license, count, latest in counted:
        rows.setdefault(key or "article", []).append((license, count, latest.isoformat()))
    return [
        KindDataset(
            kind,
            sum(count for _, count, _ in rows[kind.key]),
            tuple(sorted(license for license, _, _ in rows[kind.key])),
            max(latest for _, _, latest in rows[kind.key]),
        )
        for kind in Kind.objects.all()
        if kind.key in rows
    ]


def catalogue_graph() -> Graph:
    """Return the catalogue: a dataset for each kind, with its files."""
    from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, Literal

    graph = Graph()
    base = to_uri(f"{settings.BASE_ADDRESS}/")
    publisher, catalogue = to_uri(f"{base}#publisher"), to_uri(f"{base}dcat.ttl#catalogue")
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    graph.add((catalogue, DCTERMS.title, Literal(settings.SITE_NAME)))
    graph.add((catalogue, FOAF.homepage, base))
    graph.add((catalogue, DCTERMS.publisher, publisher))
    graph.add((publisher, RDF.type, FOAF.Organization))
    graph.add((publisher, FOAF.name, Literal(settings.SITE_NAME)))
    for language, _ in LANGUAGES:
        with override(language):
            description = gettext("The data of the wiki, as its readers wrote it.")
            graph.add((catalogue, DCTERMS.description, Literal(description, lang=language)))
    _add_service(graph, catalogue)
    for dataset in datasets():
        graph.add((catalogue, DCAT.dataset, _add_dataset(graph, dataset, publisher)))
    return graph


def _add_service(graph: Graph, catalogue: URIRef) -> None:
    """Add the SPARQL endpoint as a data service."""
    from rdflib import DCAT, DCTERMS, RDF, Literal

    endpoint = to_uri(f"{settings.BASE_ADDRESS}{reverse('sparql')}")
    graph.add((catalogue, DCAT.service, endpoint))
    graph.add((endpoint, RDF.type, DCAT.DataService))
    graph.add((endpoint, DCAT.endpointURL, endpoint))
    graph.add((endpoint, DCTERMS.conformsTo, to_uri("https://www.w3.org/TR/sparql11-protocol/")))
    for language, _ in LANGUAGES:
        with override(language):
            title = gettext("All facts of all pages, as triples")
            graph.add((endpoint, DCTERMS.title, Literal(title, lang=language)))


def _add_dataset(graph: Graph, dataset: KindDataset, publisher: URIRef) -> URIRef:
    """Add a dataset with its files; return its URI."""
    from rdflib import DCAT, DCTERMS, RDF, XSD, Literal

    kind = dataset.kind
    subject = to_uri(f"{settings.BASE_ADDRESS}{reverse('open_data')}#{kind.key}")
    graph.add((subject, RDF.type, DCAT.Dataset))
    graph.add((subject, DCTERMS.identifier, Literal(kind.key)))
    graph.add((subject, DCTERMS.publisher, publisher))
    graph.add((subject, DCTERMS.modified, Literal(dataset.modified, datatype=XSD.dateTime)))
    graph.add((subject, DCAT.landingPage, to_uri(f"{settings.BASE_ADDRESS}{reverse('open_data')}")))
    for language, _ in LANGUAGES:
        with override(language):
            graph.add((subject, DCTERMS.title, Literal(kind.plural, lang=language)))
            description = gettext("All pages of the kind “%(kind)s”, with their facts.") % {"kind": kind.name}
            graph.add((subject, DCTERMS.description, Literal(description, lang=language)))
            graph.add((subject, DCAT.keyword, Literal(kind.plural.lower(), lang=language)))
    for file in distributions_of(kind.key):
        graph.add((subject, DCAT.distribution, _add_distribution(graph, dataset, file)))
    return subject


def _add_distribution(graph: Graph, dataset: KindDataset, file: Distribution) -> URIRef:
    """Add a file of a dataset; return its URI. It has a licence if all pages have the same, else it says where."""
    from rdflib import DCAT, DCTERMS, RDF, Literal

    def url_of(name: str) -> str:
        return f"{settings.BASE_ADDRESS}{reverse('kind_data', args=[dataset.kind.key, name])}"

    address = to_uri(url_of(file.name))
    subject = to_uri(f"{address}#distribution")
    graph.add((subject, RDF.type, DCAT.Distribution))
    graph.add((subject, DCAT.accessURL, address))
    graph.add((subject, DCAT.downloadURL, address))
    graph.add((subject, DCAT.mediaType, to_uri(MEDIA_TYPE + file.media_type)))
    if file.conforms_to:
        schema = file.conforms_to if file.conforms_to.startswith("https://") else url_of(file.conforms_to)
        graph.add((subject, DCTERMS.conformsTo, to_uri(schema)))
    for language, _ in LANGUAGES:
        with override(language):
            graph.add((subject, DCTERMS.title, Literal(gettext(file.label), lang=language)))
            if len(dataset.licenses) > 1:
                graph.add((subject, DCTERMS.rights, Literal(gettext(EACH_ITS_OWN), lang=language)))
    if len(dataset.licenses) == 1:
        for url in page_cache.license_urls(dataset.licenses[0]):
            graph.add((subject, DCTERMS.license, to_uri(url)))
    return subject
