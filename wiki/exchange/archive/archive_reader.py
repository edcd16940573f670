"""Reading and validation of an unpacked archive, as a whole, before anything of it is written."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import bagit

from wiki.errors import ArchiveProblem, gettext_noop
from wiki.exchange.archive import format_spec
from wiki.exchange.archive.exported_page import media_named_in
from wiki.exchange.archive.format_spec import LIMITS, Limits
from wiki.exchange.archive.json_validation import JsonReader, read_json
from wiki.pages.media_models import clean_file_name
from wiki.pages.writing.page_writer import COMMENT_LIMIT
from wiki.text.markup.markdown_parser import TEXT_LIMIT
from wiki.text.normalization import clean_text
from wiki.text.titles import TitleProblem

RELATIONS = ("fork", "import", "data", format_spec.FACT_RELATION)
AUTHORS_LIMIT = 10_000
"""Maximum number of authors of a page, or of one of its sources."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of the page, as the archive states it."""

    number: int
    host: str
    origin: int
    author: str
    date: datetime
    comment: str
    minor: bool
    tags: list[str]
    title: str
    license: str
    language: str
    is_place: bool
    text: str | None
    merged: dict[str, Any] | None = None
    """The version of another page that it merged: `host`, `title`, `number`."""


@dataclass(slots=True)
class ArchiveContents:
    """The content of an archive, validated as far as that is possible."""

    folder: Path
    digest: str
    full_title: str
    title: str
    is_place: bool
    source: dict[str, Any]
    credits: dict[str, Any]
    revisions: list[Revision] = field(default_factory=list)
    picture_keys: set[str] = field(default_factory=set)
    is_replayed: bool = False
    """Whether the versions come from the journal of a Federated Wiki, which may change between two fetches."""

    @property
    def last(self) -> Revision:
        """The current version."""
        return self.revisions[-1]


def read_archive(bag: Path, limits: Limits = LIMITS) -> ArchiveContents:
    """Validate the bag in the folder `bag` and return its content. Raises ArchiveProblem with the reason."""
    digest = _validate_bag(bag)
    folder = bag / "data"
    page = JsonReader(read_json(_read_file(folder / format_spec.PAGE, limits), format_spec.PAGE), format_spec.PAGE)
    if page.text("format", 100) != format_spec.FORMAT:
        page.refuse(gettext_noop("%(where)s: this wiki reads archives of the form %(form)s."), form=format_spec.FORMAT)
    credits = read_json(_read_file(folder / format_spec.CREDITS, limits), format_spec.CREDITS)
    contents = ArchiveContents(
        folder, digest, page.title("full_title"), page.title("title"), page.flag("is_place"),
        _read_source(JsonReader(page.raw("source", dict), f"{format_spec.PAGE}, source")), credits,
    )  # fmt: skip
    _check_credits(JsonReader(credits, format_spec.CREDITS))
    contents.revisions = list(_read_revisions(contents, limits))
    _check_consistency(contents, page, limits)
    _check_media(contents)
    return contents


def _read_file(path: Path, limits: Limits) -> bytes:
    """Return the content of a file. Raises ArchiveProblem when it is missing or too large for memory."""
    if not path.is_file():
        raise ArchiveProblem(gettext_noop("The archive has no file “%(path)s”."), path=path.name)
    if path.stat().st_size > limits.json_bytes:
        raise ArchiveProblem(gettext_noop("“%(path)s” is too large."), path=path.name)
    return path.read_bytes()


def _validate_bag(bag: Path) -> str:
    """Check all checksums of the bag (RFC 8493) and its Content-Digest; return the digest. Raises ArchiveProblem."""
    logging.getLogger("bagit").setLevel(logging.CRITICAL)  # problems are raised as exceptions
    try:
        opened = bagit.Bag(str(bag))
        opened.validate(processes=1)
    except (bagit.BagError, OSError, ValueError, LookupError) as error:
        raise ArchiveProblem(
            gettext_noop("The archive is damaged or was altered: its checksums do not fit (%(reason)s)."),
            reason=str(error).replace(f"{bag}/", "")[:300],
        ) from error
    payload = {
        path.removeprefix("data/"): checksums.get("sha256", "")
        for path, checksums in opened.entries.items()
        if path.startswith("data/")
    }
    digest = format_spec.content_digest(payload.items())
    if not all(payload.values()) or opened.info.get(format_spec.DIGEST_TAG) != digest:
        raise ArchiveProblem(
            gettext_noop("The archive is damaged or was altered: its checksums do not fit (%(reason)s)."),
            reason=format_spec.DIGEST_TAG,
        )
    return digest


