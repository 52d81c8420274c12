"""GAN losses as pure functions of discriminator logits; each returns a float32 scalar to minimize."""

from __future__ import annotations

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


def r1_penalty(real_gradients, gamma):
    """Squared gradient of the discriminator at real pictures, times gamma / 2.

    Reference: Mescheder 2018, "Which Training Methods for GANs do actually Converge?" (arXiv:1801.04406), eq. 9.

    Args:
        real_gradients: d(sum of logits) / d(pictures), float `(B, H, W, 3)`.
        gamma: Weight, at least 0; it grows with the number of pixels.

    Returns:
        Float32 scalar, at least 0.
    """
    squared = ops.square(ops.cast(real_gradients, "float32"))
    return 0.5 * gamma * ops.mean(ops.sum(squared, axis=(1, 2, 3)))
