"""Maps read at places, and what their colors tell."""

from __future__ import annotations

import numpy as np

from serving.gateway.assets.maps import at, emissive_of, places, roughness_of, smaller


def map_of(height: int) -> tuple[np.ndarray, np.ndarray]:
    """A map whose colors are the directions themselves, and these."""
    longitude = ((np.arange(2 * height) + 0.5) / height - 1) * np.pi
    latitude = (0.5 - np.arange(height) / (height - 1)) * np.pi
    ring = np.cos(latitude)[:, None]
    places = np.stack(
        [ring * np.sin(longitude), np.sin(latitude)[:, None] + 0 * longitude, ring * np.cos(longitude)], axis=-1
    )
    return places.astype(np.float32), places.astype(np.float32)


def test_a_map_is_read_where_it_is_asked() -> None:
    surface, _ = map_of(64)
    directions = np.random.default_rng(0).standard_normal((500, 3))
    directions = (directions / np.linalg.norm(directions, axis=-1, keepdims=True)).astype(np.float32)
    np.testing.assert_allclose(at(surface, places(64, directions)), directions, atol=3e-3)
    ends = np.float32([[0, 1, 0], [0, -1, 0], [0, 0, -1], [-1e-6, 0, -1]])  # poles and the seam
    np.testing.assert_allclose(at(surface, places(64, ends)), ends, atol=0.06)


def test_a_smaller_map_is_the_same_surface() -> None:
    surface, _ = map_of(64)
    np.testing.assert_allclose(smaller(surface, 16), map_of(16)[0], atol=0.08)
    np.testing.assert_array_equal(smaller(surface, 64), surface)
    assert smaller(np.full((64, 128, 1), 7, np.uint8), 32).tolist() == np.full((32, 64, 1), 7.0).tolist()


def test_seas_shine_ice_a_little_all_else_is_dull() -> None:
    sea, ice, sand, rock = roughness_of(np.uint8([[10, 40, 90], [235, 240, 245], [190, 120, 80], [90, 90, 90]]))
    assert sea < 0.5 * 255 < ice < 0.7 * 255 < sand
    assert sand == rock == round(0.95 * 255)


def test_suns_glow_all_over_and_lava_where_it_is_orange() -> None:
    orange, crust = [230, 110, 40], [90, 85, 80]
    colors = np.uint8([[orange, crust]])
    np.testing.assert_array_equal(emissive_of(colors, 1.0), colors)
    [[hot, cold]] = emissive_of(colors, 0.3)
    assert hot.tolist() == orange
    assert not cold.any()
    assert not emissive_of(colors, 0.0).any()
