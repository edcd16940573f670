"""The pages about licences: the list with the compatibility check, and one licence with its full text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client

from wiki.licenses import compatibility_check
from wiki.licenses.catalogue import LICENSES, text_of
from wiki.licenses.compatibility_check import CompatibilityQuestion

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def _page(url: str, language: str = "en") -> str:
    response = Client().get(url, headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def test_it_lists_what_is_used_and_what_is_refused() -> None:
    page = _page("/licenses/")
    used, refused = page.split("Recognised, and not accepted")
    assert 'href="/licenses/CC-BY-SA-4.0"' in used
    assert 'href="/licenses/CC-BY-NC-4.0"' not in used
    assert 'href="/licenses/CC-BY-NC-4.0"' in refused


@pytest.mark.parametrize("license_id", ["CC-BY-SA-4.0", "MIT", "LAL-1.3", "CC-BY-SA-2.5"])
def test_it_shows_the_full_text_word_for_word(license_id: str) -> None:
    page = _page(f"/licenses/{license_id}")
    found = re.search(r'<div class="license-text" lang="(\w+)">(.*?)</div>', page, re.DOTALL)
    assert found
    shown = unescape(re.sub(r"</?p>", " ", found[2])).split()
    assert shown == text_of(license_id).split()
    assert found[1] == LICENSES[license_id].text_language
    assert LICENSES[license_id].sha256 in page


def test_it_speaks_french() -> None:
    page = _page("/licenses/CC-BY-SA-3.0", "fr")
    assert "Creative Commons Attribution - Partage dans les mêmes conditions 3.0 non transposé" in page
    assert "Ce qu’elle demande à qui partage l’œuvre" in page
    assert "Nommer les auteurs, comme ils souhaitent l’être." in page
    assert "Non établi" in page


def test_it_shows_the_verdicts_for_a_licence() -> None:
    page = _page("/licenses/CC-BY-4.0")
    row = re.search(r'<th scope="row">CC0 1.0</th>\s*<td>(.*?)</td>\s*<td>(.*?)</td>', page, re.DOTALL)
    assert row
    assert "No" in row[1]
    assert "would let readers leave them out" in row[2]
    assert "BY 4.0 §3(a)(1)-(4)" in row[2]


def test_it_shows_a_refused_licence_with_its_official_address() -> None:
    page = _page("/licenses/CC-BY-NC-ND-4.0")
    assert "Not a free licence" in page
    assert "does not ship with the wiki" in page
    assert "https://creativecommons.org/licenses/by-nc-nd/4.0/legalcode" in page


@pytest.mark.parametrize("license_id", list(LICENSES))
def test_it_has_a_page_for_every_licence(license_id: str) -> None:
    page = _page(f"/licenses/{license_id}")
    assert page.count("<h1") == 1
    assert not re.search(r"\bstyle=|\bon\w+=", page)


def test_another_spelling_redirects_to_the_canonical_one() -> None:
    response = Client().get("/licenses/cc-by-sa-4.0")
    assert response.status_code == 301
    assert response["Location"] == "/licenses/CC-BY-SA-4.0"


@pytest.mark.parametrize("license_id", ["Nonsense-1.0", "..", "catalogue.toml", "CC-BY-SA-4.0 OR LAL-1.3"])
def test_other_urls_give_404(license_id: str) -> None:
    assert Client().get(f"/licenses/{license_id}").status_code == 404


def test_only_reading_is_allowed() -> None:
    assert Client().post("/licenses/CC0-1.0").status_code == 405


def _check_section(query: str, language: str = "en") -> str:
    page = _page(f"/licenses/?{query}", language)
    return page.split('id="may-i"')[1].split("</section>")[0]


def test_the_check_shows_a_permission_with_obligations_and_source() -> None:
    section = _check_section("from=CC-BY-4.0&to=CC-BY-SA-4.0")
    assert "badge-good" in section
    assert "lets what is made from it be shared under" in section
    assert "Name the authors, as they wish to be named." in section
    assert "BY 4.0 §3(a)(1)-(4)" in section
    assert '<option value="CC-BY-4.0" selected>' in section
    assert "badge-good" in _check_section("from=CC-BY-SA-4.0+OR+LAL-1.3&to=LAL-1.3")


def test_the_strictest_of_several_works_decides() -> None:
    section = _check_section("from=CC-BY-4.0&from=GFDL-1.3-or-later&to=CC-BY-SA-4.0", "fr")
    overall, per_work = section.split('<table class="verdicts">')
    assert "badge-bad" in overall
    assert "Vous devez" not in overall
    assert per_work.count("badge-good") == per_work.count("badge-bad") == 1


@pytest.mark.parametrize("query", ["from=%3Cscript%3E&to=CC0-1.0", "from=CC0-1.0&to=Rien", "from=MIT+AND&to=MIT"])
def test_the_check_refuses_invalid_licences(query: str) -> None:
    section = _check_section(query)
    assert "badge-bad" in section
    assert "<script>" not in section


def test_the_check_requires_source_and_target() -> None:
    assert "Choose at least one work" in _check_section("from=CC0-1.0")
    assert 'role="status"' not in _check_section("")
    many = "&".join(["from=CC0-1.0"] * 500)
    assert _check_section(f"{many}&to=CC0-1.0").count('name="from"') == 10


def test_may_i_reads_what_was_filled_in() -> None:
    asked = CompatibilityQuestion.from_query(QueryDict("from=&from=+CC0-1.0+&from=++&to=+MIT+"))
    assert asked == CompatibilityQuestion(("CC0-1.0",), "MIT")
    assert asked.rows == ["CC0-1.0", "", ""]
    assert CompatibilityQuestion(("a", "b", "c", "d"), "").rows == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "asked", [CompatibilityQuestion((), "MIT"), CompatibilityQuestion(("MIT",), ""), CompatibilityQuestion((), "")]
)
def test_may_i_answers_nothing_where_nothing_was_asked(asked: CompatibilityQuestion) -> None:
    assert compatibility_check.check_compatibility(asked) is None
