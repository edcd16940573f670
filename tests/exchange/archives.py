"""Archives for tests: written by the real exporter, unpacked, altered, and sealed again with valid checksums."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import translation
from PIL import Image
from reversion.models import Revision, Version

from tests.factories import make_page
from wiki.errors import Refused
from wiki.exchange.archive.exporter import Export
from wiki.exchange.archive.format_spec import content_digest
from wiki.exchange.archive.importer import ImportTarget, import_archive
from wiki.exchange.models import Origin
from wiki.pages.media_models import Picture
from wiki.pages.models import Changeset, Fork, PageLink, PageText, PageVersion, RenderedPage, WikiPage
from wiki.pages.writing.page_writer import Author, EditSummary, edit

if TYPE_CHECKING:
    from wiki.accounts.models import User

TEXT = """---
kind: practice
City: Lyon
---
# Bienvenue

![Un établi](File:Etabli.jpg)

Voir [[Autre page]] et *l'œuvre* 😀.
"""


def make_picture(name: str = "Etabli.jpg", colour: str = "red", **options: Any) -> Picture:
    """Create a picture of one colour, as an upload does."""
    raw = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(raw, "JPEG" if name.endswith(".jpg") else "PNG")
    values = {
        "author": "Zoé",
        "license": "CC-BY-4.0",
        "source": "https://example.org/établi",
        "description": "Un établi",
    }
    picture = Picture(**(values | options))
    picture.set_content(raw.getvalue(), name)
    picture.save()
    return picture


def make_story(by: User, title: str = "Atelier bois") -> WikiPage:
    """Create a page with a picture and four versions by two authors."""
    make_picture()
    page = make_page(title, TEXT, by=by)
    for number in range(3):
        author = Author.of(by) if number % 2 else Author(None, 'Ada "la première"')
        page = edit(page, f"{TEXT}\nAjout {number}.\n", author, EditSummary(f"Ajout {number}", minor=bool(number))).page
    return page


def export(page: WikiPage) -> bytes:
    """Return the archive of a page."""
    return b"".join(Export(page))


def digest_of(archive: bytes) -> str:
    """Return the Content-Digest stated in an archive."""
    info = Bag.opened(archive).files["bag-info.txt"].decode()
    return next(line.partition(": ")[2] for line in info.splitlines() if line.startswith("Content-Digest"))


def unzip(archive: bytes, folder: Path) -> Path:
    """Unpack an archive written by the exporter; return the folder of the bag."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)
        return folder / opened.namelist()[0].partition("/")[0]


@dataclass
class Bag:
    """The files of an archive by path in the bag, to be altered and sealed again."""

    folder: str
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def opened(cls, archive: bytes) -> Bag:
        """Return the files of an archive."""
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            names = opened.namelist()
            folder = names[0].partition("/")[0]
            return cls(folder, {name.partition("/")[2]: opened.read(name) for name in names})

    def change_json(self, path: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Alter the JSON of a file in `data/` by `change`."""
        values = json.loads(self.files[f"data/{path}"])
        change(values)
        self.files[f"data/{path}"] = json.dumps(values).encode()

    def change_line(self, number: int, change: Callable[[dict[str, Any]], None]) -> None:
        """Alter one line of the history by `change`."""
        path = "data/history/revisions.jsonl"
        lines = self.files[path].decode().splitlines()
        values = json.loads(lines[number - 1])
        change(values)
        lines[number - 1] = json.dumps(values)
        self.files[path] = ("\n".join(lines) + "\n").encode()

    def seal(self) -> Bag:
        """Update manifests and digest, as a forger of an archive would."""
        payload = {path: raw for path, raw in self.files.items() if path.startswith("data/")}
        sums = {path: hashlib.sha256(raw).hexdigest() for path, raw in payload.items()}
        digest = content_digest((path.removeprefix("data/"), value) for path, value in sums.items())
        self.files = payload | {
            "bagit.txt": self.files["bagit.txt"],
            "bag-info.txt": f"Content-Digest: {digest}\n".encode(),
            "manifest-sha256.txt": "".join(f"{value}  {path}\n" for path, value in sums.items()).encode(),
        }
        return self

    def zip(self, *more: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
        """Return the zip; `more` are further entries outside the folder of the bag."""
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w", method) as archive:
            for path, content in self.files.items():
                archive.writestr(f"{self.folder}/{path}", content)
            for name, content in more:
                archive.writestr(name, content)
        return raw.getvalue()


# --- Refusals -------------------------------------------------------------------------------------
MODELS = (
    WikiPage, PageText, PageVersion, Changeset, Origin, Fork, PageLink, RenderedPage, Picture, Revision, Version,
)  # fmt: skip
NEW = ImportTarget(title="Importée")


def state() -> dict[str, Any]:
    """Return everything that an import could leave: row counts, files, staging folders."""
    folders = (Path(settings.MEDIA_ROOT), Path(settings.STAGING_ROOT))
    files = sorted(str(path) for folder in folders if folder.exists() for path in folder.rglob("*"))
    return {model.__name__: model._default_manager.count() for model in MODELS} | {"files": files}


def check_refused(raw: bytes, reason: str, target: ImportTarget = NEW) -> None:
    """Check that `raw` is refused with `reason` and leaves nothing behind."""
    before = state()
    with translation.override("en"), pytest.raises(Refused) as caught:
        import_archive(io.BytesIO(raw), None, target)
    assert reason in str(caught.value)
    assert state() == before


def zip_entry(name: str, mode: int = 0o100644, **values: Any) -> zipfile.ZipInfo:
    """Return a zip entry with an unusual name, mode or other field."""
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    info.create_system = 3
    info.external_attr = mode << 16
    for key, value in values.items():
        setattr(info, key, value)
    return info
