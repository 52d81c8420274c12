from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.training.drawn_run import draw_run
from training.reports.report import write_report
from training.reports.timelapse import write_timelapse
from training.sweep import main
from training.sweeps.comparison import write_comparison

DEADLINE_S = 60.0  # after which a test gives up waiting

# Takes the place of training.train: v1 waits to be stopped, v2 at 128 px fails, the others finish.
STAND_IN = """
import os, signal, sys
arguments = sys.argv[1:]
def stop(number, frame):
    print("saved", flush=True)
    sys.exit(130)
signal.signal(signal.SIGTERM, stop)
print(" ".join(arguments), os.environ.get("TF_NUM_INTRAOP_THREADS"), os.environ.get("NPROC"), flush=True)
if "v1" in arguments:
    signal.pause()
if "128" in arguments:
    sys.exit("error: there is | no memory")
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes `python -m training.train` something that takes no time."""
    package = tmp_path / "stand_in" / "training"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "train.py").write_text(STAND_IN)
    monkeypatch.chdir(package.parent)
    for name in ("TF_NUM_INTRAOP_THREADS", "NPROC"):
        monkeypatch.delenv(name, raising=False)


def _statuses(out: Path) -> dict[str, str]:
    lines = (out / "comparison.md").read_text().splitlines()
    return dict(line[2:].split(" | ", 2)[:2] for line in lines if line.startswith("| dcgan"))


@pytest.mark.slow
def test_preset_is_trained_and_compared(prepared_data, tmp_path, monkeypatch, capsys):
    out = tmp_path / "runs"
    arguments = ["dcgan_v2_64", "--data", str(prepared_data), "--out", str(out), "--epochs", "1"]
    arguments += ["--size", "16", "--batch-size", "8", "--recipe", "original"]
    assert main(arguments) == 0
    assert _statuses(out) == {"dcgan_v2_64": "finished"}
    run = out / "dcgan_v2_64"
    recipe = json.loads((run / "config.json").read_text())["recipe"]
    assert (recipe["name"], recipe["variant"]) == ("original", "v2")
    assert "Trained:" in (run / "train.log").read_text()
    with Image.open(out / "comparison.png") as picture:
        assert picture.size == (480, 480 + 32)
    # What a training really leaves can be reported.
    assert "Losses" in write_report(run).read_text(encoding="utf-8")
    assert write_timelapse(run)[0].is_file()

    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("trained what had finished"))
    assert main([*arguments, "--resume"]) == 0
    assert "dcgan_v2_64 has finished before" in capsys.readouterr().err


def test_failing_one_does_not_stop_the_others(stand_in, prepared_data, tmp_path):
    out = tmp_path / "runs"
    names = ["dcgan_v2_128", "dcgan_v2_64", "dcgan_v2_256"]
    assert main([*names, "--data", str(prepared_data), "--out", str(out), "--seed", "3"]) == 1
    assert list(_statuses(out)) == names
    assert _statuses(out)["dcgan_v2_64"] == "finished"
    assert r"failed: there is \| no memory" in (out / "comparison.md").read_text()
    log = (out / "dcgan_v2_64" / "train.log").read_text()
    assert "--variant v2" in log
    assert log.split()[-4:] == ["--seed", "3", "None", "None"]  # one at a time has the whole processor


def test_several_at_once_share_the_processor(stand_in, prepared_data, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(7)), raising=False)
    monkeypatch.setenv("NPROC", "5")
    out = tmp_path / "runs"
    assert main(["dcgan_v2_64", "dcgan_v2_256", "--jobs", "2", "--data", str(prepared_data), "--out", str(out)]) == 0
    assert (out / "dcgan_v2_64" / "train.log").read_text().split()[-2:] == ["3", "5"]  # what people set stays


def test_interrupted_sweep_stops_its_trainings(stand_in, prepared_data, tmp_path, capsys):
    out = tmp_path / "runs"
    log = out / "dcgan_v1_64" / "train.log"
    before = signal.getsignal(signal.SIGTERM)

    def interrupt():
        deadline = time.monotonic() + DEADLINE_S
        while not (log.is_file() and log.stat().st_size):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)  # SIGINT is ignored, as it should be, in a test run in the background

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert main(["dcgan_v1_64", "dcgan_v2_64", "--data", str(prepared_data), "--out", str(out)]) == 130
    thread.join()
    assert "saved" in log.read_text()
    assert _statuses(out) == {"dcgan_v1_64": "stopped", "dcgan_v2_64": "stopped"}
    assert not (out / "dcgan_v2_64").exists()
    assert "--resume" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_comparison_tells_what_each_run_is(tmp_path):
    draw_run(tmp_path / "a", epochs=11)
    (tmp_path / "a" / "resources.json").write_text('{"peak_memory_bytes": 3221225472}')
    draw_run(tmp_path / "b", epochs=0)
    text = write_comparison(tmp_path, {"a": "finished", "b": "stopped", "c": "failed"}).read_text()
    a, b, c = (line for line in text.splitlines() if line.startswith(("| a", "| b", "| c")))
    assert a == "| a | finished | 7,344,864 | – | 32 | 8,800 | 0:02:40 | 80 | 3.00 GiB | 9.1 | 0.80 |"
    assert b.startswith("| b | stopped | 7,344,864 | – | 32 | – |")
    assert c.count("–") == 9
    with Image.open(tmp_path / "comparison.png") as picture:
        assert picture.size == (480, 512)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["dcgan_v9_64"], "no preset 'dcgan_v9_64'"),
        (["--jobs", "0"], "--jobs is 0"),
        (["--epochs", "0"], "--epochs is 0"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, tmp_path, capsys, change, sentence):
    arguments = ["dcgan_v1_64", "--data", str(prepared_data), "--out", str(tmp_path / "runs")]
    assert main([*change, *arguments] if change[0][0] != "-" else [*arguments, *change]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert sentence in error
    assert "\n" not in error
