"""A family whose models are one dense layer: what the loop does with any of them, in milliseconds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np
from keras import ops

from training.contract.family import Export, Family
from training.contract.trainer import Preview


@dataclasses.dataclass(frozen=True)
class TinyRecipe:
    learning_rate: float = 0.1
    width: float = 1.0
    filters: int = 2
    loss: str = "squared"
    flip: bool = True
    init_from: Path | None = None
    plan: Path | None = None


class TinyTrainer:
    """Moves a weight by the mean of the batch, so that each picture shown leaves its trace."""

    def __init__(self, recipe: TinyRecipe, classes: int):
        image = keras.Input((3,), name="image")
        outputs = keras.layers.Dense(classes * round(recipe.filters * recipe.width), kernel_initializer="ones")(image)
        self._model = keras.Model(image, outputs)
        self._rate = recipe.learning_rate
        self._kernel = self._model.variables[0]
        self.state = {f"generator/{i}": variable for i, variable in enumerate(self._model.variables)}
        self.models = {"generator": self._model}
        self.facts = {"generator_parameters": self._model.count_params()}

    def step(self, images, labels, index: int) -> dict:
        mean = ops.mean(images) + index
        self._kernel.assign(self._kernel * (1 - self._rate) + self._rate * mean)
        return {"generator_loss": mean}

    def preview(self) -> Preview:
        score = float(ops.mean(self._kernel))
        return Preview(np.zeros((8, 8, 3), np.uint8), {"sliced_wasserstein": score}, -score)


def _export(run: Path, config, folder: Path) -> dict:
    (folder / "saved_model.pb").write_bytes((run / "generator.weights.h5").read_bytes())
    return {"task": "generate", "image_size": {"width": config["size"], "height": config["size"]}, "description": "."}


TINY = Family(
    name="tiny",
    help="for tests",
    recipes={"usual": TinyRecipe(), "eager": TinyRecipe(learning_rate=0.5)},
    choices={},
    build=lambda config, recipe, pictures, total_steps: TinyTrainer(recipe, len(pictures.class_names)),
    exports={"generator": Export(_export, lambda config: f"tiny_{config['size']}")},
    batch_size=4,
)
