"""Pictures of a folder, taken in under one licence, once."""

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
    """Who made pictures, under which licence, and where they come from."""

    author: str
    license: str
    source: str


@dataclass(slots=True)
class MediaReport:
    """What became of the pictures of a folder."""

    added: list[str] = field(default_factory=list)
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """File, and why it was not taken in."""


def import_images(folder: Path, credit: ImageCredit) -> MediaReport:
    """Take in each picture of `folder` and the folders in it, under its bare name.

    A picture that is here already (same name, same sha256 once cleaned) is left alone, and so is
    another one of that name: pages mean it. Raises ImportProblem when there is no such folder.
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
    """Take in one picture; returns its name, or nothing when it is here already.

    Raises ValidationError, with a sentence for people, when it is none that we can read or another
    picture has its name; TitleProblem when its name is impossible.
    """
    if path.stat().st_size > BYTE_LIMIT:
        raise ValidationError(gettext("The picture is larger than 20 MB: make it smaller first."))
    raw = path.read_bytes()
    clean, ending = clean_picture(raw)
    given = path.suffix.lower().replace(".jpeg", ".jpg")
    name = clean_file_name(
        titles.replace_forbidden_characters(path.name if given == ending else path.stem + ending, colon=True)
    )
    here = Picture.objects.filter(name=name).first()
    if here is not None and here.sha256 != hashlib.sha256(clean).hexdigest():
        raise ValidationError(gettext("Another picture has this name."))
    if here is not None:
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
