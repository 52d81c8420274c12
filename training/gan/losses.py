"""Losses of GANs and autoencoders as pure functions; each returns a float32 scalar to minimize."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from keras import ops


def non_saturating_generator_loss(fake_logits):
    """-log D(G(z)), averaged: the generator loss that keeps its gradient when the discriminator is sure.

    Reference: Goodfellow 2014, "Generative Adversarial Networks" (arXiv:1406.2661), section 3.

    Args:
        fake_logits: Discriminator logits of generated pictures, float, any shape.

    Returns:
        Float32 scalar, at least 0.
    """
    return ops.mean(ops.softplus(-ops.cast(fake_logits, "float32")))


def cross_entropy_discriminator_loss(real_logits, fake_logits, real_target=1.0):
    """Binary cross-entropy of real against generated pictures, summed over the two sides.

    Args:
        real_logits: Discriminator logits of real pictures, float, any shape.
        fake_logits: Discriminator logits of generated pictures, float, any shape.
        real_target: Label of real pictures, a scalar or an array shaped like `real_logits`. The first Planet
            Generator used 1 + U(0, 0.05), which only weighs a little more towards 'real'.

    Returns:
        Float32 scalar, at least 0 for targets in [0, 1].
    """
    real = ops.cast(real_logits, "float32")
    fake = ops.cast(fake_logits, "float32")
    # softplus(x) - x·target is cross-entropy with logits; with target 1 it is softplus(-x).
    return ops.mean(ops.softplus(real) - real * real_target) + ops.mean(ops.softplus(fake))


def kind_cross_entropy(kind_logits, kinds):
    """Cross-entropy of the kinds that a classifier sees, averaged over pictures, in nats.

    Args:
        kind_logits: Float `(B, K)`.
        kinds: Shares of the kinds that are right, float `(B, K)`, rows summing to 1.

    Returns:
        Float32 scalar, at least 0.
    """
    return -ops.mean(ops.sum(kinds * ops.log_softmax(ops.cast(kind_logits, "float32")), axis=-1))


def hinge_discriminator_loss(real_logits, fake_logits):
    """Pushes real logits above 1 and generated ones below -1, and no further.

    Reference: Lim and Ye 2017, "Geometric GAN" (arXiv:1705.02894), eq. 10.

    Args:
        real_logits: Discriminator logits of real pictures, float, any shape.
        fake_logits: Discriminator logits of generated pictures, float, any shape.

    Returns:
        Float32 scalar, at least 0.
    """
    real = ops.cast(real_logits, "float32")
    fake = ops.cast(fake_logits, "float32")
    return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))


def least_squares_generator_loss(fake_logits):
    """Half the squared distance of generated logits from 1.

    Reference: Mao 2017, "Least Squares Generative Adversarial Networks" (arXiv:1611.04076), eq. 9.

    Args:
        fake_logits: Discriminator outputs for generated pictures, float, any shape.

    Returns:
        Float32 scalar, at least 0.
    """
    return 0.5 * ops.mean(ops.square(ops.cast(fake_logits, "float32") - 1.0))


def least_squares_discriminator_loss(real_logits, fake_logits):
    """Half the squared distances of real outputs from 1 and of generated ones from 0.

    Reference: as `least_squares_generator_loss`.

    Args:
        real_logits: Discriminator outputs for real pictures, float, any shape.
        fake_logits: Discriminator outputs for generated pictures, float, any shape.

    Returns:
        Float32 scalar, at least 0.
    """
    real = ops.cast(real_logits, "float32")
    fake = ops.cast(fake_logits, "float32")
    return 0.5 * ops.mean(ops.square(real - 1.0)) + 0.5 * ops.mean(ops.square(fake))


def wasserstein_generator_loss(fake_logits):
    """The negative mean critic score of generated pictures; also the generator's side of the hinge loss.

    Reference: Arjovsky 2017, "Wasserstein GAN" (arXiv:1701.07875), eq. 2.

    Args:
        fake_logits: Critic scores of generated pictures, float, any shape.

    Returns:
        Float32 scalar, unbounded.
    """
    return -ops.mean(ops.cast(fake_logits, "float32"))


def wasserstein_discriminator_loss(real_logits, fake_logits):
    """How much higher the critic scores generated than real pictures; needs `gradient_penalty`.

    Reference: as `wasserstein_generator_loss`.

    Args:
        real_logits: Critic scores of real pictures, float, any shape.
        fake_logits: Critic scores of generated pictures, float, any shape.

    Returns:
        Float32 scalar, unbounded.
    """
    return ops.mean(ops.cast(fake_logits, "float32")) - ops.mean(ops.cast(real_logits, "float32"))


def relativistic_generator_loss(real_logits, fake_logits):
    """How much more real the discriminator finds each real picture than the generated one in its row of the batch.

    References: Jolicoeur-Martineau 2019, "The Relativistic Discriminator" (arXiv:1807.00734), eq. 4; with R1 and R2 it
    is the loss of Huang 2024, "The GAN is dead; long live the GAN!" (arXiv:2501.05441).

    Args:
        real_logits: Discriminator logits of real pictures, float, any shape.
        fake_logits: Discriminator logits of generated pictures, shaped alike.

    Returns:
        Float32 scalar, at least 0.
    """
    return ops.mean(ops.softplus(ops.cast(real_logits, "float32") - ops.cast(fake_logits, "float32")))


def relativistic_discriminator_loss(real_logits, fake_logits):
    """The generator's relativistic loss with the two sides exchanged; arguments and result as there."""
    return relativistic_generator_loss(fake_logits, real_logits)


