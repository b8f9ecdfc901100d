"""Uploaded pictures lose everything but their pixels, and bombs are refused before they are decoded."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from saas.core import photos
from saas.core.errors import InvalidInput


def picture(kind: str, size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(out, kind, **options)
    return out.getvalue()


def test_metadata_is_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[1] = "N"
    photo = photos.recode(picture("JPEG", exif=exif))
    with Image.open(BytesIO(photo.content)) as read:
        assert (read.format, read.size, dict(read.getexif())) == ("JPEG", (200, 300), {})
    assert b"taken at home" not in photo.content
    assert (photo.width, photo.height) == (200, 300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_phones_formats_become_jpeg(kind: str) -> None:
    assert photos.recode(picture(kind)).content[:3] == b"\xff\xd8\xff"


def test_large_pictures_shrink_to_the_bound() -> None:
    photo = photos.recode(picture("JPEG", (5000, 2500)))
    assert (photo.width, photo.height) == (2048, 1024)
    small = photos.thumbnail(photo)
    assert (small.width, small.height) == (400, 200)


def test_transparency_becomes_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(BytesIO(photos.recode(out.getvalue()).content)) as read:
        assert read.getpixel((4, 4)) == (255, 255, 255)


def test_a_bomb_is_refused_by_its_header() -> None:
    out = BytesIO()
    Image.new("1", (20000, 20000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(InvalidInput) as refused:
        photos.recode(out.getvalue())
    assert refused.value.code == "photo_too_many_pixels"


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF89a" + bytes(40), b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        photos.recode(data)
    assert refused.value.code == "photo_unreadable"
    assert list(refused.value.fields) == ["photo"]


def test_too_many_bytes_are_refused_before_reading() -> None:
    with pytest.raises(InvalidInput) as refused:
        photos.recode(bytes(photos.MAX_BYTES + 1))
    assert refused.value.code == "photo_too_large"
