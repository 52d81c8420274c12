"""The one GAN trainer with objectives that no family has: several critics, more inputs, a loss that compares."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from training.engine import draws
from training.families.dcgan.recipe import RECIPES
from training.gan.losses import LOSSES, Loss
from training.gan.objective import Critic, Objective, constant
from training.gan.recipes import GANRecipe
from training.gan.trainer import GANTrainer, slope_of
from training.measure.quality import SampleQuality

PICTURES = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 3)).astype(np.float32)
LABELS = np.ones((4, 1), np.float32)
BRIGHTNESS = np.float32([[0.1], [0.2], [0.3], [0.4]])
RECIPE = GANRecipe(
    generator_learning_rate=0.01,
    discriminator_learning_rate=0.02,
    beta_1=0.0,
    beta_2=0.99,
    schedule="constant",
    clip_norm=0.0,
    augment_probability=0.0,
    flip=False,
    r1_gamma=0.1,
    r1_every=4,
    ema_decay=0.9,
)


def generator() -> keras.Model:
    latent = keras.Input((5,), name="latent")
    x = keras.layers.Dense(8 * 8 * 3, activation="tanh")(latent)
    return keras.Model(latent, keras.layers.Reshape((8, 8, 3))(x), name="generator")


def critic(name: str, patches: bool = False) -> keras.Model:
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 4, strides=4)(image)
    x = keras.layers.Conv2D(1, 1)(x) if patches else keras.layers.Dense(1)(keras.layers.Flatten()(x))
    return keras.Model(image, x, name=name)


class TwoCritics(Objective):
    """One critic learns by a loss of its own, the other judges patches and counts more from step to step; pictures are
    brightened as each batch says."""

    extras = ("brightness",)

    def __init__(self):
        self.networks = {"generator": generator()}
        self.recipe, self.total_steps = RECIPE, 10
        self.seen = []
        own = Loss(lambda fake: ops.mean(ops.abs(1.0 - fake)), lambda real, fake: ops.mean(ops.abs(fake - real)))
        self.critics = [
            Critic("discriminator", critic("discriminator"), self.judge, own, 0.02, r1_gamma=constant(0.1)),
            Critic(
                "patches", critic("patches", True), self.judge_patches, LOSSES["hinge"], 0.01, weight=self.weight,
                penalty_every=2, r2_gamma=constant(0.1),
            ),
        ]  # fmt: skip

    def weight(self, step):
        return 0.5 * ops.cast(step, "float32")

    def judge(self, images, given):
        self.seen.append(given)
        return self.critics[0].network(images, training=True), None

    def judge_patches(self, images, given):
        return self.critics[1].network(images, training=True), ops.mean(ops.square(images)) * 0.0

    def draw(self, images, given, random):
        latent = draws.normal((images.shape[0], 5), seed=random)
        brightness = ops.reshape(given.extras["brightness"], (-1, 1, 1, 1))
        return self.generator(latent, training=True) + brightness, {"dim": ops.mean(brightness)}


def trained(objective: Objective, steps: int = 1, **extras) -> tuple[GANTrainer, list[dict[str, float]]]:
    trainer = GANTrainer(objective, 0, SampleQuality(np.zeros((4, 8, 8, 3), np.uint8)))
    batch = [ops.convert_to_tensor(values) for values in (PICTURES, LABELS)]
    history = [trainer.step(*batch, index, extras) for index in range(steps)]
    return trainer, [{name: float(value) for name, value in metrics.items()} for metrics in history]


def test_several_critics_learn_by_their_own_losses_and_are_kept():
    objective = TwoCritics()
    before = {one.name: one.network.get_weights() for one in objective.critics}
    trainer, history = trained(objective, 2, brightness=BRIGHTNESS)
    assert set(history[0]) == {
        *("discriminator_loss", "real_accuracy", "fake_accuracy", "generator_loss", "dim"),
        *("patches_loss", "patches_real_accuracy", "patches_fake_accuracy"),
    }
    assert history[0]["dim"] == pytest.approx(0.25)
    for one in objective.critics:
        assert any((old != new).any() for old, new in zip(before[one.name], one.network.get_weights(), strict=True))
    assert set(trainer.models) == {"generator", "discriminator", "patches"}
    assert {name.split("/")[0] for name in trainer.state} == {
        *("generator", "discriminator", "patches", "ema", "random"),
        *("generator_optimizer", "discriminator_optimizer", "patches_optimizer"),
    }
    assert trainer.facts["patches_parameters"] == objective.critics[1].network.count_params()


def test_inputs_of_a_batch_reach_all_that_look_at_its_pictures(eagerly):
    objective = TwoCritics()
    trained(objective, brightness=BRIGHTNESS)
    both, *others = [np.asarray(given.extras["brightness"]) for given in objective.seen]
    np.testing.assert_array_equal(both, np.concatenate([BRIGHTNESS, BRIGHTNESS]))
    assert others
    for one in others:
        np.testing.assert_array_equal(one, BRIGHTNESS)


def test_critics_count_as_their_weights_say():
    trainer, _ = trained(TwoCritics(), 1, brightness=BRIGHTNESS)
    fakes, given = PICTURES[::-1].copy(), trainer.given(LABELS, [BRIGHTNESS])
    objective = trainer.objective
    one, other = (critic.loss.generator(critic.judge(fakes, given)[0]) for critic in objective.critics)
    total = trainer._generator_loss(PICTURES, fakes, {}, given)
    assert float(total) == pytest.approx(float(one) + 0.5 * float(other), rel=1e-5)  # after the first step


@pytest.mark.parametrize(("index", "penalized"), [(0, True), (1, False), (2, True)])
def test_penalties_come_as_often_as_the_critic_says(index, penalized, monkeypatch):
    trainer, _ = trained(TwoCritics(), 0)
    asked = []
    monkeypatch.setattr(trainer, "_compiled_step", lambda *inputs, penalized: asked.append(penalized))
    trainer.step(PICTURES, LABELS, index, {"brightness": BRIGHTNESS})
    assert asked == [(True, penalized)]  # the first critic's in each step


def test_slopes_of_patches_do_not_grow_with_their_number():
    objective = TwoCritics()
    trainer, _ = trained(objective, 0)
    given = trainer.given(LABELS, [BRIGHTNESS])
    patches = objective.critics[1]._replace(judge=lambda images, given: (patch_mean(images), None))

    def patch_mean(images):
        return ops.reshape(ops.mean(ops.reshape(images, (-1, 2, 4, 2, 4, 3)), axis=(2, 4, 5)), (-1, 2, 2, 1))

    whole = objective.critics[0]._replace(judge=lambda images, given: (ops.mean(images, axis=(1, 2, 3))[:, None], None))
    pictures = ops.convert_to_tensor(PICTURES)
    slopes = [np.asarray(slope_of(one, pictures, given)) for one in (patches, whole)]
    np.testing.assert_allclose(slopes[0], 4 / 2 * slopes[1], rtol=1e-5)


def test_a_penalty_at_generated_pictures_is_part_of_the_loss(eagerly):
    def loss(gamma: float) -> float:
        keras.utils.set_random_seed(0)
        objective = Objective(generator(), critic("discriminator"), RECIPES["stable"], 10)
        objective.critics = [objective.critics[0]._replace(r1_gamma=None, r2_gamma=constant(gamma))]
        return trained(objective)[1][0]["discriminator_loss"]

    assert loss(100.0) > loss(0.0) + 0.01


def test_a_loss_that_compares_trains_both_sides():
    keras.utils.set_random_seed(0)
    objective = Objective(generator(), critic("discriminator"), relativistic := RECIPES["stable"], 10)
    objective.critics = [objective.critics[0]._replace(loss=LOSSES["relativistic"])]
    assert relativistic.loss == "non_saturating"
    before = objective.generator.get_weights()
    _, history = trained(objective, 3)
    assert all(np.isfinite(value) for metrics in history for value in metrics.values())
    assert all(metrics["real_accuracy"] == metrics["fake_accuracy"] for metrics in history)
    assert any((old != new).any() for old, new in zip(before, objective.generator.get_weights(), strict=True))
