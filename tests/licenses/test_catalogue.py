"""The licence catalogue and licence expressions."""

from __future__ import annotations

import tomllib

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from wiki.licenses import catalogue
from wiki.licenses.catalogue import FOLDER, KINDS, LICENSES, License, LicenseNotFree, UnknownLicense
from wiki.licenses.verdict_texts import OBLIGATIONS


def test_it_has_a_default_that_is_free_and_offered_first() -> None:
    assert catalogue.DEFAULT == "CC-BY-SA-4.0"
    assert catalogue.choices_for_text()[0].value == catalogue.DEFAULT


@pytest.mark.parametrize("choice", [*catalogue.choices_for_text(), *catalogue.choices_for_media()])
def test_it_offers_only_accepted_licences(choice: catalogue.LicenseChoice) -> None:
    assert catalogue.require_free_license(choice.value) == choice.value


def test_the_menu_includes_the_licence_that_a_page_already_has() -> None:
    assert catalogue.choices_for_text(also="etalab-2.0")[-1] == ("etalab-2.0", "Open Licence 2.0")
    assert catalogue.choices_for_text(also="CC0-1.0") == catalogue.choices_for_text()
    assert catalogue.choices_for_media(also="LicenseRef-old")[-1] == ("LicenseRef-old", "LicenseRef-old")


@pytest.mark.parametrize("license", LICENSES.values(), ids=lambda license: license.id)
def test_it_describes_each_licence_fully(license: License) -> None:
    assert license.name_en
    assert license.name_fr
    assert license.short_en
    assert set(license.kinds) <= set(KINDS)
    assert set(license.obligations) <= set(OBLIGATIONS)
    assert license.family == "none" or license.deed_url.startswith(("https://", "http://www.wtfpl.net/"))
    assert license.family == "none" or license.text_url


def test_licences_against_commerce_or_changes_are_not_free() -> None:
    for license in LICENSES.values():
        parts = license.id.split("-")
        assert license.free is not ("NC" in parts or "ND" in parts or license.family == "none"), license.id


def test_osi_and_fsf_statements() -> None:
    assert LICENSES["CC-BY-SA-4.0"].fsf is True
    assert LICENSES["CC-BY-NC-4.0"].fsf is False
    assert LICENSES["LAL-1.3"].fsf is None
    assert LICENSES["LAL-1.3"].free
    assert LICENSES["MIT"].osi
    assert not LICENSES["CC-BY-SA-4.0"].osi


def test_it_knows_the_language_of_each_text() -> None:
    french = {license.id for license in LICENSES.values() if license.text_language == "fr"}
    assert french == {"LAL-1.3", "etalab-2.0"}


def test_it_names_a_licence_in_the_language_of_the_reader() -> None:
    license = catalogue.get("LAL-1.3")
    with translation.override("fr"):
        assert license.name == license.short == "Licence Art Libre 1.3"
        assert catalogue.license_name("CC-BY-SA-4.0", full=True).endswith(
            "Partage dans les mêmes conditions 4.0 International"
        )
    with translation.override("en"):
        assert license.name == "Free Art License 1.3"
        assert catalogue.license_name("LAL-1.3 OR CC-BY-SA-4.0") == "CC BY-SA 4.0 or Free Art License 1.3"
        assert catalogue.license_name("MIT OR (CC0-1.0 AND LAL-1.3)") == "MIT or (CC0 1.0 and Free Art License 1.3)"


def test_it_joins_names_in_french() -> None:
    with translation.override("fr"):
        assert catalogue.license_name("CC-BY-SA-4.0 OR LAL-1.3") == "CC BY-SA 4.0 ou Licence Art Libre 1.3"


def test_it_shows_a_stored_expression_that_it_cannot_read() -> None:
    assert catalogue.license_name("LicenseRef-from-elsewhere") == "LicenseRef-from-elsewhere"


@pytest.mark.parametrize(
    ("written", "license_id"),
    [
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        ("http://creativecommons.org/licenses/by-sa/4.0/deed.fr", "CC-BY-SA-4.0"),
        ("//www.creativecommons.org/licenses/by/2.0", "CC-BY-2.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/legalcode.fr", "CC-BY-NC-ND-4.0"),
        ("http://creativecommons.org/licenses/by-sa/3.0/fr/", "LicenseRef-CC-BY-SA-3.0-FR"),
        ("https://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"),
        ("https://www.etalab.gouv.fr/licence-ouverte-open-licence/", "etalab-2.0"),
        ("https://artlibre.org", "LAL-1.3"),
    ],
)
def test_it_finds_a_licence_by_id_or_url(written: str, license_id: str) -> None:
    found = catalogue.find(written)
    assert found is not None
    assert found.id == license_id


@pytest.mark.parametrize("written", ["", "https://example.org/", "creative commons", "https://creativecommons.org/"])
def test_it_finds_no_licence_for_other_strings(written: str) -> None:
    assert catalogue.find(written) is None


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        (" LAL-1.3 or CC-BY-SA-4.0 ", "CC-BY-SA-4.0 OR LAL-1.3"),
        ("(MIT) OR MIT", "MIT"),
        ("CC0-1.0 AND (MIT OR LAL-1.3)", "CC0-1.0 AND (LAL-1.3 OR MIT)"),
    ],
)
def test_expressions_have_a_canonical_form(written: str, normal: str) -> None:
    assert catalogue.require_free_license(written) == normal
    assert catalogue.require_free_license(normal) == normal


@pytest.mark.parametrize(
    "written",
    ["", "   ", "CC-BY-SA", "MIT OR", "((MIT", "MIT+", "MIT, CC0-1.0", "GPL-3.0-or-later WITH GCC-exception-3.1",
     "MIT ( OR", "Proprietary", "MIT OR " * 60 + "MIT"],
)  # fmt: skip
def test_it_refuses_invalid_expressions(written: str) -> None:
    with pytest.raises(UnknownLicense):
        catalogue.require_free_license(written)


@pytest.mark.parametrize(
    "written", ["CC-BY-NC-4.0", "CC-BY-SA-4.0 OR CC-BY-NC-SA-4.0", "CC-BY-ND-3.0", "LicenseRef-unknown"]
)
def test_it_refuses_licences_that_are_not_free(written: str) -> None:
    with pytest.raises(LicenseNotFree):
        catalogue.require_free_license(written)
    assert not catalogue.is_free(written)


def test_it_refuses_a_licence_whose_text_does_not_ship() -> None:
    assert catalogue.is_free("BSD-3-Clause")
    with pytest.raises(UnknownLicense, match="does not ship"):
        catalogue.require_free_license("BSD-3-Clause")


_TOKENS = [
    "MIT",
    "CC0-1.0",
    "LAL-1.3",
    "CC-BY-SA-4.0",
    "(",
    ")",
    "OR",
    "AND",
    "WITH",
    "+",
    "foo",
    "\x00",
    "é",
    "or",
    "NOT",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(_TOKENS)).map(" ".join)))
def test_any_string_is_parsed_or_refused(written: str) -> None:
    try:
        normal = catalogue.normalize(written)
    except UnknownLicense:
        assert not catalogue.is_free(written)
    else:
        assert catalogue.normalize(normal) == normal
        assert catalogue.ids_in(normal) == catalogue.ids_in(written)


def test_there_is_one_entry_per_licence() -> None:
    rows = tomllib.loads((FOLDER / "catalogue.toml").read_text(encoding="utf-8"))["license"]
    assert len({row["id"].casefold() for row in rows}) == len(rows) == len(LICENSES)
