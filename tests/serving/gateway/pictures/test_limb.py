"""Outlines of drawn planets whose true area is known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from serving.gateway.pictures.finishing import to_transparent_picture
from serving.gateway.pictures.limb import find_limb

_FINE = 8  # samples along a pixel's side
_WHITE = 255


def ellipse(
    size: int, center: tuple[float, float], axes: tuple[float, float], turn: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A filled ellipse: its mask at 8 samples per px and side, and where each lies along the axes, 1 at the limb."""
    at = (np.arange(size * _FINE) + 0.5) / _FINE
    x, y = at[None] - center[0], at[:, None] - center[1]
    along = (x * np.cos(turn) + y * np.sin(turn)) / axes[0]
    across = (y * np.cos(turn) - x * np.sin(turn)) / axes[1]
    return along**2 + across**2 < 1, along, across


def pixels_of(light: np.ndarray, color: tuple[int, int, int] = (200, 160, 120)) -> np.ndarray:
    """A picture, antialiased, of light at 8 samples per px and side: float (8 H, 8 W) in 0..1 to uint8 (H, W, 3)."""
    height, width = (side // _FINE for side in light.shape)
    mean = light.reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))
    return np.rint(mean[..., None] * color).astype(np.uint8)


def shown(picture: Image.Image, ground: int = _WHITE) -> np.ndarray:
    """The picture on a ground of one gray, float (H, W, 3)."""
    pixels = np.asarray(picture).astype(float)
    alpha = pixels[..., 3:] / 255
    return pixels[..., :3] * alpha + ground * (1 - alpha)


def alpha_of(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture)[..., 3] / 255


ELLIPSES = {
    "disc": (64, (32.0, 32.0), (28.4, 28.4), 0.0),
    "disc off the middle": (64, (26.3, 35.8), (22.1, 22.1), 0.0),
    "Haumea": (64, (31.2, 32.9), (28.0, 14.0), 0.6),
    "large": (256, (127.1, 130.4), (110.0, 101.0), 1.0),
    "small": (32, (16.0, 16.0), (6.0, 5.0), 0.0),
}


@pytest.mark.parametrize("name", ELLIPSES)
@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_alpha_is_the_planets_coverage(name: str, scale: float) -> None:
    size, center, axes, turn = ELLIPSES[name]
    mask, along, across = ellipse(size, center, axes, turn)
    picture = to_transparent_picture(pixels_of(mask.astype(float)), int(size * scale))
    assert (picture.mode, picture.size) == ("RGBA", (int(size * scale), int(size * scale)))
    alpha = alpha_of(picture)
    assert alpha.sum() == pytest.approx(np.pi * axes[0] * axes[1] * scale**2, rel=0.02)

    distance = (np.hypot(along, across) - 1) * min(axes) * scale  # at most that to the limb in px of the picture
    where = np.clip((np.arange(alpha.shape[0]) + 0.5) / scale * _FINE, 0, size * _FINE - 1).astype(int)
    distance = distance[np.ix_(where, where)]
    slack = 1.2 + 0.3 * scale  # px: half a pixel's diagonal, and how well the outline is known
    assert (alpha[distance < -slack] == 1).all()
    assert (alpha[distance > 2.2 * slack] == 0).all()


def test_no_dark_fringe_on_white_nor_hidden_beside_it() -> None:
    mask, *_ = ellipse(64, (32.0, 32.0), (28.4, 26.0))
    for size in (20, 64, 200):
        picture = to_transparent_picture(pixels_of(mask.astype(float)), size)
        on_white = shown(picture)
        assert (on_white >= np.array([200, 160, 120]) - 2).all()  # nothing is darker than the planet itself
        pixels = np.asarray(picture).astype(int)
        opaque = pixels[..., 3] > 0
        beside = np.zeros_like(opaque)
        for shift in (-1, 1):
            beside |= np.roll(opaque, shift, 0) | np.roll(opaque, shift, 1)
        assert abs(pixels[beside][:, :3] - [200, 160, 120]).max() <= 2  # a game's texture filter looks there


