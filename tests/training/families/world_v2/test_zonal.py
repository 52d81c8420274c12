"""The critic of zones sees means along parallels, and points to their difference."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from keras import ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training.families.world_v2.critic import ZONES, Zones, build_zonal_critic, zonal_critics
from training.families.world_v2.recipe import RECIPES
from training.families.world_v2.rendering import pixel_side, see, turn_of
from training.gan.objective import Given

SIZE = Size(64, 64)
NAMES = ("jupiter", "mars")


def banded(latitude: float, colors: np.ndarray, x: float = 0.0, y: float = 0.0, zoom: float = 1.0):
    """A picture in [-1, 1] of a globe with a color for each zone `(ZONES, 3)`, its window and its sight, `(1, …)`."""
    window = np.float32([[x, y, pixel_side(SIZE) / zoom]])
    seen = see(SIZE, ops.ones((1, 3)), turn_of(ops.convert_to_tensor(np.float32([[77.0, latitude, 0.0]]))), window)
    north = np.arcsin(ops.convert_to_numpy(seen.points)[0, :, 1].clip(-1, 1)) * ZONES / np.pi + ZONES / 2 - 0.5
    zones = np.arange(ZONES)
    light = np.stack([np.interp(north, zones, colors[:, i]) for i in range(3)], axis=-1)
    light = light * ops.convert_to_numpy(seen.coverage)[0]
    return np.float32(2 * light - 1).reshape(1, 64, 64, 3), window, np.float32([[latitude, 1.0]])


@pytest.fixture
def colors():
    return np.random.default_rng(3).uniform(0.2, 0.8, (ZONES, 3)).astype(np.float32)


@pytest.mark.parametrize("view", [{}, {"x": 0.3, "y": -0.2, "zoom": 3.0}], ids=["whole", "window"])
@pytest.mark.parametrize("latitude", [0.0, 52.0, -40.0])
def test_a_zone_has_the_color_that_lies_along_its_parallel(latitude, view, colors):
    means, seen = (ops.convert_to_numpy(one)[0] for one in Zones(SIZE)(*banded(latitude, colors, **view)))
    inner = seen[:, 0] == 1
    inner[:-1] &= inner[1:]
    inner[1:] &= inner[:-1]
    assert inner.sum() > 8
    assert np.abs(means[inner] - colors[inner]).mean() < 0.08 < np.abs(means[inner] - 0.5).mean()
    assert not means[np.flatnonzero(seen[:, 0] == 0)].sum(axis=1).all()


def test_without_a_known_latitude_it_says_nothing(colors):
    image, window, _ = banded(20.0, colors)
    critic = build_zonal_critic(SIZE, (1.0, 1.0))
    critic.set_weights([np.ones_like(one) for one in critic.get_weights()])
    given = {"image": image, "window": window, "kind": np.float32([[0, 1]])}
    for sight, silent in ((np.float32([[20.0, 1.0]]), False), (np.float32([[np.nan, np.nan]]), True)):
        outputs = critic({**given, "sight": sight})
        assert all((float(one[0, 0]) == 0.0) is silent for one in outputs.values())


def test_its_weights_settle_at_the_difference_of_the_means(colors):
    (critic,) = zonal_critics(dataclasses.replace(RECIPES["usual"], zonal_weight=1.0), SIZE, NAMES)
    other = colors[:, ::-1].copy()
    (real, window, sight), (fake, _, _) = banded(0.0, colors), banded(0.0, other)
    (mine, seen), (theirs, _) = (Zones(SIZE)(one, window, sight) for one in (real, fake))
    difference = ops.convert_to_numpy((mine - theirs) * seen)[0]
    weights = np.stack([difference.ravel(), np.zeros(difference.size)]).astype(np.float32)
    rows = {"window": window, "sight": sight, "kind": np.float32([[1, 0]])}
    rows = {name: ops.convert_to_tensor(np.tile(one, (2, 1))) for name, one in rows.items()}
    given = Given(rows["kind"], 0, rows)

    def loss(values):
        critic.network.set_weights([values])
        logits, penalty = critic.judge(ops.convert_to_tensor(np.concatenate([real, fake])), given)
        return float(critic.loss.discriminator(logits[:1], logits[1:]) + penalty)

    least = loss(weights)
    assert least == pytest.approx(-0.5 * np.square(difference).sum(), rel=1e-3)
    for step in np.random.default_rng(1).normal(0, 0.1, (4, *weights.shape)).astype(np.float32):
        assert loss(weights + step) > least


def test_it_judges_the_kinds_that_are_named(colors):
    image, window, sight = banded(0.0, colors)
    recipe = dataclasses.replace(RECIPES["usual"], zonal_weight=1.0, zonal_kinds="mars")
    (critic,) = zonal_critics(recipe, SIZE, NAMES)
    critic.network.set_weights([np.ones_like(one) for one in critic.network.get_weights()])
    extras = {name: ops.convert_to_tensor(np.tile(one, (2, 1))) for name, one in (("window", window), ("sight", sight))}
    images = ops.convert_to_tensor(np.concatenate([image] * 2))
    logits, _ = critic.judge(images, Given(ops.eye(2), 0, extras))
    assert float(logits[0, 0]) == 0.0 < float(logits[1, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zonal_weight": -1.0}, "zonal_weight is -1"),
        ({"zonal_weight": 1.0, "zonal_kinds": "krypton"}, "names krypton"),
    ],
)
def test_what_cannot_be_is_said(changes, message):
    with pytest.raises(RequestError, match=message):
        zonal_critics(dataclasses.replace(RECIPES["usual"], **changes), SIZE, NAMES)


def test_without_a_weight_there_is_none():
    assert zonal_critics(RECIPES["usual"], SIZE, NAMES) == []
