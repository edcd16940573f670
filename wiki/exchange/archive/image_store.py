"""Storage of the pictures and files of an archive: reused, imported, or imported under another name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from django.core.files import File as DjangoFile
from django.core.files.storage import Storage
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage

from wiki.accounts.models import User
from wiki.exchange.archive.image_check import CheckedPicture
from wiki.pages import file_types
from wiki.pages.media_models import File, Picture, invalidate_pages_showing, is_name_taken, media_by_name


class _StagedFile(DjangoFile):  # type: ignore[type-arg]  # the stub makes File generic, Django does not
    """A file in the staging folder that the storage may move instead of copying."""

    def temporary_file_path(self) -> str:
        """Return the path; FileSystemStorage moves a file that has this method."""
        return str(self.name)


@dataclass(slots=True)
class ImageStore:
    """The pictures and files of one import: `new` rows with their content, and `renamed` names (old to new)."""

    new: list[tuple[Picture | File, CheckedPicture]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        """Insert the new rows; call inside the transaction of the import.

        Does not call their own `save`, which would make pages show files that are not stored yet.
        """
        for media, _ in self.new:
            media.pk = None  # set by an attempt that failed on a locked database
            if isinstance(media, Picture):
                AbstractImage.save(media, force_insert=True)
            else:
                AbstractDocument.save(media, force_insert=True)

    def place_files(self) -> None:
        """Move the files from the staging folder to the paths of the rows; invalidate pages. Call after the commit."""
        for picture, checked in self.new:
            storage, name = _storage_of(picture), str(picture.file.name)
            with checked.path.open("rb") as raw:
                stored = storage.save(name, _StagedFile(raw, name=str(checked.path)))
            if stored != name:
                model: Any = type(picture)
                model.objects.filter(pk=picture.pk).update(file=stored)
            invalidate_pages_showing(picture.name)


def plan_image_storage(pictures: Sequence[CheckedPicture], by: User | None) -> ImageStore:
    """Decide for each picture or file: reuse an identical one, add it, or add it under a free name."""
    store = ImageStore()
    for picture in pictures:
        name = str(picture.entry["name"])
        existing = media_by_name([name]).get(name)
        if existing is not None and existing.sha256 == picture.sha256:
            continue
        if existing is not None:
            identical = _identical(picture)
            if identical is not None:
                store.renamed[name] = identical.name
                continue
            store.renamed[name] = name = _free_name(name)
        store.new.append((_new_media(picture, name, by), picture))
    return store


def _identical(checked: CheckedPicture) -> Picture | File | None:
    """Return the first picture, or file of the same type, with the same content."""
    if not is_file(checked):
        return Picture.objects.filter(sha256=checked.sha256).order_by("pk").first()
    same = File.objects.filter(sha256=checked.sha256).order_by("pk")[:100]
    ending = file_types.extension_of(str(checked.entry["name"]))
    return next((file for file in same if file_types.extension_of(file.name) == ending), None)


def is_file(checked: CheckedPicture) -> bool:
    """Whether it is a file that is no picture."""
    return file_types.type_of(str(checked.entry["name"])) is not None


def _free_name(name: str) -> str:
    """Return `name` with the lowest number that makes it free."""
    path, number = Path(name), 2
    while is_name_taken(f"{path.stem}-{number}{path.suffix}"):
        number += 1
    return f"{path.stem}-{number}{path.suffix}"


def _new_media(checked: CheckedPicture, name: str, by: User | None) -> Picture | File:
    """Return an unsaved row for a picture or file, which is only named: `Picture.save` would encode it again."""
    with checked.path.open("rb") as file:
        sha1 = hashlib.file_digest(file, lambda: cast(Any, hashlib.sha1(usedforsecurity=False))).hexdigest()
    said = {key: checked.entry[key] for key in ("author", "license", "source", "description")}
    said |= {"title": name[:255], "name": name, "sha256": checked.sha256, "file_hash": sha1, "uploaded_by_user": by}
    media: Picture | File
    if is_file(checked):
        media = File(**said, file_size=checked.size)
        path = cast(Any, File._meta.get_field("file")).generate_filename(media, name)
    else:
        media = Picture(**said, file_size=checked.size, width=checked.width, height=checked.height)
        path = media.get_upload_to(name)
    media.file.name = _storage_of(media).get_available_name(path, max_length=100)
    return media


def _storage_of(media: Picture | File) -> Storage:
    """Return the storage of the content of a picture or file."""
    storage: Storage = cast(Any, type(media)._meta.get_field("file")).storage
    return storage
