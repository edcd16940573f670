"""Pictures of an archive that are stored unchanged: those with image data only."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from wiki.exchange.archive.image_check import has_only_image_data
from wiki.pages.media_models import clean_picture

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def encoded(form: str, **options: Any) -> bytes:
    """Return a small encoded picture."""
    raw = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(raw, form, **options)
    return raw.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_it_keeps_what_an_upload_was_cleaned_to(form: str) -> None:
    clean, _ = clean_picture(encoded(form))
    assert has_only_image_data(clean)


@pytest.mark.parametrize("form", FORMATS)
def test_it_keeps_nothing_with_a_tail_or_an_end_missing(form: str) -> None:
    clean, _ = clean_picture(encoded(form))
    assert not has_only_image_data(clean + b"PK\x03\x04")
    assert not has_only_image_data(clean[:-3])


def test_it_keeps_no_place_text_or_comment() -> None:
    exif = Image.Exif()
    exif[0x010E] = "chez moi"
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "chez moi")
    assert not has_only_image_data(encoded("JPEG", exif=exif))
    assert not has_only_image_data(encoded("JPEG", comment=b"chez moi"))
    assert not has_only_image_data(encoded("WEBP", exif=exif))
    assert not has_only_image_data(encoded("PNG", pnginfo=info))
    assert not has_only_image_data(encoded("GIF", comment=b"chez moi"))


def test_it_keeps_moving_and_stepwise_pictures() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    raw = io.BytesIO()
    frames[0].save(raw, "GIF", save_all=True, append_images=frames[1:], loop=0)
    assert has_only_image_data(raw.getvalue())
    assert has_only_image_data(encoded("JPEG", progressive=True))
