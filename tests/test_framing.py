"""Training and serving frame alike: `datasets` cuts pictures to learn from, the gateway pictures to look at."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from datasets.manifest import Size
from datasets.planets import PLANET_FILL, cut, find_planet
from serving.gateway.pictures.framing import Framing, find_on_black

BOXES = {  # left, top, right, bottom of what both shall find in the pictures drawn below
    "disc": (100, 40, 301, 241),
    "small": (300, 200, 341, 241),
    "ellipse": (60, 80, 381, 241),
    "blurred": (97, 37, 304, 244),
    "dim beside an icon": (100, 40, 301, 241),
    "noisy sky": (100, 40, 301, 241),
    "JPEG": (100, 40, 302, 242),
}


def picture(name: str) -> Image.Image:
    """480×320 px: a shaded planet on a black sky."""
    color = (60, 50, 40) if name == "dim beside an icon" else (200, 120, 60)
    drawn = Image.new("RGB", (480, 320))
    draw = ImageDraw.Draw(drawn)
    left, top, right, bottom = BOXES[name if name in ("small", "ellipse") else "disc"]
    draw.ellipse((left, top, right - 1, bottom - 1), fill=color)
    if name == "dim beside an icon":
        draw.rectangle((440, 10, 460, 30), fill="white")
    if name == "blurred":
        return drawn.filter(ImageFilter.GaussianBlur(2))
    if name == "noisy sky":
        noise = np.random.default_rng(0).integers(0, 6, (320, 480, 3), dtype=np.uint8)
        return Image.fromarray(np.maximum(np.asarray(drawn), noise))
    if name == "JPEG":
        file = io.BytesIO()
        drawn.save(file, "JPEG", quality=80)
        return Image.open(file).convert("RGB")
    return drawn


@pytest.mark.parametrize("size", [(64, 64), (128, 64)])
@pytest.mark.parametrize("name", BOXES)
def test_a_planet_is_cut_out_alike(name: str, size: tuple[int, int]) -> None:
    drawn = picture(name)
    planet = find_planet(np.asarray(drawn))
    assert planet is not None
    assert planet.box == find_on_black(drawn) == BOXES[name]
    left, top, right, bottom = planet.box
    side = max(right - left, bottom - top) / PLANET_FILL
    learned_from = cut(drawn, Size(*size), ((left + right) / 2, (top + bottom) / 2), side)
    np.testing.assert_array_equal(Framing(drawn).at(*size), np.asarray(learned_from))


@pytest.mark.parametrize("sky", [40, 255])
def test_without_a_black_sky_both_take_the_middle(sky: int) -> None:
    drawn = Image.new("RGB", (300, 200), (sky, sky, sky))
    drawn.paste((200, 120, 60), (100, 50, 200, 150))
    assert find_planet(np.asarray(drawn)) is None
    assert find_on_black(drawn) is None
    learned_from = cut(drawn, Size(64, 64), (150, 100), None)
    np.testing.assert_array_equal(Framing(drawn).at(64, 64), np.asarray(learned_from))
