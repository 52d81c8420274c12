from __future__ import annotations

import itertools

import numpy as np
import pytest

from training.measure.density_coverage import density_coverage
from training.measure.distances import nearest, pairwise
from training.measure.kid import kernel_distance, squared_mmd
from training.measure.memorization import memorization_ratio
from training.measure.summary import FEWEST, summarize


def gaussian(count, features=4, mean=0.0, seed=0):
    return np.random.default_rng(seed).normal(mean, 1.0, (count, features))


def mmd_by_loops(x, y):
    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    def within(rows):
        pairs = list(itertools.permutations(rows, 2))
        return sum(kernel(a, b) for a, b in pairs) / len(pairs)

    across = [kernel(a, b) for a in x for b in y]
    return within(x) + within(y) - 2 * sum(across) / len(across)


def test_mmd_by_hand():
    # Kernels: (1·1 + 1)³ = 8 among x, (0·2 + 1)³ = 1 among y, 1 and (1·2 + 1)³ = 27 across.
    assert squared_mmd(np.array([[1.0], [1.0]]), np.array([[0.0], [2.0]])) == pytest.approx(8 + 1 - 2 * (1 + 27) / 2)


def test_mmd_equals_brute_force():
    x, y = gaussian(9, seed=1), gaussian(7, mean=0.5, seed=2)
    assert squared_mmd(x, y) == pytest.approx(mmd_by_loops(x, y), rel=1e-12)


def test_mmd_of_two_gaussians_is_the_exact_value():
    """In one dimension it is (Δm₃)² + 3 (Δm₂)² + 3 (Δm₁)² of the moments; N(0, 1): 0, 1, 0; N(1, 1): 1, 2, 4."""
    x, y = gaussian(4000, 1, seed=3), gaussian(4000, 1, mean=1.0, seed=4)
    assert squared_mmd(x, y) == pytest.approx(4**2 + 3 * 1**2 + 3 * 1**2, rel=0.06)


def test_kid_of_equal_distributions_is_around_zero_on_both_sides():
    values = np.array([squared_mmd(gaussian(40, seed=i), gaussian(40, seed=1000 + i)) for i in range(200)])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))
    assert 60 < (values < 0).sum() < 170


def test_kid_is_mean_and_spread_over_subsets():
    x, y = gaussian(300, seed=5), gaussian(200, mean=0.3, seed=6)
    mean, std = kernel_distance(x, y, subset_size=50, subsets=200)
    assert mean == pytest.approx(squared_mmd(x, y), abs=4 * std / np.sqrt(200))
    assert std > 0
    assert kernel_distance(x, y, subset_size=50, subsets=200) == (mean, std)
    whole, spread = kernel_distance(x, y, subset_size=10**6, subsets=3)  # all of y, each time other rows of x
    assert whole == pytest.approx(squared_mmd(x, y), abs=5 * spread)


def test_kid_needs_two_rows():
    with pytest.raises(ValueError, match="at least 2 rows"):
        squared_mmd(gaussian(1), gaussian(5))


def test_distances_to_the_last_digits_far_from_the_origin():
    a, b = gaussian(5, seed=1) + 1e6, gaussian(6, seed=2) + 1e6
    expected = np.linalg.norm(a[:, None] - b[None], axis=2)
    np.testing.assert_allclose(pairwise(a, b), expected, rtol=1e-9)
    indices, distances = nearest(a, b)
    assert (indices == expected.argmin(axis=1)).all()
    np.testing.assert_allclose(distances, expected.min(axis=1), rtol=1e-12)


def test_density_and_coverage_by_hand():
    """Real 0, 1, 3, 7 on a line: for k = 1 the balls are 0±1, 1±1, 3±2, 7±4, borders left out."""
    real = np.array([[0.0], [1.0], [3.0], [7.0]])
    fake = np.array([[0.5], [1.5], [4.0], [30.0]])
    # In balls: 0.5 in two, 1.5 in two (1±1 and 3±2), 4 in two (3±2 and 7±4), 30 in none; every ball holds one.
    assert density_coverage(real, fake, neighbors=1) == (6 / 4, 1.0)
    assert density_coverage(real, np.full((4, 1), 0.5), neighbors=1) == (2.0, 0.5)
    assert density_coverage(real, np.full((4, 1), 30.0), neighbors=1) == (0.0, 0.0)


