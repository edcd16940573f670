"""The screens of needs and offers, and of what a practice needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from wiki.needs import statement_cache
from wiki.pages import page_lookup
from wiki.pages.writing import page_hiding, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def reader(client_of: ClientOf) -> Client:
    return client_of(AnonymousUser())


@pytest.fixture
def places(bob: User) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n")
    atelier = make_place("Atelier", bob, "---\nBesoins: [Fabrication numérique, <b>Tables</b>]\nOutils: Établi\n"
                         "Coordonnées: 45.758, 4.835\n---\n")  # fmt: skip
    make_place(
        "Bocal", bob, "---\nkind: Lieu\nBesoins: Chèvre\nOffres: '[[Découpe laser]]'\nCoordonnées: 45.767, 4.88\n---\n"
    )
    make_page("Découpe laser", "---\nPlus large: Fabrication numérique\n---\n")
    make_page("Ondes", "---\nNature: Projet\nPorté par: Atelier\nOffres: Antennes\n---\n")
    make_page("Dora", "---\nNature: Personne\nSait faire: Souder\n---\n", by=bob, place=atelier)
    make_page("Tables", "---\nNature: Service\nPrix: 4 €\nFin: 2099-12-24\n---\n", by=bob, place=atelier)
    make_page("Réparer", "---\nNature: Pratique\nOutils: [Établis, Laser]\nPersonnes nécessaires: Soudeuse\n---\n")


def needs_in(content: str) -> str:
    """Return which of two needs a list has."""
    return " ".join(word for word in ("Fabrication", "Chèvre") if f"<h2>{word}" in content)


def test_needs_and_offers(reader: Client, places: None) -> None:
    content = reader.get("/needs").content.decode()
    assert "&lt;b&gt;Tables&lt;/b&gt;" in content
    assert "<b>Tables" not in content
    assert '>Bocal</a> · Découpe laser <span class="needs-distance">3,6&nbsp;km</span>' in content
    assert "par le mot «\u202fDécoupe laser\u202f»" in content
    offers = reader.get("/needs?of=offers").content.decode()
    assert all(f"<h2>{offer}</h2>" in offers for offer in ("Établi", "Découpe laser", "Souder", "Tables"))
    assert "4 €</span>" in offers, "a service says so itself"
    assert "<h2>Laser</h2>" not in offers  # what a practice requires is no offer
    ondes = next(one for one in statement_cache.current_needs().offers if one.text == "Antennes").page
    assert (ondes.place_title, ondes.point) == ("Atelier", (45.758, 4.835))  # of the place that carries it
    practices = reader.get("/needs?of=practices&place=Bocal").content.decode()
    assert 'href="/assemble/R%C3%A9parer?place=Bocal"' in practices
    assert needs_in(reader.get("/needs").content.decode()) == "Fabrication Chèvre"
    assert needs_in(reader.get("/needs?place=bocal").content.decode()) == "Chèvre"  # in another case
    assert needs_in(reader.get("/needs?q=chevres").content.decode()) == "Chèvre"
    assert needs_in(reader.get("/needs?answered=yes").content.decode()) == "Fabrication"
    missing = reader.get("/needs?place=Rien&of=x&p=z").content.decode()
    assert "box-warning" in missing
    assert 'value="Rien"' in missing
    assert needs_in(missing) == "Fabrication Chèvre"


def test_assembling(reader: Client, places: None) -> None:
    page = reader.get("/wiki/Réparer").content.decode()
    assert 'href="/assemble/R%C3%A9parer"' in page
    content = reader.get("/assemble/Réparer?place=Bocal&within=10").content.decode().partition("<main")[2]
    order = [content.index(f"<h3>{text}</h3>") for text in ("Laser", "Établis", "Soudeuse")]
    heads = [found.start() for found in re.finditer("<h2>", content)]
    assert [sum(head < at for head in heads) for at in order] == [1, 2, 3]
    for within in ("0", "-1", "1e400", "nan", "loin"):
        content = reader.get(f"/assemble/Réparer?place=Atelier&within={within}").content.decode()
        assert "box-warning" in content
        assert f'value="{within}"' in content
    assert reader.get("/assemble/Atelier").status_code == 200
    assert reader.get("/assemble/Rien").status_code == 404
    assert reader.post("/needs").status_code == 405


def test_what_not_everybody_may_read_is_not_matched(
    reader: Client, places: None, bob: User, client_of: ClientOf
) -> None:
    assert "Dora" in reader.get("/needs?of=offers").content.decode()
    dora = page_lookup.find("Atelier:Dora", bob)
    assert dora is not None
    page_hiding.hide(dora, Author.of(bob))
    assert "Dora" not in reader.get("/needs?of=offers").content.decode()
    assert "Dora" not in client_of(bob).get("/needs?of=offers").content.decode()


def test_it_follows_what_is_written(reader: Client, places: None, bob: User) -> None:
    first = statement_cache.current_needs()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert statement_cache.current_needs() is first
    assert len(queries) == 1
    make_page("Autre chose")
    assert statement_cache.current_needs() is first
    bocal = page_lookup.find("Bocal", bob)
    assert bocal is not None
    page_writer.edit(bocal, "---\nkind: Lieu\nOffres: Fabrication numérique\n---\n", Author.of(bob))
    content = reader.get("/needs").content.decode()
    assert ">Bocal</a> · Fabrication numérique" in content
    page_writer.delete(page_lookup.reload_page(bocal.pk), Author.of(bob))
    assert "Bocal</a>" not in reader.get("/needs").content.decode()
