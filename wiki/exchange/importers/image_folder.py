"""Import of the pictures of a folder, under one licence; can be repeated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import ImportProblem, gettext_noop
from wiki.pages.media_models import BYTE_LIMIT, Picture, clean_file_name, clean_picture
from wiki.text import titles

IMAGE_EXTENSIONS = {".jpg", ".jpeg", ".png", ".gif", ".webp"}


@dataclass(frozen=True, slots=True)
class ImageCredit:
    """Author, licence and source of imported pictures."""

    author: str
    license: str
    source: str


@dataclass(slots=True)
class MediaReport:
    """Result of the import of a folder: names of added pictures, number of known ones, refused files."""

    added: list[str] = field(default_factory=list)
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(file name, reason) of each file that was not imported."""


def import_images(folder: Path, credit: ImageCredit) -> MediaReport:
    """Import the pictures of `folder` and its subfolders, under their file names without folder.

    A picture that exists already (same name, same sha256 once cleaned) is skipped; a different picture of the same name
    is refused, since pages refer to the existing one. Raises ImportProblem when there is no such folder.
    """
    if not folder.is_dir():
        raise ImportProblem(gettext_noop("There is no folder “%(folder)s”."), folder=str(folder))
    report = MediaReport()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in IMAGE_EXTENSIONS or not path.is_file() or path.is_symlink():
            continue
        try:
            if added := import_image(path, credit):
                report.added.append(added)
            else:
                report.known += 1
        except (ValidationError, titles.TitleProblem) as problem:
            reason = problem.messages[0] if isinstance(problem, ValidationError) else str(problem)
            report.refused.append((path.name, reason))
    return report


def import_image(
    path: Path, credit: ImageCredit, *, title: str = "", description: str = "", by: User | None = None
) -> str:
    """Import one picture; return its name, or "" when it exists already.

    Raises ValidationError with a message for users when the file is too large or no readable picture, or when another
    picture has its name; TitleProblem when its name is invalid.
    """
    if path.stat().st_size > BYTE_LIMIT:
        raise ValidationError(gettext("The picture is larger than 20 MB: make it smaller first."))
    raw = path.read_bytes()
    clean, true_extension = clean_picture(raw)
    extension = path.suffix.lower().replace(".jpeg", ".jpg")
    name = clean_file_name(
        titles.replace_forbidden_characters(
            path.name if extension == true_extension else path.stem + true_extension, colon=True
        )
    )
    existing = Picture.objects.filter(name=name).first()
    if existing is not None and existing.sha256 != hashlib.sha256(clean).hexdigest():
        raise ValidationError(gettext("Another picture has this name."))
    if existing is not None:
        return ""
    Picture(
        title=title or name,
        name=name,
        author=credit.author[:255],
        license=credit.license,
        source=credit.source[:1000],
        description=description[:255],
        uploaded_by_user=by,
        file=ContentFile(raw, name=name),
    ).save()
    return name
