"""Pictures that the yardstick looks at: of every size that a model draws, and the middle of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from training.measure.drawing import draw, on_black, order_of, sizes_of
from training.measure.middles import middles
from training.saved.served import ServedModel
from training.saved.sights import SIGHT_SIZE, sights


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """At 8 px its pictures tell the longitude, at 64 px longitude and sun, half covered."""
    folder = tmp_path_factory.mktemp("models") / "world" / "1"
    specs = {
        name: tf.TensorSpec([None, length], tf.float32, name=name)
        for name, length in (("latent", 4 + SIGHT_SIZE), ("kind", 2), ("view", 3), ("sun", 3))
    }

    def picture(values, side):
        return tf.tile(tf.cast(values, tf.uint8)[:, None, None], [1, side, side, 1])

    @tf.function(input_signature=[specs["latent"], specs["kind"]])
    def generate(latent, kind):
        view, _ = sights(latent[:, -SIGHT_SIZE:])
        return {"image": picture(tf.stack([view[:, 0] / 2 + 100, kind[:, 0], kind[:, 1]], 1), 8)}

    @tf.function(input_signature=list(specs.values()))
    def render(latent, kind, view, sun):
        half = tf.fill(tf.shape(kind)[:1], 128.0)
        return {"image": picture(tf.stack([view[:, 0] / 2 + 100, 200 * sun[:, 2], 255 * kind[:, 1], half], 1), 64)}

    tf.saved_model.save(tf.Module(), str(folder), signatures={"generate": generate, "render_64": render})
    card = {"image_size": {"width": 8, "height": 8}, "class_names": ["earth", "mars"]}
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "card.json").write_text(json.dumps(card))
    return ServedModel(folder)


def test_a_world_is_seen_alike_at_each_size(world):
    assert sizes_of(world) == [Size(8, 8), Size(64, 64)]
    order = order_of(world, 6, seed=3)
    small, large = (draw(world, order, size) for size in sizes_of(world))
    assert (small.shape, large.shape, large.dtype) == ((6, 8, 8, 3), (6, 64, 64, 3), np.uint8)
    np.testing.assert_allclose(large[:, 0, 0, 0], small[:, 0, 0, 0] / 2, atol=1)
    assert len(np.unique(small[:, 0, 0, 0])) > 3
    assert large[:, 0, 0, 1].min() > 0  # lit from the viewer's side
    assert large[:, 0, 0, 2].tolist() == [0, 128] * 3  # kinds in turn


def test_the_sky_is_black():
    images = np.uint8([[[[200, 100, 255, 255], [200, 100, 255, 0], [200, 100, 1, 128]]]])
    assert on_black(images).tolist() == [[[[200, 100, 255], [0, 0, 0], [100, 50, 1]]]]


@pytest.mark.parametrize(("side", "kept"), [(64, 40), (128, 80), (256, 158), (16, 10), (3, 2)])
def test_middles_are_62_percent_of_the_width(side, kept):
    images = np.zeros((2, side, side, 3), np.uint8)
    images[:, side // 2, side // 2] = 9
    cut = middles(images)
    assert cut.shape == (2, kept, kept, 3)
    assert (cut[:, kept // 2, kept // 2] == 9).all()
