from __future__ import annotations

import json

import pytest
from PIL import Image

from tests.training.measure.test_features import TINY
from tests.training.served_models import write_classifier
from training.compare import DRAWING, main
from training.sweeps.family_comparison import CELL, ROWS


@pytest.mark.slow
def test_families_are_trained_exported_and_measured_alike(measurable_data, tmp_path, monkeypatch, capsys):
    out = tmp_path / "runs"
    classifier = write_classifier(tmp_path / "classifier" / "1")
    arguments = ["dcgan", "conditional", "--data", str(measurable_data), "--out", str(out), "--size", "16"]
    arguments += ["--epochs", "1", "--batch-size", "8", "--bodies", "earth,mars", "--classifier", str(classifier)]
    arguments += ["--weights", str(TINY)]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main([*arguments, "--count", "40"]) == 0
    table = [line.split(" | ") for line in (out / "comparison.md").read_text().splitlines() if line.startswith("| ")]
    figures = {row[0].removeprefix("| "): dict(zip(table[0], row, strict=True)) for row in table[2:]}
    assert list(figures) == ["dcgan", "conditional"]
    shown = [row["images shown"] for row in figures.values()]
    assert shown == ["72", "72"]
    assert figures["dcgan"]["kind accuracy"] == "–"
    assert figures["conditional"]["kind accuracy"].endswith("%")
    card = json.loads((out / "saved_models" / "conditional" / "1" / "assets.extra" / "card.json").read_text())
    assert f"{card['generator_parameters']:,}" == figures["conditional"]["generator parameters"]
    with Image.open(out / "comparison.png") as picture:
        assert picture.width in (CELL, 2 * CELL)
        assert picture.height > ROWS * 16

    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("trained what had finished"))
    assert main([*arguments, "--count", "40", "--resume"]) == 0
    assert "conditional has finished before" in capsys.readouterr().err


def test_all_that_draw_are_compared_unless_named():
    assert {"dcgan", "conditional", "acgan", "vae", "cvaegan"} <= set(DRAWING)
    assert not {"classifier", "cyclegan"} & set(DRAWING)


@pytest.mark.parametrize("change", [["--data", "nowhere"], ["nofamily"]])
def test_bad_requests_are_told(change, measurable_data, tmp_path, capsys):
    assert main(["--data", str(measurable_data), "--out", str(tmp_path), "--weights", str(TINY), *change]) == 2
    assert "error: " in capsys.readouterr().err


def test_without_the_yardstick_nothing_is_trained(measurable_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("training.compare.sweep", lambda *_, **__: pytest.fail("trained"))
    assert main(["--data", str(measurable_data), "--out", str(tmp_path)]) == 2
    assert "fetch it once with `python -m training.yardstick`" in capsys.readouterr().err
