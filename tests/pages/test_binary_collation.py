"""Titles that differ by case only are different titles, on both databases."""

from __future__ import annotations

import pytest

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.forks import subtree
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db


def test_a_subtree_has_the_pages_of_its_own_case(alice: User) -> None:
    guide = make_page("Guide", by=alice)
    make_page("Guide/Un", by=alice)
    make_page("GUIDE/Deux", by=alice)
    assert [page.full_title for page in subtree.subtree(guide, alice)] == ["Guide/Un"]


def test_a_place_may_differ_by_case_from_the_prefix_of_titles(alice: User, bob: User) -> None:
    make_page("Fablab: le livre", by=alice)
    assert make_place("FABLAB", by=bob).is_place


@pytest.mark.parametrize(
    ("lookup", "text", "is_found"),
    [
        ("startswith", "50 %", True), ("startswith", "50 _", False), ("contains", "[Sûr]", True),
        ("contains", "[sûr]", False), ("contains", "[Surû]", False), ("endswith", "*?\\", True),
        ("endswith", "x", False),
        ("contains", "%", True), ("startswith", "5*", False), ("icontains", "[Sûr", True),
    ],
)  # fmt: skip
def test_lookups_compare_literally_and_by_case(lookup: str, text: str, is_found: bool) -> None:
    page = make_page("Un")
    WikiPage.objects.filter(pk=page.pk).update(display_title="50 % [Sûr] *?\\")
    rows = WikiPage.objects.filter(**{f"display_title__{lookup}": text})
    assert rows.exists() is is_found