def _read_source(reader: JsonReader) -> dict[str, Any]:
    """Return the source of the current version: host, title, url and version."""
    return {
        "host": reader.host("host"), "title": reader.text("title", 255, empty=False),
        "url": reader.web_address("url"), "version": reader.number("version", 1, 2**31 - 1),
    }  # fmt: skip


def _check_credits(reader: JsonReader) -> None:
    """Check `credits.json` by itself; consistency with other files is checked later."""
    reader.refuse_other_keys("title", "authors", "license", "source", "derived_from", "media")
    reader.title("title")
    reader.license("license")
    reader.web_address("source")
    reader.text_list("authors", AUTHORS_LIMIT, 255)
    derived = reader.raw("derived_from", list)
    media = reader.raw("media", list)
    if len(derived) > 100:
        reader.refuse(gettext_noop("%(where)s: “%(key)s” is too long."), key="derived_from")
    for entry in derived:
        _check_derived(JsonReader(entry, f"{format_spec.CREDITS}, derived_from"))
    for entry in media:
        _check_picture(JsonReader(entry, f"{format_spec.CREDITS}, media"))


def _check_derived(reader: JsonReader) -> None:
    """Check one source of the page (an entry of `derived_from`)."""
    reader.refuse_other_keys("relation", "title", "authors", "source", "license", "host", "version", "date")
    relation = reader.text("relation", 20)
    if relation not in RELATIONS:
        reader.refuse(gettext_noop("%(where)s: “%(key)s” is out of bounds."), key="relation")
    reader.text("title", 255, empty=False)
    reader.text_list("authors", AUTHORS_LIMIT, 255)
    reader.web_address("source", empty=relation != "fork")
    reader.license("license")
    reader.text("host", 255)
    reader.number("version", 0, 2**31 - 1)
    reader.timestamp("date")


def _check_picture(reader: JsonReader) -> None:
    """Check one picture (an entry of `media`)."""
    reader.refuse_other_keys("file", "name", "sha256", "author", "license", "source", "description")
    name = reader.text("name", 200, empty=False)
    try:
        fits = clean_file_name(name) == name
    except TitleProblem:
        fits = False
    if not fits:
        reader.refuse(gettext_noop("%(where)s: “%(name)s” cannot be the name of a picture."), name=name)
    reader.text("file", 200, empty=False)
    reader.text("sha256", 64)
    reader.text("author", 255)
    reader.text("description", 255, lines=True)
    reader.license("license")
    reader.source("source", 1000)


def _read_revisions(contents: ArchiveContents, limits: Limits) -> Iterator[Revision]:
    """Yield the versions, oldest first, with texts rebuilt and compared with their checksums. Fills `picture_keys`."""
    path = contents.folder / format_spec.REVISIONS
    if not path.is_file():
        raise ArchiveProblem(gettext_noop("The archive has no file “%(path)s”."), path=format_spec.REVISIONS)
    before: str | None = None
    number = total = 0
    with path.open("rb") as file:
        while raw := file.readline(limits.line_bytes + 1):
            number += 1
            where = f"{format_spec.REVISIONS}:{number}"
            if len(raw) > limits.line_bytes or number > limits.versions:
                raise ArchiveProblem(gettext_noop("“%(path)s” is too large."), path=where)
            values = read_json(raw, where)
            before = _read_text(JsonReader(values, where), values, before)
            total += len((before or "").encode())
            if total > limits.texts_bytes:
                raise ArchiveProblem(
                    gettext_noop("The texts of the history are more than %(limit)d MB."),
                    limit=limits.texts_bytes // format_spec.MB,
                )
            contents.picture_keys |= media_named_in(before, values)
            yield _read_revision(JsonReader(values, where), number, before)