def gradient_penalty(mixed_gradients):
    """Squared distance of the critic's gradient norm from 1, at pictures between real and generated ones.

    Reference: Gulrajani 2017, "Improved Training of Wasserstein GANs" (arXiv:1704.00028), eq. 3.

    Args:
        mixed_gradients: d(sum of scores) / d(mixed pictures), float `(B, H, W, 3)`.

    Returns:
        Float32 scalar, at least 0, not yet weighted.
    """
    squared = ops.sum(ops.square(ops.cast(mixed_gradients, "float32")), axis=(1, 2, 3))
    return ops.mean(ops.square(ops.sqrt(squared + 1e-12) - 1.0))  # the root's own gradient is infinite at 0


def r1_penalty(gradients, gamma):
    """Squared gradient of the discriminator at real pictures (R1) or at generated ones (R2), times gamma / 2.

    Reference: Mescheder 2018, "Which Training Methods for GANs do actually Converge?" (arXiv:1801.04406), eq. 9.

    Args:
        gradients: d(sum of logits) / d(pictures), float `(B, H, W, 3)`.
        gamma: Weight, at least 0; it grows with the number of pixels.

    Returns:
        Float32 scalar, at least 0.
    """
    squared = ops.square(ops.cast(gradients, "float32"))
    return 0.5 * gamma * ops.mean(ops.sum(squared, axis=(1, 2, 3)))


def kl_divergence(mean, log_variance):
    """How far normal distributions are from the standard normal one, averaged over the batch.

    Reference: Kingma and Welling 2014, "Auto-Encoding Variational Bayes" (arXiv:1312.6114), appendix B.

    Args:
        mean: Float `(B, Z)`.
        log_variance: Natural logarithms of the variances, float `(B, Z)`.

    Returns:
        Float32 scalar in nats per picture, at least 0.
    """
    mean, log_variance = ops.cast(mean, "float32"), ops.cast(log_variance, "float32")
    per_number = ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0
    return 0.5 * ops.mean(ops.sum(per_number, axis=-1))


def laplace_reconstruction(pictures, reconstructions, scale):
    """How improbable pictures are if each value is Laplace distributed around its reconstruction.

    Args:
        pictures: Float `(B, H, W, 3)`.
        reconstructions: Float `(B, H, W, 3)`.
        scale: Expected absolute error of a value, above 0.

    Returns:
        Float32 scalar in nats per picture: -log of the probability density, averaged over the batch.
    """
    errors = ops.abs(ops.cast(pictures, "float32") - ops.cast(reconstructions, "float32"))
    return ops.mean(ops.sum(errors / scale + math.log(2.0 * scale), axis=(1, 2, 3)))


