"""Streaming writer of a zip file that holds one BagIt bag.

Bytes of the zip are available while files are still being added; checksums are computed on the way. The output is
deterministic apart from the compression: fixed dates and modes, files in the order given. Zip entries follow the
specification of the format (APPNOTE 6.3), without comments and extra fields.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from stat import S_IFREG

from wiki.exchange.archive.format_spec import content_digest

CHUNK = 64 * 1024
_STORED = (
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".odt", ".ods", ".odp", ".docx", ".xlsx", ".pptx", ".3mf", ".mp3",
    ".ogg", ".oga", ".opus", ".flac", ".m4a", ".mp4", ".webm", ".ogv",
)  # fmt: skip
"""Extensions of files that are compressed already, and are stored as they are."""


class _Sink:
    """A file object without seek: holds written bytes until they are fetched."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self.size = 0

    def write(self, raw: bytes) -> int:
        """Add `raw` to the bytes of the next `fetch`."""
        self._pending.append(bytes(raw))
        self.size += len(raw)
        return len(raw)

    def flush(self) -> None:
        """Do nothing: `fetch` returns all bytes anyway."""

    def close(self) -> None:
        """Do nothing: no file is open."""

    def seek(self, position: int, whence: int = 0) -> int:
        """Raise OSError: the bytes may be sent already. zipfile tries once, then writes without seeking."""
        raise OSError("a stream cannot be sought")

    def tell(self) -> int:
        """Raise OSError, as `seek`."""
        raise OSError("a stream cannot be sought")

    def fetch(self) -> bytes:
        """Return the bytes written since the last `fetch`."""
        raw, self._pending = b"".join(self._pending), []
        return raw


class BagStream:
    """One bag. `begin`, `add` and `finish` yield the bytes of the zip; each must be consumed to its end."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.checksums: dict[str, tuple[str, str]] = {}
        """sha256 and sha512 of each file so far, by its path in the bag."""
        self.sizes: dict[str, int] = {}

    @property
    def size(self) -> int:
        """Bytes of the zip so far."""
        return self._sink.size

    def begin(self) -> Iterator[bytes]:
        """Write `bagit.txt`, the declaration of the bag (RFC 8493, 2.1.1)."""
        yield from self._add("bagit.txt", ["BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"])

    def add(self, path: str, content: Iterable[bytes | str]) -> Iterator[bytes]:
        """Write the chunks of `content` to the file `path` of the payload."""
        yield from self._add(f"data/{path}", content)

    def finish(self, tags: Mapping[str, str]) -> Iterator[bytes]:
        """Write `bag-info.txt` with `tags`, the manifests, and the central directory of the zip."""
        payload = {path: size for path, size in self.sizes.items() if path.startswith("data/")}
        info_values = dict(tags) | {"Payload-Oxum": f"{sum(payload.values())}.{len(payload)}"}
        info = "".join(f"{name}: {_one_line(value)}\n" for name, value in info_values.items())
        yield from self._add("bag-info.txt", [info])
        for position, name in enumerate(("sha256", "sha512")):
            listing = [f"{self.checksums[path][position]}  {path}\n" for path in sorted(payload)]
            yield from self._add(f"manifest-{name}.txt", listing)
        tag_files = sorted(path for path in self.checksums if not path.startswith("data/"))
        for position, name in enumerate(("sha256", "sha512")):
            listing = [f"{self.checksums[path][position]}  {path}\n" for path in tag_files]
            yield from self._add(f"tagmanifest-{name}.txt", listing)
        self._zip.close()
        yield self._sink.fetch()

    def content_digest(self) -> str:
        """Return the Content-Digest of the payload written so far."""
        return content_digest(
            (path.removeprefix("data/"), sums[0]) for path, sums in self.checksums.items() if path.startswith("data/")
        )

    def _add(self, path: str, content: Iterable[bytes | str]) -> Iterator[bytes]:
        info = zipfile.ZipInfo(f"{self._folder}/{path}", (1980, 1, 1, 0, 0, 0))
        info.create_system = 3
        info.external_attr = (S_IFREG | 0o644) << 16
        info.compress_type = zipfile.ZIP_STORED if path.endswith(_STORED) else zipfile.ZIP_DEFLATED
        hashes, size = (hashlib.sha256(), hashlib.sha512()), 0
        with self._zip.open(info, "w") as file:
            for chunk in content:
                raw = chunk.encode() if isinstance(chunk, str) else chunk
                size += len(raw)
                for algorithm in hashes:
                    algorithm.update(raw)
                file.write(raw)
                if self._sink.size and (available := self._sink.fetch()):
                    yield available
        self.checksums[path] = (hashes[0].hexdigest(), hashes[1].hexdigest())
        self.sizes[path] = size
        if available := self._sink.fetch():
            yield available


def _one_line(value: str) -> str:
    """Return `value` as one line of a tag file (RFC 8493, 2.2.2)."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()


def file_pieces(file: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of a Django file in chunks of CHUNK bytes; other iterables as they are."""
    read = getattr(file, "chunks", None)
    yield from read(CHUNK) if read else file
