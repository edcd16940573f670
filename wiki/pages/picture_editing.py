"""Cropping and turning of pictures."""

from __future__ import annotations

import io
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image as PillowImage

from wiki.pages.media_models import READABLE_FORMATS, encoding_lock

Turn = Literal["", "left", "right", "half"]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom edge of what stays, in pixels of the picture."""
_TRANSPOSITIONS = {
    "left": PillowImage.Transpose.ROTATE_90,
    "right": PillowImage.Transpose.ROTATE_270,
    "half": PillowImage.Transpose.ROTATE_180,
}


def edit_content(raw: bytes, box: Box | None, turn: Turn) -> bytes:
    """Return a stored picture, cropped to `box` and then turned, in its format. Raises ValidationError if it moves."""
    out = io.BytesIO()
    with encoding_lock, PillowImage.open(io.BytesIO(raw), formats=READABLE_FORMATS) as picture:
        if getattr(picture, "n_frames", 1) > 1:
            raise ValidationError(_("A moving picture can be neither cropped nor turned here."))
        options: dict[str, Any] = {"icc_profile": profile} if (profile := picture.info.get("icc_profile")) else {}
        if picture.format == "JPEG":
            options["quality"] = 90
        edited = picture.crop(box) if box is not None else picture.copy()
        if turn:
            edited = edited.transpose(_TRANSPOSITIONS[turn])
        edited.save(out, format=picture.format, **options)
    return out.getvalue()
