"""Help texts of the datatypes: what each is for, and how its values are written in French and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from wiki.errors import gettext_noop


@dataclass(frozen=True, slots=True)
class DatatypeHelp:
    """An explanation as a message id, and example values for a French and an English page."""

    text: str
    french: tuple[str, ...]
    english: tuple[str, ...]
    condition: str = ""
    """The end of an example condition, after the name of the property."""

    @property
    def about(self) -> str:
        """Return the explanation in the active language."""
        return gettext(self.text)


DATATYPE_HELP: Mapping[str, DatatypeHelp] = {
    "_wpg": DatatypeHelp(
        gettext_noop("A page of this wiki, written or not yet: a link, from which questions can go on."),
        ("Fournil", "La Myne:Charte", "Catégorie:Bois"), ("Fournil", "La Myne:Charte", "Category:Wood"), "::Fournil",
    ),
    "_txt": DatatypeHelp(
        gettext_noop("Words of any length, taken as they are. Questions find their beginning, end or middle."),
        ("Ouvert à tout le monde",), ("Open to everyone",), "::~*ouvert*",
    ),
    "_cod": DatatypeHelp(
        gettext_noop("Text that is shown as it was typed, in letters of equal width."),
        ("G28 X0 Y0",), ("G28 X0 Y0",),
    ),
    "_keyw": DatatypeHelp(
        gettext_noop("A short word by which pages are sorted; capitals and accents make no difference."),
        ("Fablab", "café associatif"), ("Fablab", "community café"), "::fablab",
    ),
    "_eid": DatatypeHelp(
        gettext_noop("A number or code given elsewhere. The property's page says the address to which it leads."),
        ("Q90", "85123456700012"), ("Q90", "85123456700012"),
    ),
    "_boo": DatatypeHelp(
        gettext_noop("Yes or no."), ("oui", "non", "vrai", "faux"), ("yes", "no", "true", "false"), "::oui",
    ),
    "_num": DatatypeHelp(
        gettext_noop("A number without a unit. French pages write decimals after a comma, English ones after a point."),
        ("1 234,5", "-3", "1e6"), ("1,234.5", "-3", "1e6"), "::>20",
    ),
    "_qty": DatatypeHelp(
        gettext_noop("A number with a unit. The property's page says its units (“Corresponds to”), converted freely."),
        ("120 m²", "1,5 ha"), ("120 m²", "1.5 ha"), "::>100 m²",
    ),
    "_tem": DatatypeHelp(
        gettext_noop("A temperature in kelvins, degrees Celsius, Fahrenheit or Rankine, converted between them."),
        ("20 °C", "68 °F", "293,15 K"), ("20 °C", "68 °F", "293.15 K"), "::>20 °C",
    ),
    "_mon": DatatypeHelp(
        gettext_noop("An amount of money, in euros unless the property's page declares another currency."),
        ("12,50 €", "1 500 euros", "gratuit"), ("12.50 €", "1500 euros", "free"),
        "::<20 €",
    ),
    "_dat": DatatypeHelp(
        gettext_noop("A year, a month, a day or a moment. A question about a year finds all its days."),
        ("2021", "mars 2021", "12 mars 2021", "25/03/2021", "2021-03-12 14:30", "50 av. J.-C."),
        ("2021", "March 2021", "12 March 2021", "2021-03-12", "2021-03-12 2:30 pm", "50 BC"), "::2021",
    ),
    "_uri": DatatypeHelp(
        gettext_noop("An address on the web or elsewhere; without a beginning, http:// is added."),
        ("https://movilab.org", "mailto:bonjour@exemple.org"), ("https://movilab.org", "mailto:hello@example.org"),
    ),
    "_anu": DatatypeHelp(
        gettext_noop("An address that says what a thing is, for linked data."),
        ("https://schema.org/Place",), ("https://schema.org/Place",),
    ),
    "_ema": DatatypeHelp(
        gettext_noop("An address for mail."), ("bonjour@exemple.org",), ("hello@example.org",),
    ),
    "_tel": DatatypeHelp(
        gettext_noop("A telephone number, of this country or with the code of another."),
        ("04 77 12 34 56", "+33 4 77 12 34 56"), ("04 77 12 34 56", "+33 4 77 12 34 56"),
    ),
    "_geo": DatatypeHelp(
        gettext_noop("A point on the globe, latitude before longitude. Questions find what lies around it."),
        ("45.4397, 4.3872", "45° 26′ 23″ N, 4° 23′ 14″ E"), ("45.4397, 4.3872", "45° 26′ 23″ N, 4° 23′ 14″ E"),
        "::45.44, 4.39 (10 km)",
    ),
    "_oh": DatatypeHelp(
        gettext_noop("When a place is open, in words or in OpenStreetMap's syntax. Pages say whether it is open now."),
        ("mardi au vendredi 9h-18h", "Tu-Fr 09:00-18:00; Sa 10:00-13:00"),
        ("Tuesday to Friday 9am-6pm", "Tu-Fr 09:00-18:00; Sa 10:00-13:00"),
    ),
    "_rrule": DatatypeHelp(
        gettext_noop(
            "Something that comes again and again, in words or as a rule of calendar programs. Pages say when it comes"
            " next."
        ),
        ("tous les mardis de 18h à 20h", "le premier samedi du mois", "chaque année le 21 juin", "FREQ=DAILY"),
        ("every Tuesday from 6pm to 8pm", "first Saturday of the month", "every year on June 21", "FREQ=DAILY"),
        "::~*mardi*",
    ),
    "_rec": DatatypeHelp(
        gettext_noop("Several values together, divided by semicolons. The property's page names them (“Has fields”)."),
        ("Scie à ruban; 2019; oui",), ("Band saw; 2019; yes",),
    ),
    "_ref_rec": DatatypeHelp(
        gettext_noop("A value and where it comes from, divided by semicolons: the first field is the value."),
        ("1200; Insee; 2021",), ("1200; Insee; 2021",),
    ),
    "_mlt_rec": DatatypeHelp(
        gettext_noop("Words in a language, whose code stands after them."),
        ("Tiers-lieu@fr", "Third place@en"), ("Tiers-lieu@fr", "Third place@en"),
    ),
    "_kind": DatatypeHelp(
        gettext_noop("A kind of page of this wiki, by any of its names."),
        ("Lieu", "Pratique"), ("Place", "Practice"), "::Lieu",
    ),
}  # fmt: skip
"""By SMW's id of the datatype."""
