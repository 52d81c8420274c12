"""How well a trained classifier recognizes: held-out pictures, varied ones, other maps, and what shows no planet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from datasets.bodies import body_of_map
from datasets.errors import RequestError
from datasets.pictures import Pictures, load_pictures
from training.families.classifier.augment import vary
from training.families.classifier.calibration import (
    FILE_NAME,
    expected_calibration_error,
    fit_temperature,
    softmax,
    unknown_threshold,
)
from training.families.classifier.globes import load_maps, random_globes
from training.families.classifier.network import build_classifier
from training.families.classifier.nonplanets import draw_nonplanets
from training.records.checksums import check_sums
from training.records.files import write_text
from training.records.grids import from_uint8, to_uint8
from training.records.runs import read_config

FALSE_ALARMS = 0.05  # share of varied held-out pictures that 'none of these' may cost
VARIATIONS = 8  # of each held-out picture
GLOBES = 100  # per map
NONPLANETS = 100  # per kind

_BATCH_SIZE = 64


def calibrate(run: Path, data: Path, maps: Path | None = None) -> dict[str, Any]:
    """Fits the temperature and the threshold of 'none of these', measures, and writes `run/calibration.json`.

    Both are fitted on held-out pictures as `training.families.classifier.augment` varies them: of the plain ones a good
    classifier mistakes none, which says nothing about how sure it may be of harder pictures. What is reported of the
    varied pictures is measured on each half of the held-out views with what the other half gave.

    Args:
        run: A folder with `classifier.weights.h5`, and `config.json` in it or above it.
        data: The folder of prepared pictures that it was trained on.
        maps: Folder of other maps of the same bodies.

    Returns:
        `temperature`; `unknown_below`, a probability; and `recognition`, what was measured.

    Raises:
        RequestError: The run, the data or the maps can't be used.
    """
    config, classifier = _load(run)
    class_names = tuple(config["classes"])
    held = load_pictures(data, config["size"], split="holdout", classes=class_names)
    if held.class_names != class_names:
        raise RequestError(f"{data} has other classes than {run}: give the data it was trained on.")
    logits_of = _reader(classifier)
    varied, labels, half = _varied(held)
    logits = logits_of(varied)
    temperature = fit_temperature(logits, labels)
    unknown_below = unknown_threshold(softmax(logits, temperature), FALSE_ALARMS)

    def measure(images, labels, limit=unknown_below, temperature=temperature):
        return _measured(softmax(logits_of(images), temperature), labels, limit)

    plain = measure(held.images, held.kinds)
    plain["confusion"] = _confusion(softmax(logits_of(held.images)), held.kinds, class_names)
    recognition = {"held_out": plain, "varied": _cross_fitted(logits, labels, half)}
    if maps:
        recognition["other_maps"] = _on_maps(maps, class_names, config["size"], measure)
    refused = {
        kind: float((softmax(logits_of(images), temperature).max(axis=1) < unknown_below).mean())
        for kind, images in draw_nonplanets(NONPLANETS, config["size"], seed=0).items()
    }
    recognition["nonplanets_refused"] = {"all": float(np.mean(list(refused.values()))), **refused}
    result = {"temperature": temperature, "unknown_below": unknown_below, "recognition": recognition}
    result = json.loads(json.dumps(result), parse_float=lambda text: round(float(text), 4))
    write_text(run / FILE_NAME, json.dumps(result, indent=2) + "\n")
    return result


def as_text(result: Mapping[str, Any]) -> str:
    """The figures of `calibrate`, one line per kind of pictures."""
    recognition = result["recognition"]
    lines = [f"{'':24}{'pictures':>9}{'right':>8}{'calibration error':>19}{'refused':>9}"]
    rows = {"held out": recognition["held_out"], "held out, varied": recognition["varied"]}
    for name, row in recognition.get("other_maps", {}).items():
        rows[f"other maps: {name}"] = row
    for name, row in rows.items():
        lines.append(
            f"{name:24}{row['pictures']:9}{row['accuracy']:8.1%}{row['calibration_error']:19.3f}"
            f"{row['false_alarms']:9.1%}"
        )
    lines += [
        f"{'no planet: ' + kind:24}{'':36}{share:9.1%}" for kind, share in recognition["nonplanets_refused"].items()
    ]
    uncalibrated = recognition["varied"]["calibration_error_before"]
    lines += [
        "",
        f"Temperature {result['temperature']:.3f} (calibration error without it {uncalibrated:.3f}); "
        f"'none of these' below {result['unknown_below']:.3f}.",
    ]
    return "\n".join(lines)


def _load(run: Path) -> tuple[dict[str, Any], keras.Model]:
    config_path = next((path for path in (run / "config.json", run.parent / "config.json") if path.is_file()), None)
    weights = run / "classifier.weights.h5"
    if config_path is None or not weights.is_file():
        raise RequestError(
            f"{run} is not a finished training of a classifier: finish it with `python -m training.train classifier`."
        )
    check_sums(config_path.parent, [config_path.name])
    check_sums(run, [weights.name])
    config = read_config(config_path.parent)
    classifier = build_classifier(config["size"], len(config["classes"]))
    classifier.load_weights(weights)
    return config, classifier


def _reader(classifier: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """A function from pictures, uint8 `(N, H, W, 3)`, to logits `(N, C)`."""

    def logits_of(images: np.ndarray) -> np.ndarray:
        return classifier.predict(from_uint8(images), batch_size=_BATCH_SIZE, verbose=0)

    return logits_of


def _varied(held: Pictures) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures uint8 `(VARIATIONS·N, H, W, 3)`, labels, and whether each is of the first half of its class's views."""
    seed = keras.random.SeedGenerator(1)
    scaled = from_uint8(held.images)
    images = np.concatenate([ops.convert_to_numpy(vary(scaled, seed)) for _ in range(VARIATIONS)])
    half = np.zeros(len(held), bool)
    for kind in np.unique(held.kinds):
        members = np.flatnonzero(held.kinds == kind)  # in the order of the views, neighbors together
        half[members[: len(members) // 2]] = True
    return to_uint8(images), np.tile(held.kinds, VARIATIONS), np.tile(half, VARIATIONS)


def _cross_fitted(logits: np.ndarray, labels: np.ndarray, half: np.ndarray) -> dict[str, Any]:
    """Figures of each half under the temperature and the threshold that the other one gives, averaged."""
    parts = []
    for measured in (half, ~half):
        temperature = fit_temperature(logits[~measured], labels[~measured])
        limit = unknown_threshold(softmax(logits[~measured], temperature), FALSE_ALARMS)
        part = _measured(softmax(logits[measured], temperature), labels[measured], limit)
        before = expected_calibration_error(softmax(logits[measured]), labels[measured])
        parts.append(part | {"calibration_error_before": before})
    averages = {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}
    return averages | {"pictures": len(labels)}


def _on_maps(maps: Path, class_names: tuple[str, ...], size: int, measure) -> dict[str, Any]:
    """Figures by map, and of all bodies together, each counting once however many maps it has."""
    rows = {}
    for name, surface in load_maps(maps, class_names).items():
        body = body_of_map(name)
        globes = random_globes(surface, body, GLOBES, size, seed=0)
        rows[name] = measure(globes, np.full(GLOBES, class_names.index(body)))
    bodies = {body_of_map(name) for name in rows}
    of_body = [[row for name, row in rows.items() if body_of_map(name) == body] for body in bodies]
    means = {
        figure: float(np.mean([np.mean([row[figure] for row in of_one]) for of_one in of_body]))
        for figure in ("accuracy", "calibration_error", "false_alarms", "accuracy_of_named")
    }
    return {"all": {"pictures": GLOBES * len(rows), **means}, **rows}


def _measured(probabilities: np.ndarray, labels: np.ndarray, limit: float) -> dict[str, Any]:
    sure = probabilities.max(axis=1) >= limit
    right = probabilities.argmax(axis=1) == labels
    return {
        "pictures": len(labels),
        "accuracy": float(right.mean()),
        "calibration_error": expected_calibration_error(probabilities, labels),
        "false_alarms": float((~sure).mean()),
        "accuracy_of_named": float(right[sure].mean()) if sure.any() else 0.0,
    }


def _confusion(probabilities: np.ndarray, labels: np.ndarray, class_names: tuple[str, ...]) -> dict[str, dict]:
    """How often each class was taken for each other: `{"ceres": {"moon": 2}}`; those without mistakes are left out."""
    found: dict[str, dict[str, int]] = {}
    for label, named in zip(labels, probabilities.argmax(axis=1), strict=True):
        if label != named:
            row = found.setdefault(class_names[label], {})
            row[class_names[named]] = row.get(class_names[named], 0) + 1
    return found
