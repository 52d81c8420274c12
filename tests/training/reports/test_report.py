from __future__ import annotations

import base64
import html
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from PIL import Image

from tests.training.drawn_run import draw_run
from training import train
from training.contract.config import TrainingConfig
from training.loop.checkpoints import keep_best, save_checkpoint
from training.report import main
from training.reports.report import write_report


def _page(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


def _pictures(page: str) -> dict[str, Image.Image]:
    found = re.findall(r'<img src="data:image/webp;base64,([^"]+)" alt="([^"]+)"', page)
    return {caption: Image.open(io.BytesIO(base64.b64decode(data))) for data, caption in found}


def _facts(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))


def test_facts(tmp_path):
    run = draw_run(tmp_path / "run", epochs=11)
    (run / "resources.json").write_text('{"peak_memory_bytes": 3221225472}')
    facts = _facts(_page(run))
    assert facts["Generator parameters"] == "7,344,864"
    assert facts["Pictures shown"] == "8,800"
    assert facts["Time"] == "0:02:40"
    assert facts["Speed"] == "80 images/s"  # 800 in 10 s, the slow first epoch aside
    assert facts["Peak memory"] == "3.00 GiB"
    assert facts["Classes"] == "earth, mars"


def test_page_needs_nothing_else(tmp_path):
    page = _page(draw_run(tmp_path / "run"))
    assert not re.search(r"<(script|link|iframe)|@import|url\(|\bon[a-z]+=", page)
    assert all(source.startswith("data:") for source in re.findall(r'(?:src|href)="([^"]*)"', page))
    titles = re.findall("<h3>([^<]+)</h3>", page)
    assert [title.split()[0] for title in titles] == ["Losses,", "Accuracies,", "Sliced", "Diversity"]


def test_last_and_best_samples(tmp_path):
    run = draw_run(tmp_path / "run", epochs=8, distances={5: 1.0})
    checkpoint = save_checkpoint(run / "checkpoints", 5 * 25, {"v": keras.Variable(0.0)}, {}, keep=1)
    keep_best(checkpoint)
    page = _page(run)
    pictures = _pictures(page)
    last, best = (pictures[caption] for caption in ("The last samples, epoch 8", "The best samples, epoch 5"))
    assert last.getpixel((0, 0))[0] == pytest.approx(255, abs=3)
    assert best.getpixel((0, 0))[0] == pytest.approx(255 * 5 / 8, abs=3)
    assert [caption for caption in pictures if caption.startswith("epoch")][0::5] == ["epoch 1", "epoch 8"]
    assert "worse than that of epoch 5" in page
    assert "--best" in page


def test_collapse_is_warned_of(tmp_path):
    assert "collapsed" not in _page(draw_run(tmp_path / "sound"))
    assert "The generator has collapsed" in _page(draw_run(tmp_path / "collapsed", diversity=0.05))


def test_command_asks_for_the_same_training(tmp_path, monkeypatch):
    asked = TrainingConfig(
        data="DATA",
        out="RUN",
        size=128,
        recipe="original",
        changes={"variant": "v2", "flip": True, "clip_norm": 0.5},
        classes=("earth", "it's mine"),
        epochs=30,
        minutes=1.5,
        precision="mixed_bfloat16",
        seed=7,
    )
    page = _page(draw_run(tmp_path / "run", config=asked))
    command = html.unescape(re.search("<pre>(.*?)</pre>", page, re.DOTALL)[1])
    python, _, module, *arguments = shlex.split(command.replace("\\\n", " "))
    assert (python, module) == ("python", "training.train")
    understood = []
    monkeypatch.setattr(train, "train", lambda config, resume: understood.append(config))
    assert train.main(arguments) == 0
    assert understood == [asked]
    assert "ended this training" in page


def test_unfinished_run_is_reported(tmp_path):
    run = draw_run(tmp_path / "run", epochs=0)
    (run / "generator.weights.h5").unlink()
    page = _page(run)
    assert "unfinished, so far 0 epochs" in page
    assert "<figure" not in page


def test_names_are_escaped(tmp_path):
    run = draw_run(tmp_path / "run")
    config = json.loads((run / "config.json").read_text())
    markup = "<script>&"
    config |= {"out": markup, "data": markup, "classes": [markup], "backend": markup}
    (run / "config.json").write_text(json.dumps(config))
    assert "<script" not in _page(run)


def test_command_line_without_tensorflow(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    run = draw_run(tmp_path / "run")
    program = "import sys; sys.modules['tensorflow'] = None; from training.report import main; sys.exit(main())"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program, str(run)], env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "no program ffmpeg" in done.stdout
    assert {"report.html", "timelapse.webp"} <= {path.name for path in run.iterdir()}


def test_folder_that_is_no_run_is_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "config.json is missing" in error
