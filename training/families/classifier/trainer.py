"""One step of a classifier: varied pictures to their classes, and pictures of nothing to no class in particular."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
from keras import ops

from datasets.errors import RequestError
from datasets.pictures import Pictures
from training import engine
from training.contract.recipes import check_ranges
from training.contract.trainer import Preview, named_variables
from training.families.classifier.augment import no_planets, vary
from training.families.classifier.calibration import softmax
from training.records.grids import from_uint8, tile, to_uint8

PREVIEW_ROWS = 8  # pictures per class
_FRAME = 2  # pixels
_RIGHT, _WRONG = (40, 160, 60), (230, 30, 30)


@dataclasses.dataclass(frozen=True)
class ClassifierRecipe:
    """Hyperparameters of a classifier's training."""

    learning_rate: float  # of Adam at the start, falling to 0 along a cosine
    weight_decay: float  # share of a weight lost per step, times the learning rate
    outlier_share: float  # pictures of nothing per picture of the batch, at least two of them; 0 turns them off
    outlier_weight: float  # of their loss

    def __post_init__(self):
        check_ranges(
            self,
            shares=("outlier_share",),
            positive=("learning_rate",),
            at_least_0=("weight_decay", "outlier_weight"),
        )


RECIPES = {
    "robust": ClassifierRecipe(
        learning_rate=0.001,
        weight_decay=0.02,
        outlier_share=0.125,
        outlier_weight=0.5,
    ),
}


class ClassifierTrainer:
    """Holds everything that a training changes, and changes it one step at a time.

    Args:
        classifier: Model from pictures `(B, H, W, 3)` in [-1, 1] to logits `(B, C)`, with a layer `features`.
        recipe: Hyperparameters.
        held: Pictures that training never sees, for previews.
        total_steps: Steps over which the learning rate falls.
        seed: Of everything that is drawn.
    """

    def __init__(self, classifier: keras.Model, recipe: ClassifierRecipe, held: Pictures, total_steps: int, seed: int):
        self.classifier = classifier
        self.recipe = recipe
        self.random = keras.random.SeedGenerator(seed)
        schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, total_steps)
        self.optimizer = engine.Adam(schedule, weight_decay=recipe.weight_decay or None)
        self.optimizer.build(classifier.trainable_variables)
        self._held_kinds = held.kinds
        self._held = from_uint8(held.images)
        self._held_varied = ops.convert_to_numpy(vary(self._held, keras.random.SeedGenerator(0)))
        self._shown = _first_of_each_class(held.kinds)
        self._compiled_step = engine.compile_step(self._step, lambda: list(self.state.values()))
        self._compiled_logits = engine.compile_function(
            lambda images: self.classifier(images, training=False), lambda: self.classifier.variables
        )

    @property
    def models(self) -> dict[str, keras.Model]:
        return {"classifier": self.classifier}

    @property
    def facts(self) -> dict[str, int]:
        return {
            "classifier_parameters": self.classifier.count_params(),
            "features": self.classifier.get_layer("features").output.shape[-1],
        }

    @property
    def state(self) -> dict[str, keras.Variable]:
        holders = {
            "classifier": self.classifier.variables,
            "optimizer": self.optimizer.variables,
            "random": [self.random.state],
        }
        return named_variables(holders)

    def step(self, images, labels, index: int) -> dict:
        """Updates the classifier by one batch.

        Returns:
            Float32 scalar tensors, on JAX perhaps still being computed: `loss` and, of it, `outlier_loss` (nats), and
            `accuracy` on the varied pictures, in 0..1.
        """
        return self._compiled_step(images, labels)

    def preview(self) -> Preview:
        """Varied held-out pictures, a column per class, framed green where recognized and red where not.

        Scored by their cross-entropy. Measures accuracies and cross-entropies (nats) on held-out pictures as they are
        (`held_`) and varied (`varied_`).
        """
        measures = {}
        for name, images in (("held", self._held), ("varied", self._held_varied)):
            logits = ops.convert_to_numpy(self._compiled_logits(images))
            chosen = softmax(logits)[np.arange(len(logits)), self._held_kinds]
            right = logits.argmax(axis=1) == self._held_kinds
            measures[f"{name}_accuracy"] = float(right.mean())
            measures[f"{name}_loss"] = -float(np.log(np.maximum(chosen, 1e-12)).mean())
        framed = _framed(to_uint8(self._held_varied[self._shown]), right[self._shown])
        return Preview(tile(framed, len(np.unique(self._held_kinds))), measures, measures["varied_loss"])

    def _step(self, images, labels):
        batch = images.shape[0]
        outliers = _outliers(batch, self.recipe.outlier_share)
        seen = vary(images, self.random)
        if outliers:
            seen = ops.concatenate([seen, no_planets(images[:outliers], self.random)])
        targets = labels / ops.sum(labels, axis=-1, keepdims=True)

        def loss():
            log_shares = ops.log_softmax(self.classifier(seen, training=True))
            known = -ops.mean(ops.sum(targets * log_shares[:batch], axis=-1))
            unknown = -ops.mean(log_shares[batch:]) if outliers else ops.zeros(())
            return known + self.recipe.outlier_weight * unknown, (log_shares[:batch], unknown)

        variables = self.classifier.trainable_variables
        total, (log_shares, unknown), gradients = engine.loss_and_gradients(loss, variables)
        self.optimizer.apply(gradients, variables)
        right = ops.equal(ops.argmax(log_shares, axis=-1), ops.argmax(labels, axis=-1))
        return {"loss": total, "outlier_loss": unknown, "accuracy": ops.mean(ops.cast(right, "float32"))}


def _outliers(batch: int, share: float) -> int:
    """An even number of pictures of nothing: 0 where they are turned off, else 2 or more."""
    if share and batch < 2:
        raise RequestError(
            "Batches of 1 picture leave none to make outliers of: give --batch-size 2, or outlier_share 0."
        )
    return 2 * min(batch // 2, max(1, round(batch * share / 2))) if share else 0


def _first_of_each_class(kinds: np.ndarray) -> np.ndarray:
    """Indices of equally many pictures per class, at most `PREVIEW_ROWS`, class by class within each row."""
    members = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    rows = min(PREVIEW_ROWS, *(len(one) for one in members))
    return np.stack([one[:rows] for one in members], axis=1).ravel()


def _framed(images: np.ndarray, right: np.ndarray) -> np.ndarray:
    """uint8 `(N, H, W, 3)` to `(N, H + 4, W + 4, 3)`."""
    colors = np.where(right[:, None], _RIGHT, _WRONG).astype(np.uint8)[:, None, None]
    count, height, width, channels = images.shape
    framed = np.broadcast_to(colors, (count, height + 2 * _FRAME, width + 2 * _FRAME, channels)).copy()
    framed[:, _FRAME:-_FRAME, _FRAME:-_FRAME] = images
    return framed
