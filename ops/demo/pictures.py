"""Draws the demo's repair photos, so that no picture of a real home is needed and none is shipped."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1280, 960)
Colour = tuple[int, int, int]
Painter = Callable[[ImageDraw.ImageDraw, random.Random], None]


def photo(category: str, seed: int, *, repaired: bool = False) -> bytes:
    """A JPEG of 1280 × 960 px that shows a fault of `category`; the same seed draws the same picture."""
    dice = random.Random(f"{category}:{seed}")
    image = Image.new("RGB", SIZE, (205, 200, 190))
    draw = ImageDraw.Draw(image)
    scene, trace = _SCENES.get(category, _SCENES["other"])
    scene(draw, dice)
    if not repaired:
        trace(draw, dice)
    image = _as_from_a_phone(image, dice)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=78)
    return out.getvalue()


def _as_from_a_phone(image: Image.Image, dice: random.Random) -> Image.Image:
    noise = Image.effect_noise(SIZE, 22).convert("RGB")
    image = Image.blend(image, noise, 0.08)
    image = image.rotate(dice.uniform(-2.5, 2.5), resample=Image.Resampling.BICUBIC)
    image = image.crop((64, 48, SIZE[0] - 64, SIZE[1] - 48)).resize(SIZE)
    shade = Image.new("L", SIZE, 255)
    edge = ImageDraw.Draw(shade)
    edge.rectangle((0, 0, SIZE[0], SIZE[1]), fill=150)
    edge.ellipse((-120, -160, SIZE[0] + 120, SIZE[1] + 160), fill=255)
    shade = shade.filter(ImageFilter.GaussianBlur(120))
    return Image.composite(image, Image.new("RGB", SIZE, (30, 28, 26)), shade).filter(
        ImageFilter.GaussianBlur(0.8)
    )


def _tiles(draw: ImageDraw.ImageDraw, ground: Colour, joint: Colour, step: int) -> None:
    draw.rectangle((0, 0, *SIZE), fill=ground)
    for x in range(0, SIZE[0], step):
        draw.line((x, 0, x, SIZE[1]), fill=joint, width=4)
    for y in range(0, SIZE[1], step):
        draw.line((0, y, SIZE[0], y), fill=joint, width=4)


def _under_the_sink(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    _tiles(draw, (214, 210, 200), (178, 172, 160), 150)
    draw.polygon(((0, 760), (SIZE[0], 700), (SIZE[0], SIZE[1]), (0, SIZE[1])), fill=(139, 96, 58))
    x = dice.randint(420, 620)
    for left, top, right, bottom in ((x, 60, x + 90, 470), (x + 250, 260, x + 340, 520)):
        draw.rounded_rectangle(
            (left, top, right, bottom), 30, fill=(238, 238, 234), outline=(170, 170, 166), width=4
        )
    draw.arc((x, 330, x + 340, 640), 0, 180, fill=(238, 238, 234), width=90)
    draw.rectangle((x - 18, 300, x + 108, 372), fill=(46, 110, 190))


def _puddle(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    x, y = dice.randint(330, 520), dice.randint(770, 820)
    draw.ellipse((x, y, x + 520, y + 110), fill=(86, 104, 118))
    draw.ellipse((x + 90, y + 24, x + 300, y + 62), fill=(132, 152, 166))
    for drop in range(4):
        top = 640 + drop * 34
        draw.ellipse((x + 180, top, x + 196, top + 24), fill=(150, 178, 200))


def _socket_wall(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    draw.rectangle((0, 0, *SIZE), fill=(222, 216, 204))
    draw.rectangle((0, 820, SIZE[0], SIZE[1]), fill=(120, 92, 66))
    x = dice.randint(420, 560)
    draw.rounded_rectangle((x, 330, x + 330, 660), 24, fill=(246, 246, 243), outline=(186, 184, 178), width=6)
    for dx, dy in ((90, 110), (200, 110), (90, 210), (145, 225), (200, 210)):
        draw.rounded_rectangle((x + dx, 330 + dy, x + dx + 18, 330 + dy + 52), 6, fill=(70, 70, 70))


def _scorch(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    x = dice.randint(470, 560)
    for step in range(7, 0, -1):
        tone = 44 + step * 20
        left, top, right, bottom = x - step * 7, 430 - step * 10, x + 110 + step * 6, 520 + step * 3
        draw.ellipse((left, top, right, bottom), fill=(tone, tone - 8, tone - 14))


def _ceiling(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    draw.rectangle((0, 0, *SIZE), fill=(228, 224, 214))
    draw.polygon(
        ((0, 640), (430, 430), (880, 430), (SIZE[0], 640), (SIZE[0], SIZE[1]), (0, SIZE[1])),
        fill=(206, 200, 188),
    )
    draw.line((430, 430, 880, 430), fill=(170, 164, 152), width=6)
    draw.ellipse((600, 200, 720, 250), fill=(250, 246, 224))


def _damp_stain(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    x, y = dice.randint(180, 620), dice.randint(80, 220)
    for step in range(8):
        tone = 206 - step * 10
        grow = (8 - step) * 26
        draw.ellipse(
            (x - grow, y - grow // 2, x + 200 + grow, y + 90 + grow // 2), fill=(tone, tone - 18, tone - 48)
        )


def _door(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    draw.rectangle((0, 0, *SIZE), fill=(198, 192, 182))
    draw.rectangle((330, 40, 950, SIZE[1]), fill=(116, 74, 48), outline=(84, 52, 32), width=12)
    for top in (110, 520):
        draw.rectangle((420, top, 860, top + 330), outline=(92, 58, 38), width=10)
    draw.rounded_rectangle((850, 430, 910, 640), 18, fill=(182, 182, 178))
    draw.ellipse((858, 560, 902, 604), fill=(90, 90, 88))


def _jammed_lock(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    draw.line((880, 582, 1010, dice.randint(600, 660)), fill=(214, 186, 98), width=16)
    for _ in range(9):
        x, y = dice.randint(820, 930), dice.randint(640, 720)
        draw.line((x, y, x + dice.randint(-50, 50), y + dice.randint(10, 60)), fill=(220, 206, 190), width=4)


def _lobby(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    _tiles(draw, (186, 186, 184), (150, 150, 148), 240)
    draw.rectangle((390, 130, 890, 860), fill=(150, 156, 160), outline=(96, 100, 104), width=14)
    draw.line((640, 130, 640, 860), fill=(96, 100, 104), width=8)
    draw.rounded_rectangle((960, 400, 1050, 600), 12, fill=(60, 64, 68))
    draw.ellipse((985, 430, 1025, 470), fill=(230, 190, 90))


def _dark_display(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    draw.rectangle((520, 40, 760, 110), fill=(26, 26, 28))
    draw.line((560, 60, 700, 96), fill=(190, 50, 40), width=10)
    draw.polygon(((615, 130), (660, 130), (690, 860), (600, 860)), fill=(20, 22, 24))


def _yard(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    draw.rectangle((0, 0, SIZE[0], 420), fill=(176, 200, 216))
    draw.rectangle((0, 420, SIZE[0], 640), fill=(94, 132, 80))
    draw.polygon(((0, SIZE[1]), (420, 600), (860, 600), (SIZE[0], SIZE[1])), fill=(154, 150, 146))
    for x in (140, 1090):
        draw.rectangle((x, 260, x + 34, 640), fill=(104, 76, 52))
        draw.ellipse((x - 130, 70, x + 170, 380), fill=(70, 112, 62))


def _broken_paving(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    x = dice.randint(460, 640)
    draw.polygon(((x, 760), (x + 190, 730), (x + 260, 830), (x + 60, 880)), fill=(58, 54, 52))
    for _ in range(12):
        a, b = x + dice.randint(-140, 320), 740 + dice.randint(-60, 160)
        draw.polygon(((a, b), (a + 36, b - 12), (a + 48, b + 22)), fill=(120, 116, 112))


_SCENES: dict[str, tuple[Painter, Painter]] = {
    "plumbing": (_under_the_sink, _puddle),
    "gas": (_under_the_sink, _scorch),
    "hvac": (_socket_wall, _puddle),
    "electrical": (_socket_wall, _scorch),
    "leak_structure": (_ceiling, _damp_stain),
    "doors_windows": (_door, _jammed_lock),
    "intercom_network": (_lobby, _dark_display),
    "elevator": (_lobby, _dark_display),
    "fire_safety": (_lobby, _scorch),
    "public_facilities": (_yard, _broken_paving),
    "parking": (_yard, _broken_paving),
    "greening": (_yard, _broken_paving),
    "cleaning": (_lobby, _puddle),
    "security": (_yard, _broken_paving),
    "other": (_ceiling, _damp_stain),
}
