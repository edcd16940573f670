"""A bag in a zip, written to a stream: bytes come out while files go in, checksums on the way.

Deterministic apart from the compression: fixed dates and modes, files in the order given. Zip
entries are as in the reference of the format (APPNOTE 6.3): no comments, no extra fields.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from stat import S_IFREG

from wiki.exchange.archive.format_spec import content_digest

CHUNK = 64 * 1024
_STORED = (".jpg", ".jpeg", ".png", ".gif", ".webp")
"""Endings of files that are compressed already."""


class _Sink:
    """A file that cannot be sought: what is written waits here until it is fetched."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self.size = 0

    def write(self, raw: bytes) -> int:
        """Keep `raw` for the next fetch."""
        self._waiting.append(bytes(raw))
        self.size += len(raw)
        return len(raw)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def seek(self, position: int, whence: int = 0) -> int:
        """Refuse: the bytes are on their way already. zipfile asks once, and then does without."""
        raise OSError("a stream cannot be sought")

    def tell(self) -> int:
        """Refuse, as `seek`."""
        raise OSError("a stream cannot be sought")

    def fetch(self) -> bytes:
        """All that was written since the last fetch."""
        raw, self._waiting = b"".join(self._waiting), []
        return raw


class BagStream:
    """One bag. Iterate over what `begin`, `add` and `finish` return: bytes of the zip."""

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
        """The declaration that makes the folder a bag (RFC 8493, 2.1.1)."""
        yield from self._add("bagit.txt", ["BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"])

    def add(self, path: str, content: Iterable[bytes | str]) -> Iterator[bytes]:
        """Write `content`, piece by piece, into the file `path` of the payload."""
        yield from self._add(f"data/{path}", content)

    def finish(self, tags: Mapping[str, str]) -> Iterator[bytes]:
        """Write `bag-info.txt` with `tags`, the manifests, and the zip's directory."""
        payload = {path: size for path, size in self.sizes.items() if path.startswith("data/")}
        said = dict(tags) | {"Payload-Oxum": f"{sum(payload.values())}.{len(payload)}"}
        info = "".join(f"{name}: {_one_line(value)}\n" for name, value in said.items())
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
        """The Content-Digest of the payload so far."""
        return content_digest(
            (path.removeprefix("data/"), sums[0]) for path, sums in self.checksums.items() if path.startswith("data/")
        )

    def _add(self, path: str, content: Iterable[bytes | str]) -> Iterator[bytes]:
        info = zipfile.ZipInfo(f"{self._folder}/{path}", (1980, 1, 1, 0, 0, 0))
        info.create_system = 3
        info.external_attr = (S_IFREG | 0o644) << 16
        info.compress_type = zipfile.ZIP_STORED if path.endswith(_STORED) else zipfile.ZIP_DEFLATED
        sums, size = (hashlib.sha256(), hashlib.sha512()), 0
        with self._zip.open(info, "w") as file:
            for piece in content:
                raw = piece.encode() if isinstance(piece, str) else piece
                size += len(raw)
                for algorithm in sums:
                    algorithm.update(raw)
                file.write(raw)
                if self._sink.size and (ready := self._sink.fetch()):
                    yield ready
        self.checksums[path] = (sums[0].hexdigest(), sums[1].hexdigest())
        self.sizes[path] = size
        if ready := self._sink.fetch():
            yield ready


def _one_line(value: str) -> str:
    """`value` as one line of a tag file (RFC 8493, 2.2.2)."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()


def file_pieces(file: Iterable[bytes]) -> Iterator[bytes]:
    """A Django file in pieces of a size."""
    read = getattr(file, "chunks", None)
    yield from read(CHUNK) if read else file
