"""One step of a CycleGAN: two generators translate to and fro, two discriminators learn from a pool of translations."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from training import engine
from training.contract.trainer import Preview, named_variables
from training.engine import draws
from training.families.cyclegan.picture_pool import PicturePool
from training.families.cyclegan.recipe import CycleGANRecipe
from training.families.cyclegan.schedules import HoldThenFall, value_at
from training.gan import losses
from training.gan.augment import random_flip
from training.gan.ema import ExponentialMovingAverage
from training.measure.quality import SampleQuality
from training.records.grids import from_uint8, tile, to_uint8

PREVIEW_SIDE = 1024  # pixels

_LOSSES = {"lsgan": losses.LOSSES["least_squares"], "wgan-gp": losses.LOSSES["wasserstein_gp"]}


class Networks(NamedTuple):
    """The four networks of a CycleGAN between domains A and B.

    Attributes:
        generator_ab: Pictures of A, `(B, H, W, 3)` in [-1, 1], to pictures of B.
        generator_ba: Pictures of B to pictures of A.
        discriminator_a: Pictures to logits, one or several each, large for real pictures of A.
        discriminator_b: As `discriminator_a`, for B.
    """

    generator_ab: keras.Model
    generator_ba: keras.Model
    discriminator_a: keras.Model
    discriminator_b: keras.Model


class CycleGANTrainer:
    """Holds everything that a training changes, and changes it one step at a time.

    Reference: Zhu 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
    (arXiv:1703.10593).

    Args:
        networks: What to train.
        recipe: Losses, optimizers and regularization.
        total_steps: Steps of the whole run, over which schedules stretch.
        seed: Of flips, and of what the pools trade.
        held: Pictures of A and of B that training never sees, uint8 `(N, H, W, 3)` each, for previews.
        real: Pictures of A and of B that previews are compared with, likewise.
    """

    def __init__(
        self,
        networks: Networks,
        recipe: CycleGANRecipe,
        total_steps: int,
        seed: int,
        held: tuple[np.ndarray, np.ndarray],
        real: tuple[np.ndarray, np.ndarray],
    ):
        self.networks = networks
        self.recipe = recipe
        self.total_steps = total_steps
        self.random = keras.random.SeedGenerator(seed)
        self.loss = _LOSSES[recipe.loss]
        generators, judges = networks[:2], networks[2:]
        self.averages = [ExponentialMovingAverage(g, recipe.ema_decay) for g in generators] if recipe.ema_decay else []
        shape = networks.generator_ab.input_shape[1:]
        self.pools = [PicturePool(recipe.pool, shape, f"pool_{domain}") for domain in "ab"] if recipe.pool else []
        self._generator_variables = [v for model in generators for v in model.trainable_variables]
        self._discriminator_variables = [v for model in judges for v in model.trainable_variables]
        self.generator_optimizer = _optimizer(recipe, total_steps, self._generator_variables)
        self.discriminator_optimizer = _optimizer(recipe, total_steps, self._discriminator_variables)
        self._held = [from_uint8(pictures) for pictures in held]
        self._quality = [SampleQuality(_spread(r, len(h))) for r, h in zip(real, reversed(held), strict=True)]
        self._compiled_step = engine.compile_step(self._step, lambda: list(self.state.values()))
        there, back = self.translators
        self._compiled_cycle = [
            engine.compile_function(_cycle(*pair), lambda: [*there.variables, *back.variables])
            for pair in ((there, back), (back, there))
        ]

    @property
    def translators(self) -> tuple[keras.Model, keras.Model]:
        """The generators to export, from A to B and from B to A: the averaged ones where the recipe averages."""
        there, back = (average.model for average in self.averages) if self.averages else self.networks[:2]
        return there, back

    @property
    def models(self) -> dict[str, keras.Model]:
        there, back = self.translators
        return self.networks._replace(generator_ab=there, generator_ba=back)._asdict()

    @property
    def facts(self) -> dict[str, int]:
        return {
            "generator_parameters": self.networks.generator_ab.count_params(),
            "discriminator_parameters": self.networks.discriminator_a.count_params(),
        }

    @property
    def state(self) -> dict[str, keras.Variable]:
        holders = {name: model.variables for name, model in self.networks._asdict().items()}
        holders |= {
            "generator_optimizer": self.generator_optimizer.variables,
            "discriminator_optimizer": self.discriminator_optimizer.variables,
            "random": [self.random.state],
        }
        for domain, pool in zip("ab", self.pools, strict=False):
            holders[f"pool_{domain}"] = pool.variables
        for direction, average in zip(("ab", "ba"), self.averages, strict=False):
            holders[f"ema_{direction}"] = average.variables
        return named_variables(holders)

    def step(self, images, labels, index: int) -> dict:
        """Updates generators, discriminators and averages by one batch, whose rows alternate A, B, A, B, …

        Returns:
            Float32 scalar tensors, on JAX perhaps still being computed, each a sum over both directions or a mean of
            both domains: `generator_loss` (adversarial, unweighted), `cycle_loss` and `identity_loss` (mean absolute
            difference, pictures from -1 to 1; 0 while it has no weight), `discriminator_loss`, and the mean logits
            `real_logit` and `fake_logit`.
        """
        recipe = self.recipe
        cycle, identity, clip = (
            value_at(index, self.total_steps, *schedule)
            for schedule in (recipe.cycle_schedule, recipe.identity_schedule, recipe.clip_schedule)
        )
        weights = np.array([cycle, identity, clip], np.float32)
        return self._compiled_step(images, weights, with_identity=identity > 0)

    def preview(self) -> Preview:
        """Held-out pictures of A, their translations, and those translated back, a row each; then the same of B.

        Scored by how far translations are from real pictures of their domain: sliced Wasserstein distance, the mean of
        both directions. Measures it (`ab_` and `ba_`), and `held_cycle_loss` as in `step`.
        """
        width = self.networks.generator_ab.input_shape[2]
        columns = max(1, min(8, PREVIEW_SIDE // width, *map(len, self._held)))
        rows, measures, cycle_losses = [], {}, []
        for direction, quality in zip((0, 1), reversed(self._quality), strict=True):
            held = self._held[direction]
            translated, restored = map(ops.convert_to_numpy, self._compiled_cycle[direction](held))
            name = f"{('ab', 'ba')[direction]}_sliced_wasserstein"
            measures[name] = quality.measure(to_uint8(translated))["sliced_wasserstein"]
            cycle_losses.append(np.abs(restored - held).mean())
            rows += [to_uint8(_spread(pictures, columns)) for pictures in (held, translated, restored)]
        score = float(np.mean(list(measures.values())))
        measures["held_cycle_loss"] = float(np.sum(cycle_losses))
        return Preview(tile(np.concatenate(rows), columns), measures, score)

    def _step(self, images, weights, with_identity):
        real = [images[0::2], images[1::2]]
        if self.recipe.flip:
            real = [random_flip(pictures, self.random) for pictures in real]
        cycle_weight, identity_weight, clip_norm = weights[0], weights[1], weights[2]

        def loss():
            fakes, metrics = self._generator_losses(*real, with_identity)
            total = metrics["generator_loss"] + cycle_weight * metrics["cycle_loss"]
            return total + identity_weight * metrics["identity_loss"], (fakes, metrics)

        _, (fakes, metrics), gradients = engine.loss_and_gradients(loss, self._generator_variables)
        self._apply(self.generator_optimizer, gradients, self._generator_variables, clip_norm)
        for average in self.averages:
            average.update(self.generator_optimizer.iterations)
        fakes = [ops.stop_gradient(pictures) for pictures in fakes]
        if self.pools:
            fakes = [pool.trade(pictures, self.random) for pool, pictures in zip(self.pools, fakes, strict=True)]
        return metrics | self._discriminator_step(real, fakes, clip_norm)

    def _generator_losses(self, a, b, with_identity):
        """The translations `[to A, to B]`, and the generators' losses by name."""
        generator_ab, generator_ba, discriminator_a, discriminator_b = self.networks
        identity_loss = ops.zeros(())
        if with_identity:  # in one pass with the translations
            count = a.shape[0]
            to_b = generator_ab(ops.concatenate([a, b]), training=True)
            to_a = generator_ba(ops.concatenate([b, a]), training=True)
            fake_b, fake_a = to_b[:count], to_a[:count]
            identity_loss = _difference(to_b[count:], b) + _difference(to_a[count:], a)
        else:
            fake_b, fake_a = generator_ab(a, training=True), generator_ba(b, training=True)
        cycle_loss = _difference(generator_ba(fake_b, training=True), a) + _difference(
            generator_ab(fake_a, training=True), b
        )
        generator_loss = self.loss.generator(discriminator_a(fake_a, training=True))
        generator_loss += self.loss.generator(discriminator_b(fake_b, training=True))
        metrics = {"generator_loss": generator_loss, "cycle_loss": cycle_loss, "identity_loss": identity_loss}
        return (fake_a, fake_b), metrics

    def _discriminator_step(self, real, fakes, clip_norm):
        def loss():
            totals, logits = [], []
            for judge, real_pictures, fake_pictures in zip(self.networks[2:], real, fakes, strict=True):
                count = real_pictures.shape[0]
                both = judge(ops.concatenate([real_pictures, fake_pictures]), training=True)
                totals.append(self.loss.discriminator(both[:count], both[count:]))
                logits.append([ops.mean(both[:count]), ops.mean(both[count:])])
                if self.recipe.gradient_penalty:
                    slope = self._slope(judge, real_pictures, fake_pictures)
                    totals.append(self.recipe.gradient_penalty * losses.gradient_penalty(slope))
            return sum(totals), ops.mean(ops.array(logits), axis=0)

        total, logits, gradients = engine.loss_and_gradients(loss, self._discriminator_variables)
        self._apply(self.discriminator_optimizer, gradients, self._discriminator_variables, clip_norm)
        return {"discriminator_loss": total, "real_logit": logits[0], "fake_logit": logits[1]}

    def _slope(self, judge, real, fakes):
        """Gradient of each picture's mean logit, between real and fake pictures; itself differentiable."""
        share = draws.uniform((real.shape[0], 1, 1, 1), seed=self.random)
        mixed = share * real + (1.0 - share) * fakes

        def scores(x):
            return ops.sum(ops.mean(judge(x, training=True), axis=(1, 2, 3)))

        return engine.input_gradient(scores, mixed)[1]

    def _apply(self, optimizer, gradients, variables, clip_norm):
        if self.recipe.clip_norm:
            norm = ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in gradients))
            gradients = [gradient * ops.minimum(1.0, clip_norm / (norm + 1e-12)) for gradient in gradients]
        optimizer.apply(gradients, variables)


def _difference(pictures, others):
    return ops.mean(ops.abs(pictures - others))


def _cycle(there: keras.Model, back: keras.Model):
    def translate(images):
        translated = there(images, training=False)
        return translated, back(translated, training=False)

    return translate


def _spread(pictures: np.ndarray, count: int) -> np.ndarray:
    """At most so many of them, evenly chosen: neighbors of a data set look alike."""
    count = min(count, len(pictures))
    return pictures[np.linspace(0, len(pictures) - 1, count).round().astype(int)]


def _optimizer(recipe: CycleGANRecipe, total_steps: int, variables) -> keras.optimizers.Optimizer:
    rate = HoldThenFall(recipe.learning_rate, total_steps, recipe.learning_rate_held)
    optimizer = engine.Adam(rate, beta_1=recipe.beta_1)
    optimizer.build(variables)
    return optimizer
