"""What commits merge: little at a time, so that search never falls behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh.index import FileIndex, create_in

from wiki.search.engine import schema
from wiki.search.engine.index_snapshot import IndexSnapshot, keys_of
from wiki.search.engine.merge_policy import MERGE_LIMIT, SMALLEST_TIER, TIER_SEGMENTS, merge_policy, segments_to_merge
from wiki.search.engine.segment_files import MappedFile, MappedStorage
from wiki.search.models import PageSearchText


@given(st.lists(st.integers(1, 4 * MERGE_LIMIT), max_size=60))
def test_a_merge_reads_no_more_than_its_limit_and_at_least_two_segments(sizes: list[int]) -> None:
    chosen = segments_to_merge(dict(enumerate(sizes)), MERGE_LIMIT)
    assert sum(sizes[number] for number in chosen) <= MERGE_LIMIT
    assert len(chosen) != 1


def test_segments_of_many_commits_stay_few_and_are_seldom_written_again() -> None:
    sizes: dict[int, float] = {}
    written = 0.0
    for commit in range(3000):
        merged = segments_to_merge(sizes, MERGE_LIMIT)
        size = SMALLEST_TIER / 3 + sum(sizes.pop(number) for number in merged)
        sizes[commit] = size
        written += size
    assert max(sizes.values()) > MERGE_LIMIT / TIER_SEGMENTS
    assert len(sizes) < 4 * TIER_SEGMENTS
    assert written < 5 * sum(sizes.values()), "each document is written once per tier"


def test_large_segments_stay_and_tiers_that_are_not_full_too() -> None:
    assert segments_to_merge(dict.fromkeys(range(20), MERGE_LIMIT), MERGE_LIMIT) == []
    assert segments_to_merge(dict.fromkeys(range(TIER_SEGMENTS - 1), 1000), MERGE_LIMIT) == []
    assert len(segments_to_merge(dict.fromkeys(range(TIER_SEGMENTS), 1000), MERGE_LIMIT)) == TIER_SEGMENTS


def write(folder: Path, keys: range, removed: range = range(0)) -> None:
    """Write documents in one commit, and remove some."""
    writer = FileIndex(MappedStorage(str(folder))).writer()
    segments = {segment.segment_id(): segment for segment in writer.segments}
    for name, number in IndexSnapshot(folder).find(removed):
        segments[name].delete_document(number)
    for key in keys:
        exact, stems = schema.make_postings(f"mot numéro{key}", ["fr"], 40)
        writer.add_document(**{schema.KEY: key, schema.MODELS: [], "title": exact, "title~": stems})
    writer.commit(mergetype=merge_policy(MERGE_LIMIT))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty index of search texts."""
    create_in(str(tmp_path), schema.schema_of(PageSearchText))
    return tmp_path


def test_a_newer_commit_is_opened_with_the_segments_of_the_older_one(folder: Path) -> None:
    write(folder, range(1, 4))
    old = IndexSnapshot(folder)
    reader = old.segments[0].reader
    write(folder, range(3, 6), removed=range(3, 4))
    new = IndexSnapshot(folder, old)
    assert new.segments[0].reader is reader, "it is not opened again"
    assert [sorted(segment.deleted) for segment in new.segments] == [[2], []]
    assert new.document_count == 5
    assert [list(keys_of(segment.reader)) for segment in new.segments] == [[1, 2, 3], [3, 4, 5]]
    assert len(list(new.find([3, 5, 9]))) == 2, "3 once, for its deleted document does not count"


def test_merged_segments_lose_deleted_documents_and_empty_ones_vanish(folder: Path) -> None:
    for key in range(1, TIER_SEGMENTS):
        write(folder, range(key, key + 1))
    write(folder, range(100, 101), removed=range(1, 2))
    assert len(IndexSnapshot(folder).segments) == TIER_SEGMENTS - 1, "the one of key 1 is gone"
    write(folder, range(101, 102))
    write(folder, range(102, 103))
    snapshot = IndexSnapshot(folder)
    assert len(snapshot.segments) == 1
    assert sorted(keys_of(snapshot.segments[0].reader)) == [*range(2, TIER_SEGMENTS), 100, 101, 102]


def test_a_mapped_file_reads_like_any_other() -> None:
    file = MappedFile(memoryview(b"ab\ncdef"), "name")
    assert (file.read(1), file.readline(), file.tell(), file.read()) == (b"a", b"b\n", 3, b"cdef")
    assert file.seek(-2, 2) == 5
    assert (file.read(9), file.subset(3, 2).read(), file.get(1, 2)) == (b"ef", b"cd", b"b\n")
    assert (file.seek(1), file.seek(1, 1), file.read(1)) == (1, 2, b"\n")
    file.close()
    assert file.is_closed
