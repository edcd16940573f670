"""Which pictures of an archive are kept byte for byte: those that hold nothing but pixels."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from wiki.exchange.archive.image_check import is_bare
from wiki.pages.media_models import clean_picture

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def encoded(form: str, **options: Any) -> bytes:
    """A small picture."""
    raw = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(raw, form, **options)
    return raw.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_it_keeps_what_an_upload_was_cleaned_to(form: str) -> None:
    clean, _ = clean_picture(encoded(form))
    assert is_bare(clean)


@pytest.mark.parametrize("form", FORMATS)
def test_it_keeps_nothing_with_a_tail_or_an_end_missing(form: str) -> None:
    clean, _ = clean_picture(encoded(form))
    assert not is_bare(clean + b"PK\x03\x04")
    assert not is_bare(clean[:-3])


def test_it_keeps_no_place_text_or_comment() -> None:
    exif = Image.Exif()
    exif[0x010E] = "chez moi"
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "chez moi")
    assert not is_bare(encoded("JPEG", exif=exif))
    assert not is_bare(encoded("JPEG", comment=b"chez moi"))
    assert not is_bare(encoded("WEBP", exif=exif))
    assert not is_bare(encoded("PNG", pnginfo=info))
    assert not is_bare(encoded("GIF", comment=b"chez moi"))


def test_it_keeps_moving_and_stepwise_pictures() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    raw = io.BytesIO()
    frames[0].save(raw, "GIF", save_all=True, append_images=frames[1:], loop=0)
    assert is_bare(raw.getvalue())
    assert is_bare(encoded("JPEG", progressive=True))
