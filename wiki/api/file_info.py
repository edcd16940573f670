"""`prop=imageinfo`: the current content of pictures and files, by the names of their pages."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from wiki.api.module_parameters import ModuleParameters
from wiki.api.page_sets import PageSet
from wiki.api.timestamps import format_timestamp
from wiki.pages.media_models import File, Picture
from wiki.pages.page_urls import address

PROPERTIES = (
    "timestamp", "user", "userid", "comment", "url", "size", "dimensions", "sha1", "mime", "metadata", "archivename",
)  # fmt: skip
"""Values of `iiprop`. There is no metadata (it is taken out) and no old content with a name."""
UNSUPPORTED = ("urlwidth", "urlheight", "urlparam", "start", "end", "metadataversion", "extmetadatafilter")
"""Parameters that would add something to the answer, or choose among old content."""


def image_info(parameters: ModuleParameters, found: PageSet) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the pictures and files of pages by title key; it never continues. Two queries. Raises ApiError."""
    requested = parameters.choices("prop", PROPERTIES, "timestamp|user")
    parameters.refuse(*UNSUPPORTED)
    parameters.limit(1)
    missing = found.missing.keys()
    names = [key.removeprefix("File:") for key in found.keys if key.startswith("File:")]
    files: dict[str, Picture | File] = {}
    for model in (File, Picture):
        rows: Any = (
            model.objects.filter(name__in=names).select_related("uploaded_by_user", "content_by") if names else ()
        )
        files |= {row.file_title: row for row in rows}
    values: dict[str, dict[str, Any]] = {}
    for key, file in files.items():
        values[key] = {"imagerepository": "local", "imageinfo": [_properties(file, requested)]}
        if key in missing:
            values[key]["known"] = parameters.request.true
    return values, {}


def _properties(file: Any, requested: list[str]) -> dict[str, Any]:
    """Return what is known of a picture or file, with the `requested` properties."""
    user, is_picture = file.content_by or file.uploaded_by_user, isinstance(file, Picture)
    page_address = settings.BASE_ADDRESS + address("page", file.file_title)
    size = {"size": file.get_file_size()} | ({"width": file.width, "height": file.height} if is_picture else {})
    values: dict[str, dict[str, Any]] = {
        "timestamp": {"timestamp": format_timestamp(file.content_at or file.created_at)},
        "user": {"user": user.get_username() if user else file.author},
        "userid": {"userid": user.pk if user else 0},
        "comment": {"comment": file.content_comment},
        "url": {"url": urljoin(f"{settings.BASE_ADDRESS}/", file.content_url), "descriptionurl": page_address},
        "size": size,
        "dimensions": size,
        "sha1": {"sha1": file.file_hash},
        "mime": {"mime": mimetypes.guess_type(file.name)[0] or "application/octet-stream"},
        "metadata": {"metadata": None},
    }
    result: dict[str, Any] = {}
    for name in requested:
        result |= values.get(name, {})
    return result
