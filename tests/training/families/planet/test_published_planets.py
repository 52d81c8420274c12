"""The committed planet_v3 models, as a game meets them: planets that stand free on black, morphs without jumps."""

from pathlib import Path

import numpy as np
import pytest

from serving.gateway.pictures.limb import find_limb
from serving.latents import latents
from training.saved.archetypes import ARCHETYPES
from training.saved.served import ServedModel

FOLDERS = sorted((Path(__file__).resolve().parents[4] / "saved_models").glob("planet_v3_*"))
QUICK = "planet_v3_64"  # the others refine it
STEPS = 33


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(folder, id=folder.name, marks=[] if folder.name == QUICK else pytest.mark.slow)
        for folder in FOLDERS
    ],
)
def model(request):
    return ServedModel(request.param)


def walks(model):
    """The kinds to walk from: all of the model that others refine, some of those, whose pictures take longer."""
    return np.eye(12)[:: 1 if "base" not in model.card else 6]


def draw(model, latent, kind):
    return model.call("generate", "image", "drawing", latent=latent.astype(np.float32), kind=kind.astype(np.float32))


def largest_step(pictures):
    """Largest difference between neighbors, as a share of that between the first and the last; 1 is a jump."""
    levels = pictures.astype(np.float32)
    return np.abs(np.diff(levels, axis=0)).mean(axis=(1, 2, 3)).max() / np.abs(levels[-1] - levels[0]).mean()


def on_the_way(first, last):
    """`STEPS` latents along the great circle between two."""
    angle = np.arccos(first @ last / np.linalg.norm(first) / np.linalg.norm(last))
    share = np.linspace(0, 1, STEPS)[:, None]
    return (np.sin((1 - share) * angle) * first + np.sin(share * angle) * last) / np.sin(angle)


def test_neighboring_latents_give_neighboring_planets(model):
    kinds = walks(model)
    for kind, (first, last) in zip(kinds, latents(range(2 * len(kinds)), 128).reshape(-1, 2, 128), strict=True):
        assert largest_step(draw(model, on_the_way(first, last), np.tile(kind, (STEPS, 1)))) < 0.3


def test_neighboring_mixes_give_neighboring_planets(model):
    share = np.linspace(0, 1, STEPS)[:, None]
    kinds = walks(model)
    for first, last in zip(kinds, np.roll(kinds, 1 if len(kinds) < 12 else 5, axis=0), strict=True):
        same = np.tile(latents([7], 128), (STEPS, 1))
        assert largest_step(draw(model, same, (1 - share) * first + share * last)) < 0.3


def test_every_kind_and_archetype_is_one_planet_on_a_black_sky(model):
    kinds = dict(zip(model.card["class_names"], np.eye(12), strict=True))
    assert model.card["archetypes"] == ARCHETYPES
    for name, mix in ARCHETYPES.items():
        kinds[name] = sum(share * kinds[body] for body, share in mix.items())
    count = 8 if "base" not in model.card else 2
    for name, kind in kinds.items():
        for picture in draw(model, latents(range(count), 128), np.tile(kind, (count, 1))):
            assert find_limb(picture) is not None, name
            corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
            assert corners.max() < 32, name


def test_no_planet_is_a_copy(model):
    assert model.card["metrics"]["memorization_ratio"] >= 1.0
