"""Where the pictures of an archive go: reused, taken in, or taken in under another name."""

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


class _Staged(File):  # type: ignore[type-arg]  # the stub makes File generic, Django does not
    """A file of the staging folder, which the storage may move instead of copying."""

    def temporary_file_path(self) -> str:
        """Where it is: Django's file system storage moves such files."""
        return str(self.name)


@dataclass(slots=True)
class ImageStore:
    """The pictures of one import."""

    new: list[tuple[Picture, CheckedPicture]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        """Write the rows, inside the transaction.

        Not by `Picture.save`, which would have pages show the files before they are there.
        """
        for picture, _ in self.new:
            picture.pk = None  # a first attempt may have met a locked database
            AbstractImage.save(picture, force_insert=True)

    def place_files(self) -> None:
        """Move the files from staging to where the rows say, after the commit; pages show them then."""
        for picture, taken in self.new:
            storage, name = _storage(), str(picture.file.name)
            with taken.path.open("rb") as raw:
                stored = storage.save(name, _Staged(raw, name=str(taken.path)))
            if stored != name:
                Picture.objects.filter(pk=picture.pk).update(file=stored)
            invalidate_pages_showing(picture.name)


def plan_image_storage(taken: Sequence[CheckedPicture], by: User | None) -> ImageStore:
    """Decide for each picture: the same is here already, it is new, or its name is another's."""
    store = ImageStore()
    for one in taken:
        name = str(one.entry["name"])
        here = Picture.objects.filter(name=name).first()
        if here is not None and here.sha256 == one.sha256:
            continue
        if here is not None:
            same = Picture.objects.filter(sha256=one.sha256).order_by("pk").first()
            if same is not None:
                store.renamed[name] = same.name
                continue
            store.renamed[name] = name = _free_name(name)
        store.new.append((_picture(one, name, by), one))
    return store


def _free_name(name: str) -> str:
    """`name` with the first number that makes it free."""
    path, number = Path(name), 2
    while Picture.objects.filter(name=f"{path.stem}-{number}{path.suffix}").exists():
        number += 1
    return f"{path.stem}-{number}{path.suffix}"


def _picture(one: CheckedPicture, name: str, by: User | None) -> Picture:
    """The row of a new picture. Its file is only named: `Picture.save` would encode it again."""
    with one.path.open("rb") as file:
        sha1 = hashlib.file_digest(file, lambda: cast(Any, hashlib.sha1(usedforsecurity=False))).hexdigest()
    picture = Picture(
        title=name[:255],
        name=name,
        width=one.width,
        height=one.height,
        author=one.entry["author"],
        license=one.entry["license"],
        source=one.entry["source"],
        description=one.entry["description"],
        sha256=one.sha256,
        file_size=one.size,
        file_hash=sha1,
        uploaded_by_user=by,
    )
    wanted = picture.get_upload_to(name)
    picture.file.name = _storage().get_available_name(wanted, max_length=100)
    return picture


def _storage() -> Storage:
    """Where the files of pictures are."""
    found: Storage = cast(Any, Picture._meta.get_field("file")).storage
    return found