def feature_distance(real_features, fake_features):
    """Squared distance of two pictures' features over the squared length of the first's, averaged over the batch.

    Reference: Larsen 2016, "Autoencoding beyond pixels using a learned similarity metric" (arXiv:1512.09300), eq. 7,
    made independent of the scale of the features, which changes as the discriminator learns.

    Args:
        real_features: Float `(B, h, w, C)`.
        fake_features: Float `(B, h, w, C)`.

    Returns:
        Float32 scalar, at least 0; 1 for features of 0.
    """
    real, fake = ops.cast(real_features, "float32"), ops.cast(fake_features, "float32")
    squared = ops.sum(ops.square(real - fake), axis=(1, 2, 3))
    return ops.mean(squared / (ops.sum(ops.square(real), axis=(1, 2, 3)) + 1e-8))


def projected_discriminator_loss(real_logits, fake_logits):
    """The hinge loss at each scale of a projected discriminator, summed over the scales.

    Reference: Sauer 2021, "Projected GANs Converge Faster" (arXiv:2111.01007), eq. 2 and section 4.

    Args:
        real_logits: Logits of patches of real pictures, float `(B, scales, …)`.
        fake_logits: Logits of patches of generated pictures, shaped alike.

    Returns:
        Float32 scalar, at least 0.
    """
    return real_logits.shape[1] * hinge_discriminator_loss(real_logits, fake_logits)


def projected_generator_loss(fake_logits):
    """The generator's side of `projected_discriminator_loss`.

    Args:
        fake_logits: Logits of patches of generated pictures, float `(B, scales, …)`.

    Returns:
        Float32 scalar, unbounded.
    """
    return fake_logits.shape[1] * wasserstein_generator_loss(fake_logits)


class Loss(NamedTuple):
    """The two sides of a GAN's loss.

    Attributes:
        generator: `(fake_logits)` to a scalar, or `(real_logits, fake_logits)` if the loss compares them.
        discriminator: `(real_logits, fake_logits)` to a scalar.
        boundary: Logit above which the discriminator calls a picture real; if it compares, by how much more than that
            of a generated one.
        realness: Logits to the probability that a picture is real, in 0..1, where learning by this loss makes that of
            them; else None.
        compares: Whether nothing but the difference of real and generated pictures' logits counts.
    """

    generator: Callable
    discriminator: Callable
    boundary: float = 0.0
    realness: Callable | None = None
    compares: bool = False

    def accuracy(self, real_logits, fake_logits) -> dict:
        """Shares of real and of generated pictures that the discriminator got right, `real_accuracy` and
        `fake_accuracy`, float32 scalars in 0..1."""
        if self.compares:
            real = fake = real_logits - fake_logits > self.boundary
        else:
            real, fake = real_logits > self.boundary, fake_logits < self.boundary
        return {
            "real_accuracy": ops.mean(ops.cast(real, "float32")),
            "fake_accuracy": ops.mean(ops.cast(fake, "float32")),
        }


LOSSES = {
    "non_saturating": Loss(
        non_saturating_generator_loss, cross_entropy_discriminator_loss, realness=lambda logits: ops.sigmoid(logits)
    ),
    "hinge": Loss(wasserstein_generator_loss, hinge_discriminator_loss),
    "least_squares": Loss(
        least_squares_generator_loss,
        least_squares_discriminator_loss,
        boundary=0.5,
        realness=lambda outputs: ops.clip(outputs, 0.0, 1.0),
    ),
    "wasserstein_gp": Loss(wasserstein_generator_loss, wasserstein_discriminator_loss),
    "relativistic": Loss(relativistic_generator_loss, relativistic_discriminator_loss, compares=True),
}

PROJECTED = Loss(projected_generator_loss, projected_discriminator_loss)  # of `training.gan.projected`
