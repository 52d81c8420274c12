"""Kinds of ground, the same for all worlds: craters and their rays, ridges, and rough land, coarse to fine.

Convolutions of noise learned one kind of ground, worms, and few circles. A network that is shown grounds by rule only
has to learn whose they are, how deep, of what color, and in what light.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from training.families.world_v2.chances import normals, uniforms
from training.families.world_v2.cube import FACES, directions, middles

_ROUGH = (32.0, 64.0, 128.0, 256.0)  # octaves of rough land, in radians per radius, from which a world mixes its own

GROUNDS = ("large craters", "small craters", "ridges", "rays", *(f"rough land {octave:.0f}" for octave in _ROUGH))

_RADII = ((0.08, 0.22), (0.03, 0.08))  # of craters, in radii of the globe
_SHARE = 0.8  # of the ground that they would cover, if none overlapped
_RIM = 0.35  # its height over the bowl's depth
_FLOOR = 0.55  # how far from the middle the floor is flat, over the crater's radius
_EDGE = 0.12  # width of the rim's inner half, over the crater's radius
_APRON = 0.3  # of the outer one

_RAYS = 60  # craters that have them
_RAYED = (0.01, 0.03)  # radii of these
_REACH = 8.0  # of rays, over the crater's radius

_FINE = (16.0, 32.0, 64.0, 128.0)  # octaves of ridges, in radians per radius
_WAVES = 96  # of an octave

_STREAM = 200  # the first of their random numbers


@functools.cache
def grounds(n: int) -> np.ndarray:
    """What they are in the cells of a cube's faces (`training.families.world_v2.cube`), each of mean 0 and deviation 1,
    float32 `(1, 6, n, n, len(GROUNDS))`."""
    along = middles(n).astype(np.float32)
    face, b, a = np.meshgrid(range(FACES), -along, along, indexing="ij")
    places = directions(face, a, b, np).reshape(-1, 3).astype(np.float32)
    heights = [_craters(places, _STREAM + 2 * i, *radii) for i, radii in enumerate(_RADII)]
    heights.append(_summed([-np.abs(octave) for octave in _octaves(places, _STREAM + 20, _FINE)]))
    heights.append(_rays(places, _STREAM + 60))
    heights += _octaves(places, _STREAM + 10, _ROUGH)
    heights = np.stack(heights, axis=-1)
    heights = (heights - heights.mean(axis=0)) / heights.std(axis=0)
    return heights.reshape(1, FACES, n, n, len(GROUNDS)).astype(np.float32)


def _craters(places: np.ndarray, stream: int, smallest: float, largest: float) -> np.ndarray:
    """Bowls with raised rims. There are as many of a size as its square allows, as on old ground, and smaller ones lie
    in and on larger ones: Neukum 2001, "Cratering Records in the Inner Solar System"."""
    few, many = largest**-2, smallest**-2
    count = round(2 * _SHARE / math.log(largest / smallest) * (many - few))
    centers = _units(stream, count)
    radii = np.sort((few + uniforms(stream + 1, count) * (many - few)) ** -0.5)[::-1]
    heights = np.zeros(len(places))
    for center, radius in zip(centers, radii, strict=True):
        cosine = places @ center
        near = np.flatnonzero(cosine > math.cos((1 + 3 * _APRON) * radius))
        distance = np.arccos(np.minimum(cosine[near], 1.0)) / radius
        left = np.clip((distance - 0.8) / 0.4, 0.0, 1.0)  # of what was there
        heights[near] = heights[near] * left + radius**0.7 * _profile(distance)
    return heights


def _profile(distance: np.ndarray) -> np.ndarray:
    """Height of a crater over its depth, by distance from the middle over its radius."""
    wall = np.clip((distance - _FLOOR) / (1.0 - _FLOOR), 0.0, 1.0) ** 2 - 1.0
    width = np.where(distance < 1.0, _EDGE, _APRON)
    return wall + _RIM * np.exp(-(((distance - 1.0) / width) ** 2))


def _rays(places: np.ndarray, stream: int) -> np.ndarray:
    """What young craters threw out: the brighter, the nearer, and along rays brightest."""
    brightness = np.zeros(len(places), np.float32)
    sizes = _RAYED[0] * (_RAYED[1] / _RAYED[0]) ** uniforms(stream, _RAYS)
    centers = _units(stream + 1, _RAYS)
    for i, (center, size) in enumerate(zip(centers, sizes, strict=True)):
        near = np.flatnonzero(places @ center > math.cos(2.0 * _REACH * size))
        east = np.cross(center, np.roll(center, 1))
        aside = places[near] @ np.stack([east, np.cross(center, east)], axis=-1)
        angle, distance = np.arctan2(aside[:, 1], aside[:, 0]), np.arccos(np.minimum(places[near] @ center, 1.0)) / size
        turned = 2 * np.pi * uniforms(stream + 2 + i, 3)
        waves = sum(np.cos(count * angle + turn) for count, turn in zip((5, 8, 13), turned, strict=True))
        rays = np.clip(0.5 + 0.5 * waves, 0.0, None) * np.exp(-distance / (0.35 * _REACH))
        brightness[near] += size**0.3 * (np.exp(-(distance**2)) + rays * (1.0 - np.exp(-(distance**2))))
    return brightness


def _octaves(places: np.ndarray, stream: int, octaves: Sequence[float]) -> list[np.ndarray]:
    """Gaussian fields of random waves, each about twice as fine as the one before."""
    fields = []
    for i, octave in enumerate(octaves):
        vectors = _units(stream + 2 * i, _WAVES) * octave * 2.0 ** np.linspace(-0.5, 0.5, _WAVES)[:, None]
        phases = 2 * np.pi * uniforms(stream + 2 * i + 1, _WAVES)
        waves = np.cos(places @ vectors.T.astype(np.float32) + phases.astype(np.float32))
        fields.append(waves.sum(axis=1) * math.sqrt(2.0 / _WAVES))
    return fields


def _summed(octaves: list[np.ndarray]) -> np.ndarray:
    """The finer, the lower. Mandelbrot 1982, "The Fractal Geometry of Nature"."""
    return sum(0.5**i * octave for i, octave in enumerate(octaves))


def _units(stream: int, count: int) -> np.ndarray:
    """Directions, all equally likely, float32 `(count, 3)`."""
    vectors = normals(stream, count, 3)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
