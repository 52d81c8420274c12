"""Measures a generator of `saved_models` against pictures that it never saw."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import RequestError
from datasets.manifest import Size
from datasets.pictures import Pictures, load_pictures
from training.measure.features import Classifier, find_extractor
from training.measure.neighbors import neighbors_picture
from training.measure.summary import FEWEST, summarize
from training.saved.served import ServedModel

DEFAULT_CLASSIFIER = "classifier_64"  # looked for beside the evaluated model


@dataclasses.dataclass(frozen=True)
class EvaluationOptions:
    """How to measure."""

    count: int = 2000  # pictures to draw
    seed: int = 0  # of latents, order and subsets
    extractor: str = "auto"  # one of training.measure.features.EXTRACTORS
    inception_weights: Path | None = None  # None: Keras' own
    classifier: Path | None = None  # None: DEFAULT_CLASSIFIER beside the model, if it is there


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        folder: `saved_models/NAME/VERSION`.
        metrics: Ready for JSON: the keys of `summarize`, what was compared, and the same per kind under `kinds`.
        neighbors: uint8 (H, W, 3), generated pictures above the real ones nearest to them.
    """

    folder: Path
    metrics: dict[str, Any]
    neighbors: np.ndarray


def evaluate(model: Path, data: Path, options: EvaluationOptions | None = None) -> Evaluation:
    """Draws pictures with a model and compares them with held-out and with training pictures.

    Args:
        model: `saved_models/NAME/VERSION`, or `saved_models/NAME` for the newest version; it has signature `generate`.
        data: Folder made by `datasets.prepare`, with pictures of the model's size; only the classes that the model
            was trained on count.
        options: How to measure.

    Raises:
        RequestError: The model, the data, the extractor or the count don't allow it; the text says what to do.
    """
    options = options or EvaluationOptions()
    if options.count < FEWEST:
        raise RequestError(f"{options.count} pictures are too few to measure: draw at least {FEWEST}.")
    generator = ServedModel(model)
    generator.require("generate")
    classifier = _find_classifier(generator.folder, options.classifier)
    extractor = find_extractor(options.extractor, classifier, options.inception_weights)
    training, holdout = _real_pictures(generator, data)

    images, asked = _draw(generator, training.class_names, options)
    features = [
        extractor.features(pictures, f"features of {sort}")
        for sort, pictures in (("generated", images), ("training", training.images), ("held-out", holdout.images))
    ]
    metrics = {
        "extractor": extractor.name,
        "classifier": classifier.name if classifier else None,
        "pictures": len(images),
        "pictures_training": len(training),
        "pictures_holdout": len(holdout),
        "seed": options.seed,
        "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **summarize(*features, options.seed),
    }
    seen = None
    if classifier is not None:
        seen = _as_seen(classifier, images, training.class_names, "kinds of generated")
        seen_real = _as_seen(classifier, holdout.images, training.class_names, "kinds of held-out")
        if asked is not None:
            metrics["accuracy"] = float(np.mean(seen == asked))
        metrics["accuracy_real"] = float(np.mean(_are_of(holdout.labels, seen_real)))
    if asked is not None or seen is not None:
        generated = np.equal.outer(seen if asked is None else asked, np.arange(len(training.class_names)))
        members = (generated, training.labels > 0, holdout.labels > 0)
        metrics["kinds"] = {
            name: _shares(index, asked, seen)
            | _of_kind([some[of[:, index]] for some, of in zip(features, members, strict=True)], options.seed)
            for index, name in enumerate(training.class_names)
        }
    picture = neighbors_picture((images, training.images, holdout.images), features)
    return Evaluation(generator.folder, _rounded(metrics), picture)


def _find_classifier(generator: Path, chosen: Path | None) -> Classifier | None:
    if chosen is not None:
        return Classifier(chosen)
    default = generator.parent.parent / DEFAULT_CLASSIFIER
    return Classifier(default) if default.is_dir() else None


def _real_pictures(generator: ServedModel, data: Path) -> tuple[Pictures, Pictures]:
    """Training and held-out pictures of the model's size and classes."""
    try:
        size = Size(generator.card["image_size"]["width"], generator.card["image_size"]["height"])
        classes = generator.card["class_names"] or generator.card["training_data"]["classes"] or None
    except (KeyError, TypeError) as error:
        raise RequestError(f"The card of {generator.folder} lacks {error}: export the model again.") from None
    return load_pictures(data, size, "train", classes), load_pictures(data, size, "holdout", classes)


def _draw(
    generator: ServedModel, names: Sequence[str], options: EvaluationOptions
) -> tuple[np.ndarray, np.ndarray | None]:
    """Pictures, uint8 (N, H, W, 3), and the kinds they were asked for, indices into `names` (N,); None if of no kind.

    A conditional model is asked for its kinds in turn.
    """
    shapes = generator.inputs("generate")
    kinds = generator.card["class_names"]
    if "latent" not in shapes or ("kind" in shapes and shapes["kind"][-1] != len(kinds)):
        raise RequestError(
            f"Signature 'generate' of {generator.folder} takes {shapes}, expected 'latent' and, if conditional, 'kind' "
            f"for each of the card's {len(kinds)} class_names: export the model again."
        )
    random = np.random.default_rng(options.seed)
    inputs = {"latent": random.standard_normal((options.count, shapes["latent"][-1]), dtype=np.float32)}
    asked = None
    if "kind" in shapes:
        turn = np.arange(options.count) % len(kinds)
        inputs["kind"] = np.eye(len(kinds), dtype=np.float32)[turn]
        asked = _positions(kinds, names)[turn]
    return generator.call("generate", "image", "drawing", **inputs), asked


def _as_seen(classifier: Classifier, images: np.ndarray, names: Sequence[str], description: str) -> np.ndarray:
    """The kinds that the classifier sees, indices into `names` (N,); -1 for one that isn't among them."""
    return _positions(classifier.class_names, names)[classifier.kinds(images, description)]


def _positions(some: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Where each of `some` stands in `names`, -1 if it doesn't."""
    return np.array([names.index(name) if name in names else -1 for name in some])


def _are_of(labels: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Whether each picture is of the kind named for it, bool (N,); none is of -1."""
    return (kinds >= 0) & (labels[np.arange(len(kinds)), kinds] > 0)


def _shares(kind: int, asked: np.ndarray | None, seen: np.ndarray | None) -> dict[str, float]:
    """How often the classifier sees a kind: `share` of all pictures, `accuracy` among those asked for it."""
    shares = {}
    if seen is not None:
        shares["share"] = float(np.mean(seen == kind))
        if asked is not None and (asked == kind).any():
            shares["accuracy"] = float(np.mean(seen[asked == kind] == kind))
    return shares


def _of_kind(features: Sequence[np.ndarray], seed: int) -> dict[str, Any]:
    """`summarize` of one kind's features, or a note where there are too few."""
    counts = [len(some) for some in features]
    if min(counts) >= FEWEST:
        return {"pictures": counts[0], **summarize(*features, seed)}
    note = f"Too few to measure: {counts[0]} generated, {counts[1]} training, {counts[2]} held out; {FEWEST} needed."
    return {"pictures": counts[0], "note": note}


def _rounded(metrics: dict[str, Any]) -> dict[str, Any]:
    """Five significant digits: more would be noise in a card."""

    def shorten(value: Any) -> Any:
        if isinstance(value, dict):
            return _rounded(value)
        return float(f"{value:.5g}") if isinstance(value, float) else value

    return {key: shorten(value) for key, value in metrics.items()}
