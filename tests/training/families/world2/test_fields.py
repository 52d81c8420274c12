"""What worlds are drawn from: chances of a latent, random waves, bands, craters."""

import numpy as np
from keras import ops

from training.families.world2.chances import LATENT_SIZE, chances_of, mixed, normals, uniform
from training.families.world2.fields import CRATER_GRIDS, bands, crater_centers, craters, random_waves

LATENTS = np.random.default_rng(0).standard_normal((3, LATENT_SIZE), dtype=np.float32)


def array(values):
    return ops.convert_to_numpy(values)


def random_points(count: int) -> np.ndarray:
    points = np.random.default_rng(0).standard_normal((3, count, 3))
    return np.float32(points / np.linalg.norm(points, axis=-1, keepdims=True))


def test_every_number_of_a_latent_is_used_once():
    marked = np.float32(np.arange(1, LATENT_SIZE + 1))[None] / LATENT_SIZE
    first, second = chances_of(marked), chances_of(marked + 0.001)
    assert sum(np.size(array(part)) for part in first) == LATENT_SIZE - 4 + 9  # a quaternion becomes a rotation
    for one, other in zip(first, second, strict=True):
        assert (array(one) != array(other)).any()


def test_chances_are_what_they_should_be():
    chances = chances_of(LATENTS)
    phases, turn = array(chances.phases), array(chances.turn)
    assert phases.min() >= 0
    assert phases.max() <= 2 * np.pi
    assert abs(phases.mean() - np.pi) < 0.2
    np.testing.assert_allclose(turn @ turn.transpose(0, 2, 1), np.tile(np.eye(3), (3, 1, 1)), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(array(chances.noises), axis=-1), 1, atol=1e-4)


def test_fixed_numbers_never_change():
    np.testing.assert_allclose(normals(0, 3), [-0.433472, 1.354922, -0.433387], atol=1e-4)


def test_noise_is_standard_normal_and_each_worlds_own():
    noise = array(mixed(3, 20_000, chances_of(LATENTS).noises[:, 0]))
    np.testing.assert_allclose(noise.mean(axis=1), 0, atol=0.05)
    np.testing.assert_allclose(noise.std(axis=1), 1, atol=0.05)
    assert np.abs(np.corrcoef(noise) - np.eye(3)).max() < 0.95
    uniforms = array(uniform(noise))
    assert uniforms.min() >= 0
    assert uniforms.max() <= 1
    np.testing.assert_allclose(np.quantile(uniforms, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.02)


def test_waves_are_as_fine_as_their_octave():
    """Per octave, fields differ twice as much between places a little apart."""
    points, chances = random_points(500), chances_of(LATENTS)
    beside = points + np.float32([1e-3, 0, 0])
    steepness = []
    for octave in range(5):
        here, there = (array(random_waves(one, chances, (octave,))) for one in (points, beside))
        np.testing.assert_allclose(here.std(), 1, atol=0.15)
        steepness.append(np.abs(here - there).mean())
    assert ((np.divide(steepness[1:], steepness[:-1]) - 2) ** 2).max() < 0.15


def test_a_band_is_the_same_all_along_its_parallel():
    longitude = np.linspace(-np.pi, np.pi, 200, dtype=np.float32)
    parallel = np.stack([np.sin(longitude) * 0.8, np.full(200, 0.6, np.float32), np.cos(longitude) * 0.8], axis=-1)
    told = array(bands(parallel[:, 1:2], (6, 48)))
    assert np.ptp(told, axis=0).max() == 0


def test_craters_are_round_and_few():
    points, chances = random_points(20_000), chances_of(LATENTS)
    seen = array(craters(points, chances))
    assert seen.shape == (3, 20_000, 6)
    assert seen.min() >= 0
    assert seen.max() <= 1
    covered = (seen > 0).mean(axis=(0, 1))
    assert ((covered > 0.01) & (covered < 0.4)).all()


def test_all_craters_that_reach_a_point_are_seen_there():
    """Over cells and edges, too: as a look at every crater finds them."""
    points, chances = random_points(3000), chances_of(LATENTS)
    seen, places = array(craters(points, chances)), points.astype(np.float64)
    for size, n in enumerate(CRATER_GRIDS[:2]):
        centers = array(crater_centers(size, n, chances)).astype(np.float64)
        squares = 2 - 2 * places @ centers[..., :3].transpose(0, 2, 1)
        nearness = squares / centers[:, None, :, 3]
        bowls = np.maximum(0, 1 - nearness).max(axis=-1)
        rims = np.maximum(0, 1 - 2 * np.abs(nearness - 1)).max(axis=-1)
        np.testing.assert_allclose(seen[..., 2 * size], bowls, atol=0.01)
        np.testing.assert_allclose(seen[..., 2 * size + 1], rims, atol=0.02)
