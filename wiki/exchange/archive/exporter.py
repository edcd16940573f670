"""Export of a page as one zip file: text, history, pictures, authors and licences.

`Export` holds only the credits in memory: bytes are available while the database is being read, so that the archive
of a page with thousands of versions can be written to a file piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings

from wiki.exchange.archive import format_spec, git_stream, html_preview, readme_files, ro_crate
from wiki.exchange.archive.bag_writer import BagStream, file_pieces
from wiki.exchange.archive.exported_page import (
    ExportedPage,
    can_export,
    license_ids,
    media_named_in,
    revision_line,
)
from wiki.pages.media_models import File, Picture, media_by_name
from wiki.pages.models import WikiPage
from wiki.text.media_names import media_keys

Progress = Callable[[int], None]
"""Progress callback: called with the number of versions written since the last call."""


def _no_progress(done: int) -> None:
    """Ignore the progress."""


class Export:
    """The archive of one page at its last version with a text. Iteration yields the bytes of the zip."""

    def __init__(self, page: WikiPage, progress: Progress = _no_progress) -> None:
        """Begin an export; of a deleted page as it was before. Raises LicenseConflict when a licence is not free."""
        self.exported = ExportedPage.of(page)
        self.with_stream = (self.exported.totals["bytes"] or 0) <= format_spec.STREAM_LIMIT
        self.steps = self.exported.last.number * (2 if self.with_stream else 1)
        self.file_name = f"{self.exported.stem}.zip"
        self.digest = ""
        """The Content-Digest; empty until the iteration has ended."""
        self.progress = progress
        self._keys: set[str] = set()
        self._bag = BagStream(self.exported.stem)

    @property
    def size(self) -> int:
        """Bytes of the zip written so far."""
        return self._bag.size

    def __iter__(self) -> Iterator[bytes]:
        bag, exported = self._bag, self.exported
        yield from bag.begin()
        yield from bag.add(format_spec.TEXT, [exported.text])
        yield from bag.add(format_spec.REVISIONS, self._revisions())
        if self.with_stream:
            yield from bag.add(format_spec.STREAM, self._stream())
        pictures = {picture.name: picture for picture in self._pictures()}
        credits = exported.credits(pictures.values())
        for entry in credits["media"]:
            with pictures[entry["name"]].file.open("rb") as file:
                yield from bag.add(entry["file"], file_pieces(file))
        yield from self._add_metadata(credits, pictures)
        self.digest = bag.content_digest()
        yield from bag.finish(self._tags())

    def _add_metadata(self, credits: dict[str, Any], pictures: dict[str, Picture | File]) -> Iterator[bytes]:
        """Write the files about the content: credits, licences, HTML preview, README, RO-Crate and REUSE metadata."""
        bag, exported = self._bag, self.exported
        ids = license_ids(exported, pictures.values())
        for path, text in readme_files.license_texts(ids).items():
            yield from bag.add(path, [text])
        yield from bag.add(format_spec.CREDITS, [format_spec.readable_json(credits)])
        yield from bag.add(format_spec.PAGE, [format_spec.readable_json(self._page())])
        yield from bag.add("index.html", [html_preview.render_preview(exported, credits, pictures)])
        yield from bag.add("style.css", [html_preview.render_stylesheet()])
        yield from bag.add("README.md", [readme_files.readme(exported, credits, self.with_stream)])
        sizes = {path.removeprefix("data/"): size for path, size in bag.sizes.items() if path.startswith("data/")}
        names = [*sizes, "ro-crate-metadata.json"]
        crate = ro_crate.metadata(exported, credits, sizes)
        yield from bag.add("ro-crate-metadata.json", [format_spec.readable_json(crate)])
        yield from bag.add("REUSE.toml", [readme_files.reuse_toml(exported, credits, names)])

    def _revisions(self) -> Iterator[str]:
        """Yield the lines of `revisions.jsonl`; collect the keys of the pictures that they may show."""
        before: str | None = None
        for version, text in self.exported.history():
            line = revision_line(version, before, text)
            self._keys |= media_named_in(text, line)
            yield format_spec.canonical_json(line) + "\n"
            before = text
            self.progress(1)

    def _stream(self) -> Iterator[bytes]:
        """Yield the stream for `git fast-import`."""
        for chunk in git_stream.stream(self.exported.history()):
            yield chunk
            if chunk.startswith(b"commit "):
                self.progress(1)

    def _pictures(self) -> list[Picture | File]:
        """Return the pictures and files that any version may show and that can be exported."""
        keys = sorted(self._keys | media_keys(self.exported.text))
        pictures: list[Picture | File] = []
        for start in range(0, len(keys), 500):
            pictures += media_by_name(keys[start : start + 500]).values()
        return [picture for picture in pictures if can_export(picture)]

    def _page(self) -> dict[str, Any]:
        """Return the content of `page.json`: names, licence and source of the page."""
        page, last = self.exported.page, self.exported.last
        place = last.place.full_title if last.place else None
        return {
            "format": format_spec.FORMAT,
            "full_title": last.title,
            "title": page.title,
            "place": place,
            "namespace": page.namespace,
            "is_place": last.is_place,
            "kind": kind.key if (kind := self.exported.kind) else None,
            "language": last.language,
            "license": last.license,
            "version": last.number,
            "source": self.exported.source,
            "exported_from": ro_crate.permalink(self.exported),
        }

    def _tags(self) -> dict[str, str]:
        """Return the lines of `bag-info.txt`, without the date of the export: the same page gives the same archive."""
        return {
            "Source-Organization": settings.WAGTAIL_SITE_NAME,
            "External-Identifier": ro_crate.permalink(self.exported),
            "External-Description": self.exported.title,
            "Bag-Software-Agent": "Movilab wiki",
            format_spec.DIGEST_TAG: self.digest,
        }
