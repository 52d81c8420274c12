from __future__ import annotations

import math

import numpy as np
import pytest

from training.gan import losses


def test_non_saturating_generator_loss_golden_numbers():
    logits = np.array([[0.0], [2.0]], np.float32)
    expected = (math.log(2) + math.log(1 + math.exp(-2))) / 2
    assert float(losses.non_saturating_generator_loss(logits)) == pytest.approx(expected, abs=1e-6)


def test_cross_entropy_discriminator_loss_golden_numbers():
    real, fake = np.array([[1.0]], np.float32), np.array([[-2.0]], np.float32)
    expected = math.log(1 + math.exp(-1)) + math.log(1 + math.exp(-2))
    assert float(losses.cross_entropy_discriminator_loss(real, fake)) == pytest.approx(expected, abs=1e-6)
    noisy = losses.cross_entropy_discriminator_loss(real, fake, real_target=np.array([[1.05]], np.float32))
    assert float(noisy) == pytest.approx(expected - 0.05, abs=1e-6)


def test_hinge_golden_numbers():
    real, fake = np.array([[0.25], [3.0]], np.float32), np.array([[-0.5], [-2.0]], np.float32)
    assert float(losses.hinge_discriminator_loss(real, fake)) == pytest.approx(0.75 / 2 + 0.5 / 2, abs=1e-6)


def test_least_squares_golden_numbers():
    real, fake = np.array([[0.5]], np.float32), np.array([[2.0]], np.float32)
    assert float(losses.least_squares_discriminator_loss(real, fake)) == pytest.approx(0.125 + 2.0, abs=1e-6)
    assert float(losses.least_squares_generator_loss(fake)) == pytest.approx(0.5, abs=1e-6)


def test_wasserstein_golden_numbers():
    real, fake = np.array([[2.0], [4.0]], np.float32), np.array([[1.0], [-2.0]], np.float32)
    assert float(losses.wasserstein_discriminator_loss(real, fake)) == pytest.approx(-3.5, abs=1e-6)
    assert float(losses.wasserstein_generator_loss(fake)) == pytest.approx(0.5, abs=1e-6)


def test_projected_golden_numbers():
    real = np.array([[[0.25, 3.0], [0.0, 2.0]]], np.float32)  # one picture at two scales
    fake = np.array([[[-0.5, -2.0], [1.0, 0.0]]], np.float32)
    expected = (0.75 + 0.0) / 2 + (0.5 + 0.0) / 2 + (1.0 + 0.0) / 2 + (2.0 + 1.0) / 2
    assert float(losses.projected_discriminator_loss(real, fake)) == pytest.approx(expected, abs=1e-6)
    assert float(losses.projected_generator_loss(fake)) == pytest.approx(1.25 - 0.5, abs=1e-6)


def test_gradient_penalty_is_zero_at_norm_one_and_one_at_zero():
    unit = np.zeros((1, 2, 2, 3), np.float32)
    unit[0, 0, 0, 0] = 1.0
    assert float(losses.gradient_penalty(unit)) == pytest.approx(0.0, abs=1e-6)
    assert float(losses.gradient_penalty(unit * 3)) == pytest.approx(4.0, abs=1e-5)
    assert float(losses.gradient_penalty(unit * 0)) == pytest.approx(1.0, abs=1e-5)


def test_losses_stay_finite_for_huge_logits():
    huge = np.array([[1e4], [-1e4]], np.float32)
    assert math.isfinite(float(losses.cross_entropy_discriminator_loss(huge, huge)))
    assert math.isfinite(float(losses.non_saturating_generator_loss(huge)))


def test_r1_penalty_is_half_gamma_times_the_squared_norm():
    gradients = np.full((2, 2, 2, 3), 0.5, np.float32)
    assert float(losses.r1_penalty(gradients, gamma=0.2)) == pytest.approx(0.1 * 12 * 0.25, abs=1e-6)


