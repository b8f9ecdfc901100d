"""QR codes as pictures for pages."""

import segno


def qr_picture(text: str) -> str:
    """A data address of an SVG, black on white with a quiet zone, readable from a screen at arm's length."""
    return segno.make(text, error="m", micro=False).svg_data_uri(scale=6, border=3, dark="#000", light="#fff")
