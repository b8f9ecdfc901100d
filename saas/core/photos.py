"""Uploaded pictures are re-encoded before they are kept: metadata off, size bounded, one format out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from saas.core.errors import InvalidInput

register_heif_opener()

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000  # a 50-megapixel phone camera passes, a decompression bomb does not
MAX_SIDE = 2048
THUMBNAIL_SIDE = 400
QUALITY = 82
ACCEPTED = ("JPEG", "PNG", "WEBP", "HEIF")


@dataclass(frozen=True)
class Photo:
    content: bytes  # JPEG without any metadata
    width: int
    height: int


def recode(data: bytes, *, max_side: int = MAX_SIDE) -> Photo:
    """Turn JPEG, PNG, WebP or HEIC into an upright JPEG of at most ``max_side`` pixels; InvalidInput otherwise."""
    if len(data) > MAX_BYTES:
        raise _refused("photo_too_large", _l("This photo is larger than 20 MB. Take a smaller one."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=ACCEPTED) as image:
                return _encode(image, max_side)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise _refused(
            "photo_unreadable", _l("This file is not a photo we can read. Use JPEG, PNG, WebP or HEIC.")
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error


def thumbnail(photo: Photo, *, side: int = THUMBNAIL_SIDE) -> Photo:
    return recode(photo.content, max_side=side)


def _encode(image: Image.Image, max_side: int) -> Photo:
    # The header alone gives the size: refuse before a single pixel is decoded.
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    image.draft("RGB", (max_side, max_side))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    plain = _on_white(upright)
    out = BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Photo(out.getvalue(), plain.width, plain.height)


def _on_white(image: Image.Image) -> Image.Image:
    """A fresh picture holding pixels only, so no EXIF, profile or comment can travel along."""
    plain = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        plain.paste(rgba, mask=rgba.getchannel("A"))
    else:
        plain.paste(image.convert("RGB"))
    return plain


def _too_many_pixels() -> InvalidInput:
    return _refused("photo_too_many_pixels", _l("This picture has too many pixels. Take a normal photo."))


def _refused(code: str, message: object) -> InvalidInput:
    return InvalidInput(message, code=code, fields={"photo": [message]})
