"""Storage of the pictures of an archive: reused, imported, or imported under another name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from django.core.files import File
from django.core.files.storage import Storage
from wagtail.images.models import AbstractImage

from wiki.accounts.models import User
from wiki.exchange.archive.image_check import CheckedPicture
from wiki.pages.media_models import Picture, invalidate_pages_showing


class _StagedFile(File):  # type: ignore[type-arg]  # the stub makes File generic, Django does not
    """A file in the staging folder that the storage may move instead of copying."""

    def temporary_file_path(self) -> str:
        """Return the path; FileSystemStorage moves a file that has this method."""
        return str(self.name)


@dataclass(slots=True)
class ImageStore:
    """The pictures of one import: `new` rows with their files, and `renamed` names (old to new)."""

    new: list[tuple[Picture, CheckedPicture]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        """Insert the new rows; call inside the transaction of the import.

        Does not call `Picture.save`, which would make pages show files that are not stored yet.
        """
        for picture, _ in self.new:
            picture.pk = None  # set by an attempt that failed on a locked database
            AbstractImage.save(picture, force_insert=True)

    def place_files(self) -> None:
        """Move the files from the staging folder to the paths of the rows; invalidate pages. Call after the commit."""
        for picture, checked in self.new:
            storage, name = _picture_storage(), str(picture.file.name)
            with checked.path.open("rb") as raw:
                stored = storage.save(name, _StagedFile(raw, name=str(checked.path)))
            if stored != name:
                Picture.objects.filter(pk=picture.pk).update(file=stored)
            invalidate_pages_showing(picture.name)


def plan_image_storage(pictures: Sequence[CheckedPicture], by: User | None) -> ImageStore:
    """Decide for each picture: reuse an identical one, add it, or add it under a free name."""
    store = ImageStore()
    for picture in pictures:
        name = str(picture.entry["name"])
        existing = Picture.objects.filter(name=name).first()
        if existing is not None and existing.sha256 == picture.sha256:
            continue
        if existing is not None:
            identical = Picture.objects.filter(sha256=picture.sha256).order_by("pk").first()
            if identical is not None:
                store.renamed[name] = identical.name
                continue
            store.renamed[name] = name = _free_name(name)
        store.new.append((_new_picture(picture, name, by), picture))
    return store


def _free_name(name: str) -> str:
    """Return `name` with the lowest number that makes it free."""
    path, number = Path(name), 2
    while Picture.objects.filter(name=f"{path.stem}-{number}{path.suffix}").exists():
        number += 1
    return f"{path.stem}-{number}{path.suffix}"


def _new_picture(checked: CheckedPicture, name: str, by: User | None) -> Picture:
    """Return an unsaved row for a picture. Its file is only named: `Picture.save` would encode it again."""
    with checked.path.open("rb") as file:
        sha1 = hashlib.file_digest(file, lambda: cast(Any, hashlib.sha1(usedforsecurity=False))).hexdigest()
    picture = Picture(
        title=name[:255],
        name=name,
        width=checked.width,
        height=checked.height,
        author=checked.entry["author"],
        license=checked.entry["license"],
        source=checked.entry["source"],
        description=checked.entry["description"],
        sha256=checked.sha256,
        file_size=checked.size,
        file_hash=sha1,
        uploaded_by_user=by,
    )
    path = picture.get_upload_to(name)
    picture.file.name = _picture_storage().get_available_name(path, max_length=100)
    return picture


def _picture_storage() -> Storage:
    """Return the storage of picture files."""
    storage: Storage = cast(Any, Picture._meta.get_field("file")).storage
    return storage
