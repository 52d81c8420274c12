"""`python -m tests.training.engine.step_one FOLDER FAMILY...`: first steps on this backend, as JSON by family.

The state before each step is read from the folder, or written to it if it isn't there. What is random differs from
backend to backend, so nothing is but the latents, which are given.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from keras import ops

from tests.training.tiny_trainers import build_trainer, draw_pictures
from training.engine import draws
from training.records.grids import from_uint8

BATCH_SIZE = 8


def first_step(family: str, state: Path) -> dict[str, float]:
    """Metrics of the first step, R1 penalty included, and the mean absolute change it made to the generator."""
    pictures = draw_pictures(16, count=BATCH_SIZE)
    changes = {"augment_probability": 0.0, "flip": False, "width": 0.1}
    trainer = build_trainer(family, pictures, total_steps=1, **changes)
    variables = {name: variable for name, variable in trainer.state.items() if not name.startswith("random")}
    if state.exists():
        with np.load(state) as saved:
            for name, variable in variables.items():
                variable.assign(saved[name])
    else:
        np.savez(state, **{name: np.asarray(variable) for name, variable in variables.items()})
    before = trainer.generator.get_weights()
    metrics = trainer.step(from_uint8(pictures.images), pictures.labels, 0)
    changes = [np.abs(new - old).mean() for new, old in zip(trainer.generator.get_weights(), before, strict=True)]
    return {name: float(value) for name, value in metrics.items()} | {"change": float(np.mean(changes))}


if __name__ == "__main__":
    latent = np.random.default_rng(0).standard_normal((BATCH_SIZE, 1024), dtype=np.float32)
    draws.normal = lambda shape, seed: ops.convert_to_tensor(latent[:, : shape[1]])
    folder, *families = sys.argv[1:]
    print(json.dumps({family: first_step(family, Path(folder, f"{family}.npz")) for family in families}))
