from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from datasets.pictures import load_pictures
from tests.training.served_models import SIDE, Colors, write_classifier, write_generator
from training.evaluate import main
from training.measure.evaluation import EvaluationOptions, evaluate
from training.measure.neighbors import neighbors_picture
from training.measure.summary import FEWEST


@pytest.fixture(scope="module")
def models(measurable_data, tmp_path_factory):
    """`copier` draws training pictures; `mirror` held-out ones mirrored, by kind; `blank` black ones."""
    folder = tmp_path_factory.mktemp("models")
    names = ("earth", "mars")
    training, holdout = (load_pictures(measurable_data, SIDE, split, names) for split in ("train", "holdout"))
    write_classifier(folder / "classifier_64" / "3")
    write_generator(folder / "copier" / "1", training.images, names)
    write_generator(folder / "mirror" / "1", holdout.images[:, :, ::-1], names, kinds=holdout.kinds)
    write_generator(folder / "blank" / "1", np.zeros((1, SIDE, SIDE, 3), np.uint8), (*names, "venus"))
    return folder


@pytest.fixture(autouse=True)
def known_features(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setattr("training.measure.evaluation.find_extractor", lambda *_: Colors())


OPTIONS = EvaluationOptions(count=300)


def test_copies_are_found_out(models, measurable_data):
    metrics = evaluate(models / "copier", measurable_data, OPTIONS).metrics
    assert metrics["memorization_ratio"] == 0.0
    assert metrics["kid_x1000"] == pytest.approx(metrics["kid_x1000_floor"], abs=2 * metrics["kid_x1000_floor_std"])
    assert metrics["density"] == pytest.approx(metrics["density_real"], abs=0.3)
    assert (metrics["pictures"], metrics["pictures_training"], metrics["pictures_holdout"]) == (300, 72, 48)
    assert metrics["yardstick"] == "colors"
    assert metrics["classifier"] == "classifier_64 version 3"
    assert metrics["middle"]["memorization_ratio"] == 0.0
    assert metrics["diversity"] == pytest.approx(1.0, abs=0.1)
    assert metrics["accuracy_real"] == 1.0
    assert "accuracy" not in metrics


def test_unconditional_pictures_count_as_the_kind_they_look_like(models, measurable_data):
    kinds = evaluate(models / "copier", measurable_data, OPTIONS).metrics["kinds"]
    assert list(kinds) == ["earth", "mars"]
    assert kinds["earth"]["share"] + kinds["mars"]["share"] == pytest.approx(1.0)
    assert kinds["earth"]["pictures"] == round(300 * kinds["earth"]["share"])
    assert kinds["earth"]["memorization_ratio"] == 0.0


def test_conditional_pictures_count_as_the_kind_asked_for(models, measurable_data):
    metrics = evaluate(models / "mirror", measurable_data, OPTIONS).metrics
    assert metrics["accuracy"] == 1.0
    for kind in metrics["kinds"].values():
        assert (kind["pictures"], kind["share"], kind["accuracy"]) == (150, 0.5, 1.0)
        assert kind["memorization_ratio"] == pytest.approx(1.0, abs=0.2)


def test_black_pictures_are_bad_and_kinds_with_too_few_say_so(models, measurable_data):
    metrics = evaluate(models / "blank", measurable_data, OPTIONS).metrics
    assert metrics["kid_x1000"] > metrics["kid_x1000_floor"] + 5 * metrics["kid_x1000_std"]
    assert (metrics["density"], metrics["coverage"]) == (0.0, 0.0)
    assert metrics["kinds"]["venus"] == {
        "share": 0.0,
        "pictures": 0,
        "note": f"Too few to measure: 0 generated, 6 training, 4 held out; {FEWEST} needed.",
    }


def test_a_card_that_does_not_fit_its_model_is_one_sentence(models, measurable_data, tmp_path, capsys):
    folder = shutil.copytree(models / "mirror", tmp_path / "mirror")
    card_file = folder / "1" / "assets.extra" / "card.json"
    card = json.loads(card_file.read_text())
    asked = [str(folder), "--data", str(measurable_data), "--classifier", str(models / "classifier_64")]
    card_file.write_text(json.dumps(card | {"class_names": []}))
    assert main([*asked]) == 2
    assert "for each of the card's 0 class_names" in capsys.readouterr().err
    card_file.write_text(json.dumps({"name": "mirror"}))
    assert main([*asked]) == 2
    assert "lacks 'image_size'" in capsys.readouterr().err


def test_the_seed_decides(models, measurable_data):
    first, again = (evaluate(models / "mirror", measurable_data, OPTIONS).metrics for _ in range(2))
    other = evaluate(models / "mirror", measurable_data, EvaluationOptions(count=300, seed=1)).metrics
    assert first == again
    assert first["kid_x1000"] != other["kid_x1000"]


def test_command_writes_card_json_and_picture(models, measurable_data, tmp_path, capsys):
    card_file = models / "copier" / "1" / "assets.extra" / "card.json"
    before = json.loads(card_file.read_text())
    outputs = ["--json", str(tmp_path / "new" / "figures.json"), "--neighbors", str(tmp_path / "new" / "near.png")]
    asked = [
        str(models / "copier"),
        "--data",
        str(measurable_data),
        "--count",
        "100",
        *outputs,
    ]
    assert main([*asked, "--no-card"]) == 0
    assert json.loads(card_file.read_text()) == before
    assert main(asked) == 0
    card = json.loads(card_file.read_text())
    assert card["metrics"] == json.loads((tmp_path / "new" / "figures.json").read_text())
    assert {**card, "metrics": {}} == before
    with Image.open(tmp_path / "new" / "near.png") as picture:
        assert picture.format == "PNG"
    table = capsys.readouterr().out
    assert "Features of colors, against 48 held-out and 72 training pictures" in table
    assert "\n16 px\n" in table
    assert [line.split()[0] for line in table.splitlines() if line.startswith(("all", "earth", "mars"))][:3] == [
        "all",
        "earth",
        "mars",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "nowhere"}, "holds no SavedModel"),
        ({"model": "classifier_64"}, "no signature 'generate', only classify, serving_default"),
        ({"data": "nowhere"}, "is not a prepared data set"),
        ({"classifier": "copier"}, "has no signature 'classify'"),
        ({"count": "5"}, f"draw at least {FEWEST}"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(models, measurable_data, capsys, changes, message):
    asked = {"model": "copier", "data": str(measurable_data), "count": "20", "classifier": "classifier_64"} | changes
    arguments = ["--data", asked["data"], "--count", asked["count"], "--classifier", str(models / asked["classifier"])]
    assert main([str(models / asked["model"]), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_neighbors_stand_below_the_generated_pictures():
    """Gray levels 0, 100, 200 generated; features are the levels."""
    levels = (np.array([0, 100, 200]), np.array([201, 90]), np.array([12, 120, 180]))
    images = [np.broadcast_to(some[:, None, None, None], (len(some), 8, 8, 3)).astype(np.uint8) for some in levels]
    picture = neighbors_picture(images, [some[:, None].astype(np.float32) for some in levels])
    block = picture[-24:]
    unpicked, picked = block[4::8, 64 + 4 : 64 + 24 : 8, 0], block[4::8, -20::8, 0]
    assert unpicked.tolist() == [[0, 100, 200], [90, 90, 201], [12, 120, 180]]
    assert picked.tolist() == [[200, 100, 0], [201, 90, 90], [180, 120, 12]]
