"""Properties that take their datatype from an imported vocabulary."""

from __future__ import annotations

import pytest

from tests.factories import make_page
from tests.facts.test_property_redirects import write
from wiki.facts.imported_vocabularies import Vocabulary, parse_vocabulary
from wiki.facts.models import Fact, Property

FOAF = """http://xmlns.com/foaf/0.1/|[http://www.foaf-project.org/ Friend Of A Friend]
 name|Type:Text
 homepage|Type:URL
 knows| Type: Page | persons
 age|Number
 title
"""


def test_it_parses_a_vocabulary() -> None:
    assert parse_vocabulary(FOAF) == Vocabulary(
        "http://xmlns.com/foaf/0.1/", {"name": "Text", "homepage": "URL", "knows": "Page", "age": "Number"}
    )
    assert parse_vocabulary("") == parse_vocabulary("\n |x\n") == Vocabulary()


def datatype() -> str:
    """Return the datatype of the property of the test."""
    return Property.objects.get(key="Accueil web").datatype


@pytest.mark.django_db
@pytest.mark.parametrize("vocabulary_first", [True, False])
def test_a_property_has_the_datatype_of_the_name_that_it_imports(vocabulary_first: bool) -> None:
    make_page("La Filature", "[[Accueil web::example.org]]")
    pages = [("MediaWiki:Smw import foaf", FOAF), ("Property:Accueil web", "[[Imported from::foaf:homepage]]")]
    for title, text in pages if vocabulary_first else reversed(pages):
        make_page(title, text)
    assert datatype() == "_uri"
    assert Property.objects.get(key="Accueil web").declared["equivalent"] == ["http://xmlns.com/foaf/0.1/homepage"]
    assert Fact.objects.get(property__key="Accueil web", removed_in=None).datatype == "_uri"
    write("MediaWiki:Smw import foaf", FOAF.replace("Type:URL", "Type:Text"))
    assert datatype() == "_txt"
    write("Property:Accueil web", "[[Imported from::foaf:homepage]] [[Has type::Page]]")
    assert datatype() == "_wpg"
    write("Property:Accueil web", "[[Importé de::foaf:nothing]]")
    assert datatype() == ""
    write("Property:Accueil web", "[[Imported from::foaf:homepage]]")
    write("MediaWiki:Smw import foaf", None)
    assert datatype() == ""