def test_kl_divergence_golden_numbers():
    zeros = np.zeros((2, 3), np.float32)
    assert float(losses.kl_divergence(zeros, zeros)) == pytest.approx(0.0, abs=1e-6)
    mean, log_variance = np.array([[2.0, 0.0]], np.float32), np.array([[0.0, 1.0]], np.float32)
    assert float(losses.kl_divergence(mean, log_variance)) == pytest.approx(0.5 * (4 + math.e - 2), abs=1e-5)


def test_laplace_reconstruction_is_a_probability_density():
    errors = np.linspace(-4, 4, 8001, dtype=np.float32)
    nats = [float(losses.laplace_reconstruction(np.full((1, 1, 1, 1), e), np.zeros((1, 1, 1, 1)), 0.2)) for e in (0, 1)]
    assert nats == pytest.approx([math.log(0.4), math.log(0.4) + 5.0], abs=1e-5)
    density = np.exp(-np.abs(errors) / 0.2 - nats[0])
    assert density.sum() * 0.001 == pytest.approx(1.0, abs=1e-3)


def test_feature_distance_does_not_depend_on_their_scale():
    random = np.random.default_rng(0)
    real, fake = random.standard_normal((2, 3, 2, 2, 4)).astype(np.float32)
    distance = float(losses.feature_distance(real, fake))
    assert distance > 0
    assert float(losses.feature_distance(real * 50, fake * 50)) == pytest.approx(distance, rel=1e-4)
    assert float(losses.feature_distance(real, real * 0)) == pytest.approx(1.0, rel=1e-4)
    assert float(losses.feature_distance(real, real)) == 0.0


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_loss_falls_as_each_side_gets_better(name):
    loss = losses.LOSSES[name]
    low, high = np.array([[loss.boundary - 0.4]], np.float32), np.array([[loss.boundary + 0.4]], np.float32)
    assert float(loss.discriminator(high, low)) < float(loss.discriminator(low, high))
    better, worse = ((low, high), (high, low)) if loss.compares else ((high,), (low,))
    assert float(loss.generator(*better)) < float(loss.generator(*worse))


def test_relativistic_golden_numbers():
    real, fake = np.array([[1.0], [0.0]], np.float32), np.array([[-1.0], [3.0]], np.float32)
    each_way = math.log(1 + math.exp(2)), math.log(1 + math.exp(-3))
    assert float(losses.relativistic_generator_loss(real, fake)) == pytest.approx(np.mean(each_way), abs=1e-5)
    other_way = math.log(1 + math.exp(-2)), math.log(1 + math.exp(3))
    assert float(losses.relativistic_discriminator_loss(real, fake)) == pytest.approx(np.mean(other_way), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "real_accuracy", "fake_accuracy"),
    [("non_saturating", 0.5, 1.0), ("least_squares", 0.5, 1.0), ("relativistic", 0.75, 0.75)],
)
def test_accuracy_is_the_share_on_the_right_side(name, real_accuracy, fake_accuracy):
    real, fake = np.float32([[0.9], [2.0], [-0.4], [-0.2]]), np.float32([[-1.0], [-2.0], [-0.1], [-0.3]])
    shares = {key: float(value) for key, value in losses.LOSSES[name].accuracy(real, fake).items()}
    assert shares == {"real_accuracy": real_accuracy, "fake_accuracy": fake_accuracy}


@pytest.mark.parametrize("name", [name for name, loss in losses.LOSSES.items() if loss.realness])
def test_realness_is_what_the_best_discriminator_says(name):
    """Of pictures four fifths of which are real."""
    loss, none = losses.LOSSES[name], np.zeros((1, 1), np.float32)
    logits = np.linspace(-2, 2, 401, dtype=np.float32)[:, None, None]
    costs = [0.8 * float(loss.discriminator(x, none)) + 0.2 * float(loss.discriminator(none, x)) for x in logits]
    assert np.asarray(loss.realness(logits[np.argmin(costs)])).item() == pytest.approx(0.8, abs=0.005)
