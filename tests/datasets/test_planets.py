from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from datasets.manifest import Size
from datasets.planets import black_sky, cut, find_planet


def _jpeg(image: Image.Image) -> np.ndarray:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=90)
    return np.asarray(Image.open(data).convert("RGB"))


def _half_sizes(axes: tuple[float, float], angle: float) -> tuple[float, float]:
    """Half width and half height of the box around a turned ellipse."""
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.hypot(axes[0] * cosine, axes[1] * sine), np.hypot(axes[0] * sine, axes[1] * cosine)


@pytest.mark.parametrize(
    ("center", "axes", "angle", "brightness", "noise"),
    [
        ((160, 90), (80, 80), 0, 220, 0),
        ((110, 82), (70, 70), 0, 200, 3),
        ((160, 90), (80, 80), 0, 25, 0),
        ((170, 95), (60, 60), 0, 30, 2),
        ((160, 90), (80, 40), 0, 120, 2),
        ((150, 88), (80, 40), 35, 90, 2),
        ((160, 90), (60, 30), 90, 60, 0),
        ((265, 60), (50, 50), 0, 200, 0),  # the icon stands inside the corner of this planet's box
    ],
)
def test_the_box_of_a_planet_is_found_to_a_pixel_and_a_half(draw, center, axes, angle, brightness, noise):
    pixels = _jpeg(draw(center, axes, angle=angle, brightness=brightness, noise=noise))
    planet = find_planet(pixels)
    width, height = _half_sizes(axes, angle)
    expected = (center[0] - width, center[1] - height, center[0] + width, center[1] + height)
    np.testing.assert_allclose(planet.box, expected, atol=1.5)


def test_the_sky_becomes_black_and_the_planet_stays(draw):
    pixels = _jpeg(draw((150, 90), (70, 70), noise=6))
    cleaned = black_sky(pixels, find_planet(pixels))
    y, x = np.mgrid[:180, :320] + 0.5
    radius = np.hypot(x - 150, y - 90)
    assert pixels[radius > 75].max() > 100  # the icon
    assert cleaned[radius > 75].max() == 0
    np.testing.assert_array_equal(cleaned[radius < 70], pixels[radius < 70])


def test_dark_seas_inside_a_planet_stay(draw):
    image = draw((160, 90), (80, 80))
    pixels = np.array(image)
    pixels[80:110, 150:190] = (0, 2, 5)
    planet = find_planet(pixels)
    assert planet.mask[80:110, 150:190].all()


@pytest.mark.parametrize("name", ["photo", "black", "letterbox", "cut by the edge", "speck"])
def test_what_is_no_planet_on_black_is_left_alone(draw, name):
    photo = np.random.default_rng(0).integers(0, 256, (180, 320, 3), np.uint8)
    pixels = {
        "photo": photo,
        "black": np.zeros_like(photo),
        "letterbox": np.pad(photo[30:150, 30:290], ((30, 30), (30, 30), (0, 0))),
        "cut by the edge": np.asarray(draw((160, 90), (120, 120))),
        "speck": np.asarray(draw((160, 90), (6, 6))),
    }[name]
    assert find_planet(pixels) is None


def test_a_cut_keeps_the_scale_and_pads_with_black():
    pixels = np.full((100, 200, 3), 255, np.uint8)
    square = np.asarray(cut(Image.fromarray(pixels), Size(64, 64), (100, 50), 128))
    assert square.shape == (64, 64, 3)
    assert square[:6].max() == 0  # 14 of 128 source pixels above the picture are 7 of 64
    assert square[8:56].min() == 255


def test_a_cut_widens_to_the_aspect_around_a_planet_and_stays_inside_other_pictures():
    image = Image.fromarray(np.full((100, 200, 3), 255, np.uint8))
    around = np.asarray(cut(image, Size(64, 128), (100, 50), 100))
    inside = np.asarray(cut(image, Size(64, 128), (100, 50), None))
    assert around.shape == inside.shape == (128, 64, 3)
    assert around[:30].max() == 0
    assert around[34:94].min() == 255
    assert inside.min() == 255
