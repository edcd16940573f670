"""One commit of an index, open for reading.

The segments of an index never change, but for the documents that are deleted: a newer commit is opened with the open
segments of an older one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from whoosh.index import FileIndex
from whoosh.reading import EmptyReader, IndexReader, MultiReader, SegmentReader, TermNotFound

from wiki.search.engine.schema import KEY
from wiki.search.engine.segment_files import MappedStorage


class OpenSegment:
    """An open segment, and the documents in it that are deleted at one commit."""

    def __init__(self, reader: SegmentReader, deleted: frozenset[int]) -> None:
        self.reader, self.deleted = reader, deleted


class IndexSnapshot:
    """One commit of a build of an index, for one thread at a time."""

    def __init__(self, build: Path, previous: IndexSnapshot | None = None) -> None:
        """Open the last commit; the open segments of `previous`, which is closed by this, are used again.

        Raises OSError and nearly any other exception if files are missing or damaged.
        """
        self.build = build
        storage = MappedStorage(str(build))
        toc: Any = FileIndex(storage)._read_toc()
        self.generation: int = toc.generation
        self.schema: Any = toc.schema
        known = previous.take_readers() if previous is not None else {}
        self.segments: list[OpenSegment] = []  # names of segments are random: those of another build are not found
        try:
            for segment in toc.segments:
                name = segment.segment_id()
                reader = known.pop(name, None) or SegmentReader(storage, toc.schema, segment, toc.generation)
                self.segments.append(OpenSegment(reader, frozenset(segment.deleted_docs())))
        except BaseException:
            self.close()
            raise
        finally:
            for reader in known.values():
                reader.close()

    def take_readers(self) -> dict[str, SegmentReader]:
        """Return the readers by the names of their segments; this snapshot has none any more."""
        segments, self.segments = self.segments, []
        return {segment.reader.segment().segment_id(): segment.reader for segment in segments}

    def close(self) -> None:
        """Close all files."""
        for reader in self.take_readers().values():
            reader.close()

    @property
    def reader(self) -> IndexReader:
        """A reader of all segments together; it does not know which documents are deleted."""
        readers = [segment.reader for segment in self.segments]
        return MultiReader(readers) if len(readers) > 1 else readers[0] if readers else EmptyReader(self.schema)

    @property
    def document_count(self) -> int:
        """The number of documents that are not deleted."""
        return sum(segment.reader.doc_count_all() - len(segment.deleted) for segment in self.segments)

    def find(self, keys: Sequence[Any]) -> Iterator[tuple[str, int]]:
        """Yield the documents with these primary keys that are not deleted: name of the segment and number in it."""
        for segment in self.segments:
            name = segment.reader.segment().segment_id()
            for key in _keys_within(segment.reader, keys):
                with suppress(TermNotFound):
                    found = segment.reader.postings(KEY, str(key).encode())
                    yield from ((name, number) for number in found.all_ids() if number not in segment.deleted)


def _keys_within(reader: SegmentReader, keys: Sequence[Any]) -> Sequence[Any]:
    """Leave out the keys that a segment cannot have, which are most: those of new objects are larger."""
    if not cast("Any", reader.schema[KEY]).numeric:
        return keys
    bounds: tuple[int, int] | None = getattr(reader, "_wiki_bounds", None)
    if bounds is None:
        known = keys_of(reader)
        bounds = (min(known), max(known)) if known else (0, -1)
        reader._wiki_bounds = bounds
    return [key for key in keys if bounds[0] <= int(key) <= bounds[1]]


def keys_of(reader: SegmentReader) -> Sequence[Any]:
    """Return the primary keys of a segment's documents by document number; cached on the reader."""
    keys: Sequence[Any] | None = getattr(reader, "_wiki_keys", None)
    if keys is None:
        field: Any = reader.schema[KEY]
        column = reader.column_reader(KEY, translate=False)
        keys = column.load() if field.numeric else [field.from_column_value(value) for value in column]
        reader._wiki_keys = keys
    return keys
