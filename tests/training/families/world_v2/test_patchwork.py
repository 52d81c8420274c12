"""Worlds pieced together from learned maps."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from training.families.world_v2.chances import LATENT_SIZE, chances_of
from training.families.world_v2.cube import cells
from training.families.world_v2.patchwork import Patchwork

LATENTS = np.random.default_rng(0).standard_normal((3, LATENT_SIZE), dtype=np.float32)
CODE = np.random.default_rng(1).standard_normal((8, 16), dtype=np.float32)


@pytest.fixture
def patchwork() -> Patchwork:
    layer = Patchwork()
    layer.build((None, 16))
    return layer


def drawn(patchwork: Patchwork, latents=LATENTS) -> np.ndarray:
    return ops.convert_to_numpy(patchwork(CODE[: len(latents)], chances_of(latents)))


def shown(patchwork: Patchwork, maps: np.ndarray):
    """Makes these `(6, n, n)` all that its maps show, in equal shares."""
    patchwork._maps.assign(np.repeat(maps[..., None], patchwork._maps.shape[-1], axis=-1))
    patchwork._shares.kernel.assign(np.zeros(patchwork._shares.kernel.shape))
    patchwork._shares.bias.assign(np.ones(patchwork._shares.bias.shape))


def test_worlds_of_one_code_differ_and_maps_are_learned(patchwork):
    first = drawn(patchwork)
    assert np.isfinite(first).all()
    other = LATENTS.copy()
    other[:, -4:] += 1.0
    assert np.abs(drawn(patchwork, other) - first).mean() > 0.1 * first.std()
    patchwork._maps.assign(0.0 * patchwork._maps)
    assert np.abs(drawn(patchwork)).max() < 1e-6


def test_what_lies_at_a_latitude_stays_near_it(patchwork):
    """Copies are turned about the axis, and tipped but a little."""
    latitude = ops.convert_to_numpy(cells(32))[..., 1]
    shown(patchwork, latitude)
    seen = drawn(patchwork).mean(axis=-1)
    for one in seen:
        assert np.corrcoef(one.ravel(), latitude.ravel())[0, 1] > 0.9
    assert np.abs(seen / seen.std() - latitude / latitude.std()).max() > 0.05  # tipped


def test_no_world_repeats_a_map(patchwork):
    """Where copies meet, what is near elsewhere lies far apart: an eastern half isn't opposite its western one."""
    longitude = ops.convert_to_numpy(cells(32))
    shown(patchwork, longitude[..., 0])
    for one in drawn(patchwork, np.random.default_rng(3).standard_normal((8, LATENT_SIZE), dtype=np.float32)):
        turned = np.abs(np.corrcoef([one.mean(axis=-1).ravel(), *longitude.reshape(-1, 3).T])[0, 1:]) ** 2
        assert turned.sum() < 0.99  # a turned copy would be wholly one of these directions
