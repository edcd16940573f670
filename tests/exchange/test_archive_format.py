"""Deltas, file names and digests: must be identical on every wiki."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.exchange.archive.format_spec import (
    apply_delta,
    canonical_json,
    content_digest,
    file_stem,
    make_delta,
    media_paths,
)

texts = st.text(alphabet="ab\né😀", max_size=30)


@given(st.one_of(st.none(), texts), st.one_of(st.none(), texts))
def test_it_puts_a_text_back_together(before: str | None, after: str | None) -> None:
    assert apply_delta(before, make_delta(before, after)) == after


@given(texts, texts)
def test_it_never_keeps_a_character_twice(before: str, after: str) -> None:
    line = make_delta(before, after)
    assert line["keep_start"] + line["keep_end"] <= min(len(before), len(after))
    assert len(line["insert"]) == len(after) - line["keep_start"] - line["keep_end"]


def test_it_counts_characters_and_prefers_the_beginning() -> None:
    assert make_delta("a😀a", "a😀a😀a") == {"keep_start": 3, "keep_end": 0, "insert": "😀a"}
    assert make_delta("un\ndeux\n", "un\n2\ndeux\n") == {"keep_start": 3, "keep_end": 5, "insert": "2\n"}
    assert make_delta("un", None) == {"text": None}
    assert make_delta(None, "un") == {"text": "un"}


@pytest.mark.parametrize(
    "line",
    [
        {"keep_start": 3, "keep_end": 0, "insert": ""},
        {"keep_start": 1, "keep_end": 2, "insert": ""},
        {"keep_start": -1, "keep_end": 0, "insert": ""},
    ],
)
def test_it_refuses_to_keep_more_than_there_is(line: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="keeps more"):
        apply_delta("ab", line)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("La Myne:Charte d'accueil", "la-myne-charte-d-accueil"),
        ("Œuvre & Cie (2)", "oeuvre-cie-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本語", "page"),
        ("😀", "page"),
        ("...", "page"),
        ("v1.2 — plan", "v1.2-plan"),
        ("x" * 300, "x" * 80),
    ],
)
def test_it_names_files_in_plain_letters(title: str, stem: str) -> None:
    assert file_stem(title) == stem


@given(st.text(max_size=40))
def test_it_names_a_file_for_any_title(title: str) -> None:
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", file_stem(title))
    assert ".." not in file_stem(title)


def test_it_gives_each_picture_its_own_file() -> None:
    paths = media_paths(["Plan.jpg", "plàn.jpg", "Plan.png", "日.png", "本.png"])
    assert len(set(paths.values())) == 5
    assert paths["Plan.jpg"] == "media/plan.jpg"
    assert media_paths(reversed(list(paths))) == paths


def test_it_digests_content_alone_in_the_order_of_paths() -> None:
    sums = [("page.md", "b" * 64), ("index.html", "c" * 64), ("credits.json", "a" * 64), ("media/x.png", "d" * 64)]
    listing = f"{'a' * 64}  data/credits.json\n{'d' * 64}  data/media/x.png\n{'b' * 64}  data/page.md\n"
    assert content_digest(sums) == f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"
    assert content_digest(reversed(sums)) == content_digest(sums)


def test_it_writes_json_always_the_same() -> None:
    assert canonical_json({"b": "é", "a": [1, None]}) == '{"a":[1,null],"b":"é"}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
