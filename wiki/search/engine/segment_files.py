"""Files of a Whoosh index that are mapped into memory, and never copied.

Whoosh maps a segment too, but then copies each part of it (`BytesIO`), all postings included, whenever it is opened.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile


class MappedFile(BufferFile):
    """A part of a mapped file, with Whoosh's methods for reading structures."""

    def __init__(self, view: memoryview, name: str | None = None) -> None:
        self._buf: Any = view
        self._name = name
        self._position = 0
        self.file: Any = self
        self.onclose = None
        self.is_real = self.is_closed = False

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes from the position on; all for -1."""
        start = self._position
        data = bytes(self._buf[start : start + size] if size >= 0 else self._buf[start:])
        self._position += len(data)
        return data

    def readline(self) -> bytes:
        """Return the bytes up to and with the next line feed (pickles need it)."""
        end = bytes(self._buf[self._position :]).find(b"\n")
        return self.read(end + 1 if end >= 0 else -1)

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Change the position, and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: len(self._buf)}[whence]
        self._position = base + offset
        return self._position

    def subset(self, position: int, length: int, name: str | None = None) -> MappedFile:
        """Return a part of this file."""
        return MappedFile(self._buf[position : position + length], name or self._name)

    def close(self) -> None:
        """Release the mapped memory; it is unmapped when all parts are closed."""
        view, self._buf, self.is_closed = self._buf, b"", True
        self.file = None
        if isinstance(view, memoryview):
            with suppress(BufferError):
                view.release()


class MappedStorage(FileStorage):
    """The directory of a Whoosh index whose segments are opened as mapped files."""

    def open_file(self, name: str, **options: Any) -> Any:
        """Open a file for reading. Raises OSError, and ValueError for an empty segment."""
        if not name.endswith(".seg"):
            return super().open_file(name, **options)
        with (Path(self.folder) / name).open("rb") as file:
            return MappedFile(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), name)
