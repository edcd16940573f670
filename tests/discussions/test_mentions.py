"""Mentions of accounts in posts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import person
from wiki.accounts.models import User
from wiki.discussions import mentions

NAMES = [
    ("<p>@alice et @bob, @alice encore</p>", ["alice", "bob"]),
    ("<p>(@alice) «@bob» @[Zoé d'Arc].</p>", ["alice", "bob", "Zoé d'Arc"]),
    ("<p>@[Zoé &amp; Cie] @[  Deux   mots ]</p>", ["Zoé & Cie", "Deux mots"]),
    ("<p>fin : @alice. @alice+bois@</p>", ["alice.", "alice+bois"]),
    ("<p>a@alice.fr /@alice @@bob @ alice @</p>", []),
    ('<p><code>@alice</code> <a href="/@alice" title="a>@bob">@bob</a></p><pre>@a <b>@b</b></pre>', []),
    ("<p><code>@alice</code> @bob</p>", ["bob"]),
    ("<p>@[a\nb] @[] @[[Pain]]</p>", []),
]


@pytest.mark.parametrize(("html", "names"), NAMES)
def test_names_are_found_in_text_only(html: str, names: list[str]) -> None:
    assert mentions.find_names(html) == names


def test_a_post_mentions_a_bounded_number() -> None:
    html = " ".join(f"@nom{number}" for number in range(100))
    assert len(mentions.find_names(html)) == mentions.MENTIONS_LIMIT


PIECES = st.lists(
    st.sampled_from(
        ["@alice", "@", "[", "]", "alice", "&lt;", "&amp;", " ", "é", "<b>", "</b>", "<code>", "</code>", "."]
    )
    | st.text("@[]a.&;\n", max_size=5).map(lambda text: text.replace("&", "&amp;"))
)


@given(PIECES)
def test_links_change_nothing_but_mentions(pieces: list[str]) -> None:
    html = "".join(pieces)
    users = {name: User(username="alice") for name in mentions.find_names(html)}
    linked = mentions.link_mentions(html, users)
    assert unescape(re.sub(r"<[^>]*>", "", linked)).count("@") == unescape(re.sub(r"<[^>]*>", "", html)).count("@")
    assert not re.search(r"<(?!/?(?:b|code|a)\b)", linked)
    assert mentions.link_mentions(html, {}) == html


@pytest.mark.django_db
def test_names_of_accounts_are_resolved() -> None:
    alice = person("alice")
    zoe = person("zoe", first_name="Zoé", last_name="d'Arc")
    person("twin1", first_name="Ann", last_name="Doe")
    person("twin2", first_name="Ann", last_name="Doe")
    person("gone", is_active=False)
    found = mentions.resolve_names(["alice.", "Zoé d'Arc", "Ann Doe", "gone", "nobody"])
    assert found == {"alice.": alice, "Zoé d'Arc": zoe}
    linked = mentions.link_mentions("<p>@alice. @[Zoé d'Arc]!</p>", found)
    assert linked == (
        '<p><a class="mention" rel="nofollow" href="/contributions/alice">@alice</a>. '
        '<a class="mention" rel="nofollow" href="/contributions/zoe">@Zoé d&#x27;Arc</a>!</p>'
    )
