"""`python -m training.train classifier`: which body, or which class of any prepared data, a picture shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.pictures import Pictures, load_pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.families.classifier.calibration import read_calibration
from training.families.classifier.network import build_classifier
from training.families.classifier.trainer import RECIPES, ClassifierRecipe, ClassifierTrainer


def _build(config: TrainingConfig, recipe: ClassifierRecipe, pictures: Pictures, total_steps: int) -> ClassifierTrainer:
    held = load_pictures(config.data, config.size, split="holdout", classes=config.classes)
    classifier = build_classifier(config.side, len(pictures.class_names))
    return ClassifierTrainer(classifier, recipe, held, total_steps, config.seed)


def _export(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    from training.families.classifier.savedmodel import save_classifier  # needs TensorFlow, which a JAX machine lacks

    calibration = read_calibration(run)
    classifier = build_classifier(config["size"], len(config["classes"]))
    classifier.load_weights(run / "classifier.weights.h5")
    save_classifier(classifier, calibration["temperature"], folder)
    held_out = calibration["recognition"]["held_out"]
    return {
        "task": "classify",
        "description": (
            f"Tells at {config['size']} px which of {', '.join(config['classes'])} a picture shows, or that it shows "
            f"none of these; named {held_out['accuracy']:.1%} of {held_out['pictures']} held-out pictures rightly."
        ),
        "image_size": {"width": config["size"], "height": config["size"]},
        "class_names": config["classes"],
        "features": config["features"],
        **calibration,
        "classifier_parameters": config["classifier_parameters"],
    }


CLASSIFIER = Family(
    name="classifier",
    help="which of the classes a picture shows, with calibrated probabilities",
    recipes=RECIPES,
    choices={},
    build=_build,
    exports={"classifier": Export(_export, lambda config: f"classifier_{config['size']}")},
)
