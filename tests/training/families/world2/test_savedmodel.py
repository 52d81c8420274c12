"""Exported worlds draw what the network draws."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from tests.training.families.world2.test_world_v2 import KINDS, build, inputs_of
from training.families.world2.chances import LATENT_SIZE
from training.families.world2.savedmodel import LATENT_LENGTH, save_world
from training.saved.sights import SUN

LATENTS = np.random.default_rng(0).standard_normal((2, LATENT_LENGTH), dtype=np.float32)


@pytest.mark.slow
def test_an_exported_world_draws_what_the_network_draws(tmp_path):
    network = build(16, grids=2)
    save_world(network, Size.of(16), tmp_path, (16, 24))
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    assert set(signatures) == {"serving_default", "generate", "render_16", "render_24"}
    view = (30.0, 20.0, 10.0)
    given = {"latent": LATENTS, "kind": KINDS, "view": np.float32([view] * 2), "sun": np.tile(np.float32(SUN), (2, 1))}
    given = {name: tf.constant(values) for name, values in given.items()}
    served = signatures["render_16"](**given)["image"].numpy().astype(float)
    assert served.shape == (2, 16, 16, 4)
    expected = network(inputs_of(16, (view,), latents=LATENTS[:, :LATENT_SIZE], sun=SUN), training=False)
    expected = (np.asarray(expected)[:, 0] + 1) * 127.5
    np.testing.assert_allclose(served[..., :3] * served[..., 3:] / 255, expected, atol=2)
    assert signatures["render_24"](**given)["image"].shape == (2, 24, 24, 4)
    one = {name: given[name] for name in ("latent", "kind")}
    pictures = signatures["generate"](**one)["image"].numpy()
    assert pictures.shape == (2, 16, 16, 3)
    assert np.abs(pictures[0].astype(float) - pictures[1]).mean() > 1
