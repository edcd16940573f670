"""Pages of Federated Wiki: replay of the journal, story as Markdown, robustness against malformed JSON."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.accounts.models import User
from wiki.errors import ArchiveProblem, Refused
from wiki.exchange.archive.archive_reader import ArchiveContents
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.models import Fork
from wiki.pages.writing.page_writer import Author
from wiki.remotes import federated_wiki, mirror_import
from wiki.remotes.mirror_import import FetchSource
from wiki.text.markup.markdown_parser import TEXT_LIMIT

URL = "http://ward.example/how-to-bake.json"


def item(key: str, text: str, kind: str = "paragraph") -> dict[str, Any]:
    """Return an item of a story."""
    return {"type": kind, "id": key, "text": text}


def read(page: Any) -> ArchiveContents:
    """Parse a page."""
    return federated_wiki.parse_fedwiki(io.BytesIO(json.dumps(page).encode()), URL)


LINKED = item("b", "See [[Levain]] or [https://pain.example le pain].")
PAGE = {
    "title": "How to Bake",
    "story": [LINKED, item("a", "Flour and water.")],
    "journal": [
        {"type": "create", "item": {"title": "How to Bake", "story": []}, "date": 1400000000000},
        {"type": "add", "id": "a", "item": item("a", "Flour."), "date": 1400000001000},
        {"type": "fork", "site": "alice.example", "date": 1400000002000},
        {"type": "edit", "id": "a", "item": item("a", "Flour and water."), "date": 1400000003000},
        {
            "type": "add",
            "id": "b",
            "item": LINKED,
            "after": "a",
        },
        {"type": "move", "id": "b", "order": ["b", "a"], "date": "yesterday"},
    ],
}


def test_each_action_is_a_version_by_the_site_it_was_done_on() -> None:
    contents = read(PAGE)
    assert [(one.author, one.text) for one in contents.revisions] == [
        ("alice.example", ""),
        ("alice.example", "Flour."),
        ("ward.example", "Flour."),
        ("ward.example", "Flour and water."),
        ("ward.example", "Flour and water.\n\nSee [[Levain]] or [le pain](https://pain.example)."),
        ("ward.example", "See [[Levain]] or [le pain](https://pain.example).\n\nFlour and water."),
    ]
    assert contents.revisions[-1].date == contents.revisions[3].date
    assert contents.credits["derived_from"][0]["host"] == "alice.example"


def test_the_story_counts_when_the_journal_does_not_lead_to_it() -> None:
    contents = read({**PAGE, "journal": PAGE["journal"][:2]})
    assert len(contents.revisions) == 3
    assert contents.last.text == federated_wiki.story_to_markdown(PAGE["story"])
    assert [one.text for one in read({"title": "A", "story": [item("a", "b")]}).revisions] == ["b"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (item("a", "# Titre\n\n* un", "markdown"), "# Titre\n\n* un"),
        (item("a", "x = 1\n```\n", "code"), "````\nx = 1\n```\n\n````"),
        (item("a", "more below", "pagefold"), "## more below"),
        (item("a", "", "factory"), ""),
        (item("a", "SENSOR 1", "method"), "```method\nSENSOR 1\n```"),
        (
            {**item("a", "About it", "reference"), "site": "a.example", "slug": "it", "title": "It"},
            "> [It](http://a.example/it.html)\n>\n> About it",
        ),
        ({"type": "image", "caption": "A loaf", "url": "data:image/png;base64,AAAA"}, "*[A loaf]*"),
        ({"type": 7, "text": 8}, "```\n\n```"),
    ],
)  # fmt: skip
def test_items_become_markdown(one: dict[str, Any], expected: str) -> None:
    assert federated_wiki.story_to_markdown([one]) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example/how-to.html", "http://a.example/how-to.json"),
        ("https://a.example:3000/view/how-to", "https://a.example:3000/how-to.json"),
        ("http://a.example/how-to.json", "http://a.example/how-to.json"),
        ("http://a.example/wiki/Pain", ""),
        ("http://a.example/", ""),
    ],
)
def test_urls_of_the_json(url: str, expected: str) -> None:
    assert federated_wiki.json_address(url) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"[]", b"{}", b'{"title": 1, "story": []}', b'{"title": "", "story": []}', b"\xff{",
        b'{"title": "A", "story": {}}', b'{"title": "A", "story": [], "journal": 3}',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        json.dumps({"title": "A", "story": [], "journal": [{}] * 20_001}).encode(),
        json.dumps({"title": "A", "story": [item("a", "x" * 1_100_000)]}).encode(),
    ],
)  # fmt: skip
def test_invalid_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ArchiveProblem):
        federated_wiki.parse_fedwiki(io.BytesIO(raw), URL)


def test_a_long_journal_takes_bounded_time() -> None:
    text = item("a", "mot " * 200)
    journal = [{"type": "add", "item": text}] * 50 + [{"type": "edit", "id": "a", "item": text}] * 2_000
    started = time.monotonic()
    assert len(read({"title": "A", "story": [], "journal": journal}).revisions) == 2_051
    assert time.monotonic() - started < 20


KEYS = st.sampled_from(["a", "b", "c", None, 3])
NAMES = st.sampled_from(["id", "type", "text", "story", "item", "site"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
ITEMS = st.builds(item, st.sampled_from("abc"), st.text(max_size=9))
ACTION = st.fixed_dictionaries(
    {"type": st.sampled_from(["create", "add", "edit", "move", "remove", "fork", "dance"])},
    optional={"id": KEYS, "after": KEYS, "item": JUNK | ITEMS, "order": JUNK, "site": JUNK, "date": JUNK},
)


@given(st.lists(ACTION | JUNK, max_size=12), st.lists(JUNK | ITEMS, max_size=4))
def test_the_story_is_always_the_last_version(journal: list[Any], story: list[Any]) -> None:
    contents = read({"title": "Une page", "story": story, "journal": journal})
    expected = federated_wiki.story_to_markdown([one for one in story if isinstance(one, dict)])
    assert contents.last.text == federated_wiki.clean_text(expected)
    dates = [one.date for one in contents.revisions]
    assert all(one.author for one in contents.revisions)
    assert len(dates) == len(contents.revisions)


@pytest.mark.django_db
def test_it_is_forked_and_pulled(bob: User) -> None:
    def mirror(page: Any) -> Any:
        return mirror_import.import_mirror(
            io.BytesIO(json.dumps(page).encode()), bob, FetchSource(URL.replace(".json", ".html"), URL)
        )

    kept = mirror(PAGE)
    page = page_lookup.reload_page(kept.page_id)
    assert (page.full_title, page.version) == ("Elsewhere:ward.example/How to Bake", 6)
    assert authors_of(page) == ["alice.example", "ward.example"]
    fork = fork_creation.fork(page, ForkTarget(new_place="Le Fournil"), Author.of(bob))
    assert Fork.objects.get(page=fork).upstream_url == "http://ward.example/how-to-bake.html"
    more = {"type": "remove", "id": "b", "date": 1400000009000}
    mirror({**PAGE, "story": PAGE["story"][1:], "journal": [*PAGE["journal"], more]})
    assert page_lookup.reload_page(page.pk).source.text == "Flour and water."
    assert page_lookup.reload_page(page.pk).version == 7
    mirror({**PAGE, "title": "How to Bake", "journal": []})  # the journal was rewritten: the current story counts
    assert page_lookup.reload_page(page.pk).version == 8
    with pytest.raises(Refused, match="address"):
        mirror_import.import_mirror(io.BytesIO(json.dumps(PAGE).encode()), bob)


def test_a_text_may_be_as_long_as_a_page_and_no_byte_longer() -> None:
    longest = "é" * (TEXT_LIMIT // 2)
    assert read({"title": "A", "story": [item("a", longest)]}).last.text == longest
    with pytest.raises(ArchiveProblem):
        read({"title": "A", "story": [item("a", longest + "x")]})
