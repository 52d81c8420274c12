"""The first project's training step, as a `keras.Model`."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops

from training.families.dcgan.networks import LATENT_SIZE, build_discriminator, build_generator


class OriginalGAN(keras.Model):
    """Trains the discriminator, then the generator, each with pictures drawn for it.

    Args:
        variant: Architecture, a key of `training.families.dcgan.networks.VARIANTS`.
        size: Side of the pictures in pixels.
    """

    def __init__(self, variant: str, size: int):
        super().__init__()
        self.generator = build_generator(variant, size)
        self.discriminator = build_discriminator(variant, size)
        self.generator_optimizer = keras.optimizers.Adam(0.003, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(0.001, beta_1=0.5)
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def train_step(self, images):
        count = images.shape[0]
        ones, zeros = ops.ones((count, 1)), ops.zeros((count, 1))
        fakes = self.generator(keras.random.normal((count, LATENT_SIZE)), training=True)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(images, training=True)
            fake_logits = self.discriminator(fakes, training=True)
            noisy = ones + keras.random.uniform((count, 1), 0.0, 0.05)
            discriminator_loss = self.cross_entropy(noisy, real_logits) + self.cross_entropy(zeros, fake_logits)
        weights = self.discriminator.trainable_weights
        self.discriminator_optimizer.apply(tape.gradient(discriminator_loss, weights), weights)
        with tf.GradientTape() as tape:
            fakes = self.generator(keras.random.normal((count, LATENT_SIZE)), training=True)
            generator_loss = self.cross_entropy(ones, self.discriminator(fakes, training=True))
        weights = self.generator.trainable_weights
        self.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
        return {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}
