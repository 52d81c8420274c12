"""A trained run becomes `saved_models/NAME/VERSION`, with its card (contract: `saved_models/README.md`)."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from datasets.errors import RequestError
from datasets.names import file_key, folder_name
from training.families import FAMILIES
from training.records.checksums import check_sums
from training.records.files import read_json, reason, write_text
from training.records.logs import CSV_NAME
from training.records.runs import AVERAGE, AVERAGE_NAME, BEST, Run, read_run
from training.saved.served import CARD, HIGHEST_VERSION, first_line, seal, versions_in


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Where to export to, and what the run itself does not know."""

    saved_models: Path
    model: str | None = None  # a key of the family's exports; None: its first
    name: str | None = None
    version: int | None = None
    which: str | None = None  # BEST or AVERAGE: the models of that folder of the run instead of the last ones
    description: str | None = None
    data_source: str = "not stated"
    data_license: str = "not stated"
    output_license: str = "not stated"
    hardware: str = "not stated"


def export_run(run: Path, options: ExportOptions) -> Path:
    """Exports the trained model of a finished run, or its best one even while it is under way.

    Args:
        run: A folder made by `training.loop.loop.train`, with `config.json`, `log.csv` and weights.
        options: Target and the card's facts.

    Returns:
        The new folder `saved_models/NAME/VERSION`; it appears whole, by one rename.

    Raises:
        RequestError: The run is unfinished or damaged or has no such model, the version exists already, or name or
            version are none that can be served.
        OSError: The SavedModel can't be written.
    """
    trained = _read(run, options.which)
    config = trained.config
    exports = FAMILIES[config["family"]].exports
    model = options.model or next(iter(exports))
    if model not in exports:
        raise RequestError(f"A {config['family']} has no {model} to export: choose {' or '.join(exports)}.")
    name = options.name or exports[model].name(config)
    _check_name(name, options.saved_models)
    existing = versions_in(options.saved_models / name)
    version = max(existing, default=0) + 1 if options.version is None else options.version
    if not 1 <= version <= HIGHEST_VERSION:
        raise RequestError(f"--version {version} can't be served: give a whole number from 1 to {HIGHEST_VERSION}.")
    if version in existing:
        raise RequestError(f"{existing[version]} exists already and a version never changes: choose another --version.")
    target = options.saved_models / name / str(version)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"{target.parent} can't be made a folder: {reason(error)}.") from None
    # A name that is no integer, so that a server polling the folder never loads it half written.
    partial = Path(tempfile.mkdtemp(prefix=f".{version}-partial-", dir=target.parent))
    try:
        entries = exports[model].write(run / (options.which or ""), config, partial)
        card = {
            "name": name,
            "version": version,
            "family": config["family"],
            **entries,
            **_training_facts(trained, options),
        }
        if options.description:
            card["description"] = options.description
        write_text(partial / CARD, json.dumps(card, indent=2, ensure_ascii=False) + "\n")
        seal(partial)
        partial.chmod(0o755)  # mkdtemp makes it private, a model server may be another user
        os.replace(partial, target)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, tf.errors.OpError):  # TensorFlow's writers raise it where others raise OSError
            raise OSError(f"{target} can't be written: {first_line(error)}.") from error
        raise
    return target


def _training_facts(run: Run, options: ExportOptions) -> dict:
    config, epoch = run.config, run.best_epoch if options.which == BEST else None
    last = next((row for row in run.rows if int(row["epoch"]) == epoch), run.rows[-1])
    return {
        "training_data": {
            "source": options.data_source,
            "license": options.data_license,
            "pictures": config["training_pictures"],
            "classes": config["classes"],
        },
        "recipe": config["recipe"] | {"batch_size": config["batch_size"]},
        **({"continued": config["continued"]} if "continued" in config else {}),
        **({"averaged_steps": _averaged(run.folder)} if options.which == AVERAGE else {}),
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


def _read(folder: Path, which: str | None) -> Run:
    """A run whose models are there, and whose files are as they were written."""
    run = read_run(folder)
    weights = folder / (which or "")
    if not any(weights.glob("*.weights.h5")):
        what, instead = {
            None: ("is not finished: ", ", or give --best"),
            BEST: ("has no best checkpoint: best/", ""),
            AVERAGE: ("has no average: average/", " --resume --average"),
        }[which]
        raise RequestError(f"{folder} {what}*.weights.h5 is missing. Go on with training.train{instead}.")
    check_sums(weights, [path.name for path in weights.glob("*.weights.h5")])
    if run.config["family"] not in FAMILIES:
        raise RequestError(f"{folder} is of the family {run.config['family']}, which there is not.")
    if not run.rows:
        raise RequestError(f"{folder / CSV_NAME} has no epoch: the training is not finished, or the file is damaged.")
    return run


def _averaged(folder: Path) -> list[int]:
    """Steps of the checkpoints that the average is of."""
    check_sums(folder / AVERAGE, [AVERAGE_NAME])
    return read_json(folder / AVERAGE / AVERAGE_NAME, "train with --resume --average, which writes it anew")["steps"]


def _check_name(name: str, saved_models: Path):
    """Raises `RequestError` for a name that leads out of the folder, that a server or gateway wouldn't take, or that
    some disks can't have, or not beside the others."""
    beside = sorted(path.name for path in saved_models.glob("*") if file_key(path.name) == file_key(name))
    if beside and name not in beside:
        raise RequestError(
            f"{name} and {beside[0]} are one folder on disks that don't tell capitals apart: choose one."
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", name, re.ASCII) or folder_name(name) != name:
        raise RequestError(
            f"{name!r} can't be the name of a model: give a --name of at most 128 letters, digits, _ and -, the first "
            "of which is a letter or digit, and which is no device of Windows such as nul."
        )