def _read_text(reader: JsonReader, values: dict[str, Any], before: str | None) -> str | None:
    """Return the text of a line of the history; None for a deletion.

    The text must match its checksum and be normalized as this wiki stores texts.
    """
    if reader.has("text"):
        reader.raw("text", str, type(None))
    else:
        reader.raw("insert", str)
        reader.number("keep_start", 0, TEXT_LIMIT)
        reader.number("keep_end", 0, TEXT_LIMIT)
    try:
        text = format_spec.apply_delta(before, values)
    except ValueError:
        reader.refuse(gettext_noop("%(where)s: the change does not fit the text before it."))
    try:
        raw = (text or "").encode()
    except UnicodeEncodeError:
        reader.refuse(gettext_noop("%(where)s: “%(key)s” holds control characters."), key="text")
    if len(raw) > TEXT_LIMIT:
        reader.refuse(gettext_noop("%(where)s: the text is longer than a page may be."))
    if format_spec.sha256(raw) != reader.text("sha256", 64):
        reader.refuse(gettext_noop("%(where)s: the content is not what its checksum says."))
    if text is not None and clean_text(text) != text:
        reader.refuse(gettext_noop("%(where)s: “%(key)s” holds control characters."), key="text")
    return text


def _read_revision(reader: JsonReader, number: int, text: str | None) -> Revision:
    """Return one version with `text`; `number` is the number that it must have."""
    if reader.number("number", 1, 2**31 - 1) != number:
        reader.refuse(gettext_noop("%(where)s: versions have to be numbered from 1 without a gap."))
    return Revision(
        number=number,
        host=reader.host("host"),
        origin=reader.number("origin", 1, 2**31 - 1),
        author=reader.text("author", 255),
        date=reader.timestamp("date"),
        comment=reader.text("comment", COMMENT_LIMIT, lines=True),
        minor=reader.flag("minor"),
        tags=reader.text_list("tags", 20, 80),
        title=reader.title("title"),
        license=reader.license("license"),
        language=reader.language("language"),
        is_place=reader.flag("is_place"),
        text=text,
        merged=_read_merged(reader),
    )


def _read_merged(reader: JsonReader) -> dict[str, Any] | None:
    """Return the version that a version merged, if the archive states one."""
    if not reader.has("merged"):
        return None
    merged = JsonReader(reader.raw("merged", dict), reader.where)
    merged.refuse_other_keys("host", "title", "number")
    return {
        "host": merged.host("host"),
        "title": merged.title("title"),
        "number": merged.number("number", 1, 2**31 - 1),
    }


def _check_consistency(contents: ArchiveContents, page: JsonReader, limits: Limits) -> None:
    """Check that page, credits, source text and history are consistent."""
    credits = contents.credits
    if not contents.revisions or contents.last.text is None:
        raise ArchiveProblem(gettext_noop("The history of the archive does not end with a text."))
    last = contents.last
    authors = sorted(
        {revision.author for revision in contents.revisions if revision.text is not None and revision.author}
    )
    agree = (
        _read_file(contents.folder / format_spec.TEXT, limits) == (last.text or "").encode()
        and last.title == contents.full_title == credits["title"]
        and (contents.full_title == contents.title or contents.full_title.endswith(f":{contents.title}"))
        and last.license == page.license("license") == credits["license"]
        and last.language == page.language("language")
        and last.is_place == contents.is_place
        and last.number == page.number("version", 1, 2**31 - 1)
        and credits["source"] == contents.source["url"]
        and sorted(credits["authors"]) == authors
    )
    if not agree:
        raise ArchiveProblem(gettext_noop("The parts of the archive contradict each other: page, credits and history."))


def _check_media(contents: ArchiveContents) -> None:
    """Check that the picture files are exactly those listed in the credits and shown by some version."""
    entries = contents.credits["media"]
    names = [entry["name"] for entry in entries]
    media = contents.folder / format_spec.MEDIA
    present = {
        f"{format_spec.MEDIA}{path.relative_to(media).as_posix()}" for path in media.rglob("*") if path.is_file()
    }
    paths = format_spec.media_paths(names)
    listed = {entry["file"] for entry in entries}
    if len(set(names)) != len(names) or present != listed or any(paths[e["name"]] != e["file"] for e in entries):
        raise ArchiveProblem(gettext_noop("The pictures in the archive are not those that its credits list."))
    for entry in entries:
        with (contents.folder / entry["file"]).open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        if checksum != entry["sha256"]:
            raise ArchiveProblem(
                gettext_noop("%(where)s: the content is not what its checksum says."), where=entry["file"]
            )
        if entry["name"] not in contents.picture_keys:
            raise ArchiveProblem(
                gettext_noop("The archive holds a picture that no version of the page shows: “%(name)s”."),
                name=entry["name"],
            )
