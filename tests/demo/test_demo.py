"""Consistency of the demo content: acts, texts, pictures and links."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from wiki.licenses import catalogue
from wiki.text import titles
from wiki.text.markup import markdown_parser

DEMO = Path(__file__).resolve().parents[2] / "demo"
MISSING_PAGES = {"Élections sans candidat", "Bricothèque", "wikipedia:Tiers-lieu"}
"""Titles without a page, to demonstrate red links, and a page of another wiki."""
PAGE_WITH_PROBLEMS = "Brouillon de bricothèque"
"""Page with intentional errors, to demonstrate messages."""
PICTURE_LIMIT = 150_000


def _read(name: str) -> list[dict[str, Any]]:
    """Return the only array of tables in a TOML file of the demo."""
    [tables] = tomllib.loads((DEMO / name).read_text("utf-8")).values()
    return list(tables)


def _replaced(text: str, act: dict[str, Any]) -> str:
    """Return the text after an edit by replacements; each replaced string must occur exactly once."""
    for old, new in act["replace"]:
        assert text.count(old) == 1, f"{act['title']}: {old!r}"
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Return the texts by full title, after all acts."""
    texts: dict[str, str] = {}
    for act in _read("history.toml"):
        title = act["title"]
        match act["do"]:
            case "move":
                texts[act["to"]] = texts.pop(title)
            case "fork":
                texts[f"{act['into']}:{title}"] = texts[title]
            case "edit" if "replace" in act:
                texts[title] = _replaced(texts[title], act)
            case "place" | "create" | "edit":
                texts[title] = (DEMO / "texts" / act["text"]).read_text("utf-8")
            case "propose":
                assert title in texts
            case other:
                raise AssertionError(f"unknown act {other}")
    return texts


def test_acts_are_in_chronological_order() -> None:
    times = [act["at"] for act in _read("history.toml")]
    assert times == sorted(times)
    assert all(time.tzinfo for time in times)


def test_every_text_is_used() -> None:
    named = {act["text"] for act in _read("history.toml") if "text" in act}
    there = {str(file.relative_to(DEMO / "texts")) for file in (DEMO / "texts").rglob("*.md")}
    assert there == named


def test_each_page_is_created_once(pages: dict[str, str]) -> None:
    made = [titles.key_of(act["title"]) for act in _read("history.toml") if act["do"] in ("place", "create")]
    assert len(made) == len(set(made))
    assert len({titles.key_of(title) for title in pages}) == len(pages)


def test_stewards_are_existing_accounts() -> None:
    accounts = {account["name"] for account in _read("accounts.toml")}
    stewards = {act["steward"] for act in _read("history.toml") if act["do"] == "place"}
    assert stewards <= accounts
    assert {picture["by"] for picture in _read("pictures.toml")} <= accounts


def test_pictures_are_small_and_free() -> None:
    pictures = _read("pictures.toml")
    offered = {choice.value for choice in catalogue.choices_for_media()}
    assert {file.name for file in (DEMO / "pictures").iterdir()} == {picture["file"] for picture in pictures}
    assert {picture["license"] for picture in pictures} <= offered
    assert all((DEMO / "pictures" / picture["file"]).stat().st_size < PICTURE_LIMIT for picture in pictures)


def test_only_one_page_has_problems(pages: dict[str, str]) -> None:
    with_problems = {title for title, text in pages.items() if markdown_parser.parse(text).problems}
    assert with_problems == {PAGE_WITH_PROBLEMS}


def test_links_lead_to_existing_pages(pages: dict[str, str]) -> None:
    moved = {act["title"] for act in _read("history.toml") if act["do"] == "move"}
    known = {titles.key_of(title) for title in pages.keys() | moved}
    pictures = {titles.key_of(f"File:{picture['file']}") for picture in _read("pictures.toml")}
    missing = set()
    for title, text in pages.items():
        place_title = title.partition(":")[0]
        for link in markdown_parser.parse(text).links:
            keys = {titles.key_of(link.target), titles.key_of(f"{place_title}:{link.target}")}
            if title != PAGE_WITH_PROBLEMS and not keys & (known | pictures):
                missing.add(link.target)
    assert missing == MISSING_PAGES


def test_threads_are_about_pages_and_passages_that_exist(pages: dict[str, str]) -> None:
    accounts = {account["name"] for account in _read("accounts.toml") if not account.get("blocked")}
    for thread in _read("threads.toml"):
        assert f"\n{thread.get('passage', '')}" in pages[thread["page"]], thread["title"]
        times = [post["at"] for post in thread["post"]]
        assert times == sorted(times)
        assert {post["by"] for post in thread["post"]} <= accounts
        assert all(0 < post.get("reply_to", 1) <= number for number, post in enumerate(thread["post"], start=1))
