"""Which segments of an index a commit merges, so that no commit takes long, whatever the size of the index.

Whoosh's own policy merges a whole index once in a while, which takes seconds to minutes, in which search falls behind.
This one is tiered (as Lucene's `TieredMergePolicy`): segments of about the same size are merged once there are enough
of them, so that a document is written again once per tier, and segments that are large enough stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whoosh.reading import SegmentReader

SMALLEST_TIER = 32 * 1024
"""Bytes up to which segments belong to the lowest tier; one changed page makes some 5 to 20 KB."""
TIER_SEGMENTS = 8
"""Segments of one tier that are merged; each tier is as many times larger than the one below it."""
MERGE_LIMIT = 12 * 1024 * 1024
"""Bytes that a merge reads at most; 6 MB take about a second."""
BUILD_MERGE_LIMIT = 96 * 1024 * 1024
"""The same while an index is built by a command, when nobody waits."""


def live_sizes(storage: Any, segments: list[Any]) -> dict[Any, float]:
    """Return the bytes of each segment, without the share of its deleted documents."""
    return {
        segment: storage.file_length(segment.make_filename(".seg")) * segment.doc_count() / segment.doc_count_all()
        for segment in segments
    }


def segments_to_merge(sizes: dict[Any, float], limit: float) -> list[Any]:
    """Return the segments to merge, given their sizes in bytes; an empty list if there is nothing to merge now.

    The lowest tier that is full is merged; of the smallest segments as many as stay within `limit` bytes.
    """
    tiers: dict[int, list[Any]] = {}
    for segment in sorted(sizes, key=lambda one: sizes[one]):
        tiers.setdefault(_tier(sizes[segment]), []).append(segment)
    for _, members in sorted(tiers.items()):
        if len(members) < TIER_SEGMENTS:
            continue
        chosen: list[Any] = []
        for segment in members:
            if sum(sizes[one] for one in chosen) + sizes[segment] > limit:
                break
            chosen.append(segment)
        if len(chosen) > 1:
            return chosen
    return []


def _tier(size: float) -> int:
    tier = 0
    while size > SMALLEST_TIER:
        size, tier = size / TIER_SEGMENTS, tier + 1
    return tier


def merge_policy(limit: float = MERGE_LIMIT) -> Callable[[Any, list[Any]], list[Any]]:
    """Return the function that Whoosh's `commit(mergetype=…)` takes: it merges, and returns the segments that stay."""

    def merge(writer: Any, segments: list[Any]) -> list[Any]:
        present = [segment for segment in segments if segment.doc_count()]
        chosen = segments_to_merge(live_sizes(writer.storage, present), limit)
        for segment in chosen:
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
        return [segment for segment in present if segment not in chosen]

    return merge
