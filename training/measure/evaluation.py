"""Measures a generator of `saved_models` against pictures that it never saw."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import RequestError
from datasets.manifest import Size, load_manifest
from datasets.pictures import Pictures, load_pictures
from training.measure.drawing import Order, draw, order_of, own_size, sizes_of
from training.measure.features.extractors import YARDSTICK, Extractor, find_extractor
from training.measure.features.remembered import remembered_features
from training.measure.kinds import Classifier
from training.measure.middles import middles
from training.measure.neighbors import neighbors_picture
from training.measure.summary import FEWEST, summarize
from training.saved.served import ServedModel

DEFAULT_CLASSIFIER = "classifier_64"  # looked for beside the evaluated model


@dataclasses.dataclass(frozen=True)
class EvaluationOptions:
    """How to measure."""

    count: int = 480  # pictures to draw at each size
    seed: int = 0  # of latents, order and subsets
    features: str = YARDSTICK  # one of training.measure.features.extractors.EXTRACTORS
    weights: Path | None = None  # of the features' network; None: those fetched
    classifier: Path | None = None  # None: DEFAULT_CLASSIFIER beside the model, if it is there
    own_size_only: bool = False


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        folder: `saved_models/NAME/VERSION`.
        metrics: Ready for JSON: what was compared, and the figures of pictures at the model's own size as
            `measured_at` gives them; under `sizes` those of each further size, by its name.
        neighbors: uint8 (H, W, 3), generated pictures above the real ones nearest to them.
    """

    folder: Path
    metrics: dict[str, Any]
    neighbors: np.ndarray


class _Compared:
    """Pictures of one size, generated and real, and their features.

    Attributes:
        images: Generated, training and held-out pictures, uint8 (N, H, W, 3) each.
        features: Of the whole pictures.
        of_middles: Of their middles.
    """

    def __init__(self, extractor: Extractor, images: np.ndarray, training: Pictures, holdout: Pictures):
        self.images = (images, training.images, holdout.images)
        self.training, self.holdout = training, holdout
        self.features = _features(extractor, self.images, "features")
        self.of_middles = _features(extractor, [middles(some) for some in self.images], "features of middles")


def evaluate(model: Path, data: Path, options: EvaluationOptions | None = None) -> Evaluation:
    """Draws pictures with a model and compares them with held-out and with training pictures.

    Args:
        model: `saved_models/NAME/VERSION`, or `saved_models/NAME` for the newest version; it has signature `generate`.
        data: Folder made by `datasets.prepare`, with pictures of the model's size; only the classes that the model
            was trained on count. Further sizes that the model draws are compared where the data have them.
        options: How to measure.

    Raises:
        RequestError: The model, the data, the features or the count don't allow it; the text says what to do.
    """
    options = options or EvaluationOptions()
    if options.count < FEWEST:
        raise RequestError(f"{options.count} pictures are too few to measure: draw at least {FEWEST}.")
    generator = ServedModel(model)
    own = own_size(generator)
    order = order_of(generator, options.count, options.seed)
    classes = _classes(generator)
    classifier = _find_classifier(generator.folder, options.classifier)
    extractor = find_extractor(options.features, options.weights)

    def compared(size: Size) -> _Compared:
        training, holdout = (load_pictures(data, size, split, classes) for split in ("train", "holdout"))
        return _Compared(extractor, draw(generator, order, size), training, holdout)

    first = compared(own)
    metrics = {
        "yardstick": extractor.name,
        "classifier": classifier.name if classifier else None,
        "size": str(own),
        "pictures": len(order),
        "pictures_training": len(first.training),
        "pictures_holdout": len(first.holdout),
        "seed": options.seed,
        "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **measured_at(first, order, generator.card["class_names"], classifier, options.seed),
    }
    picture = neighbors_picture(first.images, first.features)
    present = load_manifest(data).sizes
    further = [size for size in sizes_of(generator) if size != own and str(size) in present]
    if further and not options.own_size_only:
        metrics["sizes"] = {
            str(size): measured_at(compared(size), order, generator.card["class_names"], classifier, options.seed)
            for size in further
        }
    return Evaluation(generator.folder, _rounded(metrics), picture)


def measured_at(
    pictures: _Compared, order: Order, kinds: Sequence[str], classifier: Classifier | None, seed: int
) -> dict[str, Any]:
    """The figures of one size.

    Returns:
        The keys of `summarize`, for the whole pictures and, under `middle`, for the middle of the discs; `accuracy` and
        `accuracy_real`, where kinds were asked for and a classifier sees them; and all but the middles per kind, under
        `kinds`.
    """
    names = pictures.training.class_names
    metrics = summarize(*pictures.features, seed) | {"middle": summarize(*pictures.of_middles, seed)}
    asked = None if order.kind is None else _positions(kinds, names)[order.kind.argmax(axis=1)]
    seen = None
    if classifier is not None:
        seen = _as_seen(classifier, pictures.images[0], names, "kinds of generated")
        seen_real = _as_seen(classifier, pictures.holdout.images, names, "kinds of held-out")
        if asked is not None:
            metrics["accuracy"] = float(np.mean(seen == asked))
        metrics["accuracy_real"] = float(np.mean(_are_of(pictures.holdout.labels, seen_real)))
    if asked is not None or seen is not None:
        generated = np.equal.outer(seen if asked is None else asked, np.arange(len(names)))
        members = (generated, pictures.training.labels > 0, pictures.holdout.labels > 0)
        metrics["kinds"] = {
            name: _shares(index, asked, seen)
            | _of_kind([some[of[:, index]] for some, of in zip(pictures.features, members, strict=True)], seed)
            for index, name in enumerate(names)
        }
    return metrics


def _features(extractor: Extractor, images: Sequence[np.ndarray], description: str) -> list[np.ndarray]:
    generated, *real = images
    return [
        extractor.features(generated, f"{description}, generated"),
        *(remembered_features(extractor, some, f"{description}, real") for some in real),
    ]


def _find_classifier(generator: Path, chosen: Path | None) -> Classifier | None:
    if chosen is not None:
        return Classifier(chosen)
    default = generator.parent.parent / DEFAULT_CLASSIFIER
    return Classifier(default) if default.is_dir() else None


def _classes(generator: ServedModel) -> Sequence[str] | None:
    """The classes that the model was trained on; None if the card names none."""
    try:
        return generator.card["class_names"] or generator.card["training_data"]["classes"] or None
    except (KeyError, TypeError) as error:
        raise RequestError(f"The card of {generator.folder} lacks {error}: export the model again.") from None


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
