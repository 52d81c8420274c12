"""Writes a trained run as a SavedModel with its card and warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from training.families import FAMILIES
from training.files import write_text
from training.logs import read_log
from training.served import CARD
from training.warmup import write_warmup_records

WARMUP_BATCH_SIZES = (1, 2, 4, 8, 16, 32)


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Where to export to, and what the run itself does not know."""

    saved_models: Path
    name: str | None = None
    version: int | None = None
    best: bool = False  # the models of the best checkpoint instead of the last ones
    description: str | None = None
    data_source: str = "not stated"
    data_license: str = "not stated"
    output_license: str = "not stated"
    hardware: str = "not stated"


def export_run(run: Path, options: ExportOptions) -> Path:
    """Exports the trained model of a finished run.

    Args:
        run: A folder made by `training.loop.train`, with `config.json`, `log.csv` and weights.
        options: Target and the card's facts.

    Returns:
        The new folder `saved_models/NAME/VERSION`; it appears whole, by one rename.

    Raises:
        ValueError: The run is unfinished, or the version exists already.
    """
    config = _read_config(run)
    family = FAMILIES[config["family"]]
    name = options.name or family.name(config)
    version = options.version or _next_version(options.saved_models / name)
    target = options.saved_models / name / str(version)
    if target.exists():
        raise ValueError(f"{target} exists already and a version never changes: choose another --version.")
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name that is no integer, so that a server polling the folder never loads it half written.
    partial = Path(tempfile.mkdtemp(prefix=f".{version}-partial-", dir=target.parent))
    try:
        entries = family.export(run / "best" if options.best else run, config, partial)
        card = {"name": name, "version": version, **entries, **_training_facts(config, read_log(run), options)}
        if options.description:
            card["description"] = options.description
        write_text(partial / CARD, json.dumps(card, indent=2, ensure_ascii=False) + "\n")
        partial.chmod(0o755)  # mkdtemp makes it private, a model server may be another user
        os.replace(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target


def save_generator(generator: keras.Model, folder: Path):
    """Saves signature `generate` (also `serving_default`): latent f32 [B, Z] to image u8 [B, H, W, 3].

    Args:
        generator: Model from latents `(B, Z)` to pictures in [-1, 1].
        folder: Gets the SavedModel and `assets.extra/tf_serving_warmup_requests`.
    """
    latent_size = generator.input_shape[-1]
    module = tf.Module()
    module.variables_of_generator = [variable.value for variable in generator.variables]

    @tf.function(input_signature=[tf.TensorSpec([None, latent_size], tf.float32, name="latent")])
    def generate(latent):
        image = ops.round((generator(latent, training=False) + 1.0) * 127.5)
        return {"image": ops.cast(ops.clip(image, 0, 255), "uint8")}

    signatures = {"serving_default": generate, "generate": generate}
    tf.saved_model.save(module, str(folder), signatures=signatures)
    random = np.random.default_rng(0)
    requests = [
        {"latent": random.standard_normal((batch, latent_size), dtype=np.float32)} for batch in WARMUP_BATCH_SIZES
    ]
    write_warmup_records(folder, "generate", requests)
    _check_loads(folder, generator)


def _training_facts(config: dict, log: list[dict], options: ExportOptions) -> dict:
    last = log[-1]
    return {
        "training_data": {
            "source": options.data_source,
            "license": options.data_license,
            "pictures": config["training_pictures"],
            "classes": config["classes"],
        },
        "recipe": config["recipe"] | {"batch_size": config["batch_size"]},
        "seed": config["seed"],
        "images_seen": int(last["images_seen"]),
        "wall_time_s": float(last["training_seconds"]),
        "hardware": options.hardware,
        "metrics": {},
        "tensorflow": tf.__version__,
        "keras": keras.version(),
        "output_license": options.output_license,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _read_config(run: Path) -> dict:
    for needed in ("config.json", "log.csv", "*.weights.h5"):
        if not any(run.glob(needed)):
            raise ValueError(f"{run} is not a finished training: {needed} is missing. Finish it with training.train.")
    return json.loads((run / "config.json").read_text(encoding="utf-8"))


def _next_version(folder: Path) -> int:
    versions = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
    return max(versions, default=0) + 1


def _check_loads(folder: Path, generator: keras.Model):
    """Loads what was written and compares one picture with the Keras model's."""
    latent = np.random.default_rng(1).standard_normal((1, generator.input_shape[-1]), dtype=np.float32)
    image = tf.saved_model.load(str(folder)).signatures["generate"](latent=tf.constant(latent))["image"].numpy()
    expected = (ops.convert_to_numpy(generator(latent, training=False)) + 1.0) * 127.5
    worst = np.abs(image - expected).max()
    if not worst <= 1.0:  # also catches NaN
        raise ValueError(f"The exported model differs from the trained one by {worst:.1f} of 255 levels: not exported.")
