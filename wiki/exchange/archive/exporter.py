"""A page carried away whole: text, history, pictures, authors and licences, in one zip.

`Export` gathers nothing in memory but the credits: bytes come out while the database is read,
so that a page with thousands of versions starts to arrive at once.
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
    picture_keys,
    pictures_named_in,
    revision_line,
)
from wiki.pages.media_models import Picture
from wiki.pages.models import WikiPage

Progress = Callable[[int], None]
"""Called with how many versions were written since the last call."""


def _silent(done: int) -> None:
    """Nobody watches."""


class Export:
    """The archive of one page at its current version. Iterating gives the bytes of the zip."""

    def __init__(self, page: WikiPage, progress: Progress = _silent) -> None:
        """Raises Refused for a deleted page, LicenseConflict where a licence cannot travel."""
        self.exported = ExportedPage.of(page)
        self.with_stream = (self.exported.totals["bytes"] or 0) <= format_spec.STREAM_LIMIT
        self.steps = self.exported.last.number * (2 if self.with_stream else 1)
        self.file_name = f"{self.exported.stem}.zip"
        self.digest = ""
        """The Content-Digest, known when all is written."""
        self.progress = progress
        self._keys: set[str] = set()
        self._bag = BagStream(self.exported.stem)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._bag.size

    def __iter__(self) -> Iterator[bytes]:
        bag, subject = self._bag, self.exported
        yield from bag.begin()
        yield from bag.add(format_spec.TEXT, [subject.text])
        yield from bag.add(format_spec.REVISIONS, self._revisions())
        if self.with_stream:
            yield from bag.add(format_spec.STREAM, self._stream())
        pictures = {picture.name: picture for picture in self._pictures()}
        credits = subject.credits(pictures.values())
        for entry in credits["media"]:
            with pictures[entry["name"]].file.open("rb") as file:
                yield from bag.add(entry["file"], file_pieces(file))
        yield from self._described(credits, pictures)
        self.digest = bag.content_digest()
        yield from bag.finish(self._tags())

    def _described(self, credits: dict[str, Any], pictures: dict[str, Picture]) -> Iterator[bytes]:
        """What is said about the content: credits, licences, readable page, machine's view."""
        bag, subject = self._bag, self.exported
        ids = license_ids(subject, pictures.values())
        for path, text in readme_files.license_texts(ids).items():
            yield from bag.add(path, [text])
        yield from bag.add(format_spec.CREDITS, [format_spec.readable_json(credits)])
        yield from bag.add(format_spec.PAGE, [format_spec.readable_json(self._page())])
        yield from bag.add("index.html", [html_preview.render_preview(subject, credits, pictures)])
        yield from bag.add("style.css", [html_preview.render_stylesheet()])
        yield from bag.add("README.md", [readme_files.readme(subject, credits, self.with_stream)])
        sizes = {path.removeprefix("data/"): size for path, size in bag.sizes.items() if path.startswith("data/")}
        names = [*sizes, "ro-crate-metadata.json"]
        crate = ro_crate.metadata(subject, credits, sizes)
        yield from bag.add("ro-crate-metadata.json", [format_spec.readable_json(crate)])
        yield from bag.add("REUSE.toml", [readme_files.reuse_toml(subject, credits, names)])

    def _revisions(self) -> Iterator[str]:
        """The lines of `revisions.jsonl`; notes on the way which pictures they name."""
        before: str | None = None
        for version, text in self.exported.history():
            line = revision_line(version, before, text)
            self._keys |= pictures_named_in(text, line)
            yield format_spec.canonical_json(line) + "\n"
            before = text
            self.progress(1)

    def _stream(self) -> Iterator[bytes]:
        """The git stream."""
        for piece in git_stream.stream(self.exported.history()):
            yield piece
            if piece.startswith(b"commit "):
                self.progress(1)

    def _pictures(self) -> list[Picture]:
        """The pictures that any version shows and that may travel."""
        keys = sorted(self._keys | picture_keys(self.exported.text))
        found: list[Picture] = []
        for start in range(0, len(keys), 500):
            found += Picture.objects.filter(name__in=keys[start : start + 500])
        return [picture for picture in found if can_export(picture)]

    def _page(self) -> dict[str, Any]:
        """The content of `page.json`: what the page is called, and where it is from."""
        page, last = self.exported.page, self.exported.last
        place = last.place.full_title if last.place else None
        return {
            "format": format_spec.FORMAT,
            "full_title": last.title,
            "title": page.title,
            "place": place,
            "namespace": page.namespace,
            "is_place": last.is_place,
            "kind": page.kind.key if page.kind else None,
            "language": last.language,
            "license": last.license,
            "version": last.number,
            "source": self.exported.source,
            "exported_from": ro_crate.permalink(self.exported),
        }

    def _tags(self) -> dict[str, str]:
        """The lines of `bag-info.txt`. No date of export: the same page gives the same archive."""
        return {
            "Source-Organization": settings.WAGTAIL_SITE_NAME,
            "External-Identifier": ro_crate.permalink(self.exported),
            "External-Description": self.exported.title,
            "Bag-Software-Agent": "Movilab wiki",
            format_spec.DIGEST_TAG: self.digest,
        }
