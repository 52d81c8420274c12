"""What worlds are drawn from: chances of a latent, random waves, bands."""

import numpy as np
from keras import ops

from training.families.world_v2.chances import COPIES, LATENT_SIZE, TURNS, chances_of, mixed, normals, uniform
from training.families.world_v2.fields import FIELDS, PROFILE_WAVES, bands, profile_waves, random_waves, streaks

LATENTS = np.random.default_rng(0).standard_normal((3, LATENT_SIZE), dtype=np.float32)


def array(values):
    return ops.convert_to_numpy(values)


def random_points(count: int) -> np.ndarray:
    points = np.random.default_rng(0).standard_normal((3, count, 3))
    return np.float32(points / np.linalg.norm(points, axis=-1, keepdims=True))


def test_every_number_of_a_latent_is_used_once():
    marked = np.float32(np.arange(1, LATENT_SIZE + 1))[None] / LATENT_SIZE
    first, second = chances_of(marked), chances_of(marked + 0.001)
    rotations = 1 + TURNS + COPIES  # of four numbers each
    assert sum(np.size(array(part)) for part in first) == LATENT_SIZE + rotations * (9 - 4)
    for one, other in zip(first, second, strict=True):
        assert (array(one) != array(other)).any()


def test_chances_are_what_they_should_be():
    chances = chances_of(LATENTS)
    phases, turn = array(chances.phases), array(chances.turn)
    assert phases.min() >= 0
    assert phases.max() <= 2 * np.pi
    assert abs(phases.mean() - np.pi) < 0.2
    copies = array(chances.copies)
    for turns in (turn, *np.moveaxis(array(chances.turns), 1, 0), *np.moveaxis(copies, 1, 0)):
        np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (3, 1, 1)), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(array(chances.noises), axis=-1), 1, atol=1e-4)
    assert copies[..., 1, 1].min() > 0.5  # about the axis, but for a little


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
    steepness = []
    for octave in range(5):
        here, *there = (
            array(random_waves(points + beside, chances, (octave,)))
            for beside in np.float32([[0, 0, 0], [1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1e-3]])
        )
        np.testing.assert_allclose(here.std(), 1, atol=0.15)
        steepness.append(np.abs(here - np.stack(there)).mean())
    assert ((np.divide(steepness[1:], steepness[:-1]) - 2) ** 2).max() < 0.15


def test_a_band_is_the_same_all_along_its_parallel():
    longitude = np.linspace(-np.pi, np.pi, 200, dtype=np.float32)
    parallel = np.stack([np.sin(longitude) * 0.8, np.full(200, 0.6, np.float32), np.cos(longitude) * 0.8], axis=-1)
    told = array(bands(parallel[:, 1:2], (6, 48)))
    assert np.ptp(told, axis=0).max() == 0


def test_profiles_can_have_any_belts():
    """Their waves are all unlike, so that sums of them come near any profile that is no finer than they are."""
    sines = np.linspace(-1, 1, 2001, dtype=np.float32)
    waves = array(profile_waves(sines[:, None]))
    assert waves.shape == (2001, PROFILE_WAVES)
    belts = 1 / (1 + np.exp(-60 * (0.1 - np.abs(np.abs(sines) - 0.25))))  # two, one north and one south
    found = waves @ np.linalg.lstsq(waves, belts, rcond=None)[0]
    assert np.abs(found - belts).max() < 0.08


def test_streaks_lie_along_parallels():
    chances = chances_of(np.random.default_rng(1).standard_normal((64, LATENT_SIZE), dtype=np.float32))
    longitudes = np.radians(np.linspace(0.0, 20.0, 41))
    along = np.stack([np.sin(longitudes), 0.0 * longitudes, np.cos(longitudes)], axis=-1)
    across = np.stack([0.0 * longitudes, np.sin(longitudes), np.cos(longitudes)], axis=-1)
    parallel, meridian = (array(streaks(np.float32(line[None]), chances)) for line in (along, across))
    assert parallel.shape == (64, 41, FIELDS)
    assert abs(meridian.mean()) < 0.1
    assert abs(meridian.std() - 1) < 0.1
    assert 3 * np.abs(np.diff(parallel, axis=1)).mean() < np.abs(np.diff(meridian, axis=1)).mean()