def test_the_outline_goes_on_where_the_limb_melts_into_the_sky() -> None:
    mask, along, across = ellipse(64, (32.0, 32.0), (28.0, 28.0))
    dark_pole = mask * np.where(across < -0.75, 0.0, 1.0)
    shaded = mask * np.clip(0.5 + along, 0.02, 1.0)
    for light in (dark_pole, shaded):
        alpha = alpha_of(to_transparent_picture(pixels_of(light)))
        assert alpha.sum() == pytest.approx(np.pi * 28.0**2, rel=0.03)
        assert (alpha[10:54, 28:36] == 1).all()


@pytest.mark.parametrize("phase", [-0.5, 0.0, 0.5])  # crescent, half, gibbous
@pytest.mark.parametrize("turn", [0.0, 2.0])
def test_the_night_of_a_phase_is_opaque(phase: float, turn: float) -> None:
    mask, along, across = ellipse(64, (32.0, 32.0), (26.0, 26.0), turn)
    lit = mask & (along > -phase * np.sqrt(np.clip(1 - across**2, 0, 1)))
    alpha = alpha_of(to_transparent_picture(pixels_of(lit.astype(float))))
    assert alpha.sum() == pytest.approx(np.pi * 26.0**2, rel=0.04)


def test_a_boulder_keeps_its_shape() -> None:
    at = (np.arange(64 * _FINE) + 0.5) / _FINE - 32
    radius, angle = np.hypot(at[None], at[:, None]), np.arctan2(at[:, None], at[None])
    mask = radius < 20 * (1 + 0.2 * np.cos(3 * angle))
    alpha = alpha_of(to_transparent_picture(pixels_of(mask.astype(float))))
    truth = mask.reshape(64, _FINE, 64, _FINE).mean(axis=(1, 3))
    assert alpha.sum() == pytest.approx(truth.sum(), rel=0.02)
    assert abs(alpha - truth).mean() < 0.01


def test_stars_beside_a_planet_vanish() -> None:
    mask, *_ = ellipse(64, (32.0, 32.0), (22.0, 22.0))
    pixels = pixels_of(mask.astype(float))
    alone = alpha_of(to_transparent_picture(pixels))
    pixels[3:5, 5:7] = pixels[60, 50] = pixels[32, 60] = 255
    assert abs(alpha_of(to_transparent_picture(pixels)) - alone).max() < 0.3


def test_same_pixels_same_picture_and_the_pixels_are_left_alone() -> None:
    pixels = pixels_of(ellipse(64, (31.0, 33.0), (25.0, 20.0), 1.0)[0].astype(float))
    before = pixels.copy()
    first, second = (to_transparent_picture(pixels, 96).tobytes() for _ in range(2))
    assert first == second
    np.testing.assert_array_equal(pixels, before)


def _pictures_without_a_planet() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    black = np.zeros((64, 64, 3), np.uint8)
    star, dots, cut = black.copy(), black.copy(), black.copy()
    star[30:33, 30:33] = 255
    dots[4:-4:9, 4:-4:9] = 255
    cut[:, 20:44] = 180
    return {
        "black": black,
        "almost black": black + np.uint8(3),
        "white": black + np.uint8(255),
        "noise": random.integers(0, 256, (64, 64, 3), np.uint8),
        "faint noise": random.integers(0, 24, (64, 64, 3), np.uint8),
        "a poster of 64x128": random.integers(90, 256, (128, 64, 3), np.uint8),
        "a tiny star": star,
        "scattered dots": dots,
        "a bar across": cut,
    }


@pytest.mark.parametrize("name", _pictures_without_a_planet())
def test_no_planet_no_outline(name: str) -> None:
    pixels = _pictures_without_a_planet()[name]
    assert find_limb(pixels) is None
    assert to_transparent_picture(pixels, 32) is None


def test_pictures_may_be_wide() -> None:
    wide = np.zeros((48, 96, 3), np.uint8)
    wide[:, 20:68] = pixels_of(ellipse(48, (24.0, 24.0), (18.0, 18.0))[0].astype(float))
    picture = to_transparent_picture(wide, 192)
    assert picture.size == (192, 96)
    assert alpha_of(picture).sum() == pytest.approx(np.pi * 36.0**2, rel=0.02)
