from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.training.drawn_run import draw_run
from training.reports import timelapse
from training.reports.timelapse import choose_epochs, write_timelapse

# Takes the place of ffmpeg: a film is its arguments and how much it was sent.
STAND_IN = """#!{python}
import sys
open(sys.argv[-1], "w").write(" ".join(sys.argv[1:-1]) + " " + str(len(sys.stdin.buffer.read())))
"""
BROKEN = """#!{python}
import sys
sys.exit("line one\\nno encoder for that")
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The only folder on the PATH, empty; call it to put an ffmpeg there."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(script: str):
        (folder / "ffmpeg").write_text(script.format(python=sys.executable))
        (folder / "ffmpeg").chmod(0o755)

    return install


def _frames(path):
    with Image.open(path) as film:
        for index in range(film.n_frames):
            film.seek(index)
            film.load()
            yield film.convert("RGB"), film.info["duration"]


def test_epochs_are_chosen_closest_together_at_first():
    chosen = choose_epochs(range(1, 501), 120)
    assert len(chosen) == len(set(chosen)) == 120
    assert (chosen[0], chosen[-1]) == (1, 500)
    steps = np.diff(chosen)
    assert steps[:20].max() == 1
    assert steps[-1] >= 8
    assert choose_epochs([20, 40, 50], 120) == [20, 40, 50]


def test_webp_shows_each_epoch_and_holds_the_last(tmp_path, programs):
    written = write_timelapse(draw_run(tmp_path / "run", epochs=5))
    assert [path.name for path in written] == ["timelapse.webp"]  # there is no ffmpeg
    frames = list(_frames(written[0]))
    assert [duration for _, duration in frames] == [600, 600, 600, 600, 3000]
    brightness = [np.asarray(picture)[:64].mean() for picture, _ in frames]
    assert np.allclose(brightness, [51, 102, 153, 204, 255], atol=4)
    labels = {np.asarray(picture)[64:, :64].tobytes() for picture, _ in frames}
    assert len(labels) == 5


def test_many_large_samples_become_few_frames_of_bounded_size(tmp_path, programs, monkeypatch):
    monkeypatch.setattr(timelapse, "FRAMES", 3)
    programs(STAND_IN)
    run = draw_run(tmp_path / "run", epochs=7, side=1025)
    webp, mp4, gif = write_timelapse(run, gif=True)
    with Image.open(webp) as film, Image.open(gif) as small:
        width, height = film.size
        assert film.n_frames == small.n_frames == 3
        assert max(small.size) <= 512
    assert 990 <= max(width, height) <= 1024
    assert (width % 2, height % 2) == (0, 0)
    *arguments, sent = mp4.read_text().split()
    assert arguments[arguments.index("-video_size") + 1] == f"{width}x{height}"
    assert arguments[arguments.index("-framerate") + 1] == "1000/600"
    assert int(sent) == (2 + 3000 // 600) * width * height * 3  # the last frame is held


def test_ffmpeg_that_fails_is_quoted_in_one_sentence(tmp_path, programs):
    programs(BROKEN)
    run = draw_run(tmp_path / "run", epochs=60, side=512)  # more than a pipe takes in unread
    with pytest.raises(OSError, match=r"ffmpeg could not write .*mp4: no encoder for that"):
        write_timelapse(run)
    assert not (run / "timelapse.mp4").exists()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_mp4_can_be_decoded(tmp_path):
    run = draw_run(tmp_path / "run", epochs=3)
    write_timelapse(run)
    command = ["ffmpeg", "-loglevel", "error", "-i", str(run / "timelapse.mp4")]
    raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True)
    frames = np.frombuffer(raw.stdout, np.uint8).reshape(-1, 64 + timelapse.STRIP, 64, 3)
    assert len(frames) == pytest.approx(25 * (2 * 0.6 + 3), abs=2)
    assert frames[-1, :60].mean() == pytest.approx(255, abs=6)


def test_run_without_samples_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no sample pictures yet"):
        write_timelapse(draw_run(tmp_path / "run", epochs=0))