def test_density_and_coverage_average_over_groups_of_equal_size():
    real = np.array([[0.0], [1.0], [3.0], [7.0]])
    near, far = np.full((4, 1), 0.5), np.full((4, 1), 30.0)
    incomplete = np.full((3, 1), 0.5)
    assert density_coverage(real, np.concatenate([near, far, incomplete]), neighbors=1) == (1.0, 0.25)


def test_density_and_coverage_of_equal_distributions():
    density, coverage = density_coverage(gaussian(500, seed=1), gaussian(3000, seed=2))
    assert density == pytest.approx(1.0, abs=0.05)
    assert coverage == pytest.approx(1 - 2**-5, abs=0.01)


def test_mode_dropping_lowers_coverage_but_not_density():
    real = np.concatenate([gaussian(100, seed=1), gaussian(100, mean=50, seed=2)])
    density, coverage = density_coverage(real, gaussian(200, seed=3))
    assert density > 0.8
    assert coverage == pytest.approx(0.5, abs=0.03)


def test_too_few_rows_for_the_neighbors():
    with pytest.raises(ValueError, match="at least 6 rows on both sides, got 5"):
        density_coverage(gaussian(5), gaussian(50))


def test_memorization_of_copies_is_zero_and_of_new_pictures_one():
    training, holdout = gaussian(400, seed=1), gaussian(400, seed=2)
    assert memorization_ratio(training[:50], training, holdout) == 0.0
    assert memorization_ratio(training[:50] + 1e-3, training, holdout) < 0.01
    assert memorization_ratio(gaussian(400, seed=3), training, holdout) == pytest.approx(1.0, abs=0.1)
    assert memorization_ratio(gaussian(400, mean=3, seed=3), training, holdout) > 2


def test_memorization_by_hand():
    training, holdout = np.array([[0.0], [10.0]]), np.array([[2.0], [6.0], [14.0]])  # nearest: 2, 4, 4
    assert memorization_ratio(np.array([[1.0], [9.0], [11.0]]), training, holdout) == 1 / 4


def test_memorization_without_a_real_holdout():
    with pytest.raises(ValueError, match="look the same as training pictures"):
        memorization_ratio(gaussian(20), gaussian(30, seed=1), gaussian(30, seed=1))


def test_summary_of_as_good_as_real_far_and_copied():
    training, holdout = gaussian(600, seed=1), gaussian(120, seed=2)
    good = summarize(gaussian(500, seed=3), training, holdout)
    far = summarize(gaussian(500, mean=2, seed=3), training, holdout)
    copied = summarize(np.repeat(training[:5], 100, axis=0), training, holdout)
    assert good["kid_x1000"] == pytest.approx(good["kid_x1000_floor"], abs=2 * good["kid_x1000_floor_std"])
    assert far["kid_x1000"] > 5 * far["kid_x1000_std"] + 5 * far["kid_x1000_floor_std"]
    assert far["density"] < 0.3 < 0.8 < good["density"]
    assert copied["coverage"] < 0.5 < 0.9 < good["coverage"]
    assert copied["memorization_ratio"] == 0.0
    assert far["density_holdout"] < 0.3 < 0.8 < good["density_holdout"]
    assert copied["coverage_holdout"] < 0.5 < 0.9 < good["coverage_holdout"]
    assert {far[key] for key in far if "real" in key} == {good[key] for key in good if "real" in key}


def test_summary_refuses_too_few():
    with pytest.raises(ValueError, match=f"{FEWEST - 1} held-out"):
        summarize(gaussian(50), gaussian(50), gaussian(FEWEST - 1))
