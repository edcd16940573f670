"""Changes of pictures and files: new content, older content again, and new names, which the pages follow."""

from __future__ import annotations

import os
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.files.base import File as DjangoFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, TitleTaken, gettext_noop
from wiki.pages import file_types, page_lookup, permissions
from wiki.pages.media_models import File, Picture, clean_file_name, clean_picture, is_name_taken
from wiki.pages.media_version_models import keep_current, old_versions_of
from wiki.pages.models import Changeset, PageLink, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.picture_editing import Box, Turn, edit_content
from wiki.pages.writing.page_writer import retry_while_stale
from wiki.pages.writing.version_store import Author, NewVersion, StaleVersion, store
from wiki.text import titles
from wiki.text.media_names import rename_media

PAGES_LIMIT = 500
"""Maximal number of pages that are written when a file is renamed."""


def replace_content(
    media: Picture | File, upload: DjangoFile[Any], by: User, comment: str = "", **said: str
) -> Picture | File:
    """Replace the content of a picture or file; the one before becomes an old version. Return the saved row.

    `said` may have author, licence and source of the new content. Raises ValidationError if the upload is no content
    of this type, or the same as before.
    """
    ending = file_types.extension_of(media.name)
    content: bytes | DjangoFile[Any]
    if isinstance(media, Picture):
        content, true_ending = clean_picture(upload.read())
        fits = true_ending == (".jpg" if ending == ".jpeg" else ending)
    else:
        name = os.path.basename(upload.name or "")
        fits = file_types.extension_of(name) == ending
        content = file_types.checked_content(upload, name) if fits and ending in file_types.TYPES else upload
    if not fits:
        message = _("Pages know this file as “%(name)s”: replace it with one of the same format.")
        raise ValidationError(message % {"name": media.name}, "wrong_format")
    return _write_content(media, content, by, comment, said)


def restore_version(media: Picture | File, number: int, by: User) -> Picture | File:
    """Make an old version the current content again, as a new version. Raises Refused if there is none, or no file."""
    version = old_versions_of(media).filter(number=number).first()
    if version is None or not version.file.storage.exists(str(version.file.name)):
        raise Refused(gettext_noop("The content of this version is not here any more."))
    said = {"author": version.author, "license": version.license, "source": version.source}
    comment = _("Version %(number)d again") % {"number": number}
    with version.file.open("rb") as file:
        content = file.read() if isinstance(media, Picture) else DjangoFile(file, name=media.name)
        return _write_content(media, content, by, comment, said)


def edit_picture(picture: Picture, box: Box | None, turn: Turn, by: User) -> Picture:
    """Crop a picture to `box` and turn it, as a new version. Raises ValidationError, Refused if its file is gone."""
    stored: Any = picture.file
    if not stored.storage.exists(str(stored.name)):
        raise Refused(gettext_noop("The content of this version is not here any more."))
    with stored.open("rb") as file:
        content = edit_content(file.read(), box, turn)
    done = [_("cropped")] if box is not None else []
    done += [_("turned")] if turn else []
    return cast(Picture, _write_content(picture, content, by, ", ".join(done), {}))


def _write_content(
    media: Picture | File, content: bytes | DjangoFile[Any], by: User, comment: str, said: dict[str, str]
) -> Picture | File:
    """Write checked content in one transaction."""
    with transaction.atomic():
        model: Any = type(media)
        locked: Picture | File = model.objects.select_for_update().get(pk=media.pk)
        before = locked.sha256
        keep_current(locked)
        if isinstance(content, bytes):
            cast(Picture, locked).set_clean_content(content)
        else:
            locked.file = content
            locked.file.name = locked.name
            cast(File, locked).set_checksums()
        if locked.sha256 == before:
            raise ValidationError(_("This is the content that it has already."), "same")
        for field, value in said.items():
            setattr(locked, field, value)
        locked.content_by, locked.content_at, locked.content_comment = by, timezone.now(), comment[:255]
        locked.save()
        if isinstance(locked, Picture):
            locked.renditions.all().delete()
    return locked


# ---------------------------------------------------------------- names


def rename(media: Picture | File, wanted: str, by: Author, comment: str = "") -> int:
    """Give a picture or file another name with the same ending. Return the number of pages that were written for it.

    The texts of all pages that name it follow, and its own page moves, in one changeset. Raises Refused, TitleTaken,
    NotAllowed, `titles.TitleProblem`, DatabaseBusy.
    """
    old, ending = media.name, file_types.extension_of(media.name)
    stem = os.path.splitext(wanted)[0] if file_types.extension_of(wanted) == ending else wanted
    new = clean_file_name(f"{stem.strip()}{os.path.splitext(old)[1]}")
    if new == old:
        return 0
    if is_name_taken(new):
        raise TitleTaken(gettext_noop("The title «%(title)s» is taken."), title=f"File:{new}")

    def attempt() -> int:
        pages = _pages_naming(old)
        versions = [version for page in pages if (version := _renamed_version(page, old, new, by, comment))]
        loaded = {page.pk for page in pages}
        changeset = Changeset(act=Changeset.Act.MOVE, by=by.user, comment=comment, made_at=timezone.now())
        store(versions, changeset, on_written=lambda _written: _save_name(media, old, new, loaded))
        return len(versions)

    return retry_while_stale(attempt)


def _pages_naming(name: str) -> list[WikiPage]:
    """Return the pages that show or link to a file, and its own page. Raises Refused if they are too many."""
    links = PageLink.objects.filter(key=f"File:{name}").values("page_id")
    named = WikiPage.objects.filter(Q(pk__in=links) | Q(title_key=titles.key_of(f"File:{name}")))
    pages = list(named.select_related("source", "place", "kind").order_by("pk")[: PAGES_LIMIT + 1])
    if len(pages) > PAGES_LIMIT:
        raise Refused(
            gettext_noop("More than %(limit)d pages show this file: it cannot be renamed."), limit=PAGES_LIMIT
        )
    return pages


def _renamed_version(page: WikiPage, old: str, new: str, by: Author, comment: str) -> NewVersion | None:
    """Return the version of a page with the new name of a file; None if nothing of it changes. Raises NotAllowed."""
    if page.is_deleted:
        return None
    if isinstance(by.user, User) and not permissions.has_permission(by.user, permissions.Action.EDIT, page):
        raise NotAllowed(
            gettext_noop("«%(title)s» shows this file, and cannot be changed by you: the file keeps its name."),
            title=page.full_title,
        )
    fields = PageFields.of(page)
    if page.title_key == titles.key_of(f"File:{old}"):
        fields = page_lookup.fields_for_title(f"File:{new}", license=page.license, language=page.language)
    text = rename_media(page.source.text, {old: new})
    if text == page.source.text and fields.title == page.title:
        return None
    tags = ["moved"] if fields.title != page.title else []
    return NewVersion(page, text, fields, by, comment or f"{old} → {new}", minor=not tags, tags=tags)


def _save_name(media: Picture | File, old: str, new: str, loaded: set[int]) -> None:
    """Save the new name. Raises StaleVersion if it got another name, or other pages name it, since they were loaded."""
    model: Any = type(media)
    locked: Picture | File | None = model.objects.select_for_update().filter(pk=media.pk, name=old).first()
    if locked is None or PageLink.objects.filter(key=f"File:{old}").exclude(page_id__in=loaded).exists():
        raise StaleVersion
    locked.name = new
    locked.save()
    media.name = new
