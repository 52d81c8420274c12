"""How a model learned, as a short film of its sample pictures: WebP, MP4 where ffmpeg is installed, GIF if asked."""

from __future__ import annotations

import contextlib
import io
import itertools
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from datasets.errors import RequestError
from training.records.files import write_whole
from training.records.grids import open_sample
from training.records.runs import read_run

FRAMES = 120  # at most
SIDE = 1024  # pixels, at most
GIF_SIDE = 512  # a GIF of larger frames would take tens of megabytes
LENGTH_MS = 12_000  # to aim at, without the last frame
FRAME_MS = (80, 600)  # the shortest and the longest
HOLD_MS = 3_000  # the last frame
STRIP = 28  # pixels below the picture, for the epoch

_BACKGROUND, _INK, _TRACK = (12, 14, 22), (214, 219, 232), (48, 54, 74)


def write_timelapse(run: Path, gif: bool = False) -> list[Path]:
    """Makes films of `RUN/samples/`.

    Args:
        run: A run folder made by `training.loop.loop.train`.
        gif: Also write a GIF.

    Returns:
        What was written: `timelapse.webp`, `timelapse.mp4` if an `ffmpeg` is on the PATH, `timelapse.gif`.

    Raises:
        RequestError: The run has no sample pictures.
        OSError: A sample can't be read, a film can't be written, or ffmpeg failed.
    """
    samples = read_run(run).samples
    if not samples:
        raise RequestError(f"{run} has no sample pictures yet: train at least one epoch.")
    shown = [(epoch, samples[epoch]) for epoch in choose_epochs(list(samples), FRAMES)]
    durations = [min(max(LENGTH_MS // len(shown), FRAME_MS[0]), FRAME_MS[1])] * (len(shown) - 1) + [HOLD_MS]
    written = [run / "timelapse.webp"]
    write_whole(written[-1], lambda path: path.write_bytes(animated_webp(_frames(shown, SIDE), durations)))
    if ffmpeg := shutil.which("ffmpeg"):
        written.append(run / "timelapse.mp4")
        write_whole(written[-1], lambda path: _write_mp4(ffmpeg, path, _frames(shown, SIDE), durations))
    if gif:
        written.append(run / "timelapse.gif")
        write_whole(written[-1], lambda path: _write_gif(path, _frames(shown, GIF_SIDE), durations))
    return written


def choose_epochs(epochs: Sequence[int], count: int) -> list[int]:
    """At most `count` of ascending epochs, the first and the last among them, closest together at the beginning.

    The k-th lies at the square of its share of the way, because models change fastest at first; all are distinct.
    """
    if len(epochs) <= count:
        return list(epochs)
    chosen = [0]
    for k in range(1, count):
        chosen.append(max(chosen[-1] + 1, round((k / (count - 1)) ** 2 * (len(epochs) - 1))))
    return [epochs[index] for index in chosen]


def animated_webp(frames: Iterator[Image.Image], durations: Sequence[int]) -> bytes:
    """Joins frames of equal size to an endless animation, holding one of them in memory at a time.

    Pillow's own writer takes a list of all frames, which at 1024 px is half a gigabyte.

    Args:
        frames: RGB pictures.
        durations: Milliseconds of each.

    Reference: RFC 9649, section 2.7, "Extended File Format".
    """
    chunks = []
    for frame, duration in zip(frames, durations, strict=True):
        still = io.BytesIO()
        frame.save(still, "WEBP", quality=80, method=4)
        area = bytes(6) + _uint24(frame.width - 1) + _uint24(frame.height - 1)
        picture = still.getvalue()[12:]  # without the header of a file
        chunks.append(_chunk(b"ANMF", area + _uint24(duration) + b"\x02" + picture))  # replaces the frame before
    canvas = b"\x02\0\0\0" + _uint24(frame.width - 1) + _uint24(frame.height - 1)
    header = _chunk(b"VP8X", canvas) + _chunk(b"ANIM", struct.pack("<IH", 0, 0))  # no background, for ever
    return _chunk(b"RIFF", b"WEBP" + header + b"".join(chunks))


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)


def _uint24(value: int) -> bytes:
    return value.to_bytes(3, "little")


def _frames(shown: Sequence[tuple[int, Path]], side: int) -> Iterator[Image.Image]:
    """The pictures, scaled down to `side` pixels where they are larger, each above a strip that tells its epoch."""
    font = ImageFont.load_default(15)
    last = shown[-1][0]
    size = None
    for epoch, path in shown:
        picture = open_sample(path)
        size = size or _even_size(picture.width, picture.height, side)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        frame = Image.new("RGB", (size[0], size[1] + STRIP), _BACKGROUND)
        frame.paste(picture)
        pen = ImageDraw.Draw(frame)
        middle = size[1] + STRIP // 2
        pen.text((8, middle), f"epoch {epoch}", fill=_INK, font=font, anchor="lm")
        left, right = 16 + round(font.getlength(f"epoch {last}")), size[0] - 8
        if right > left:
            pen.line((left, middle, right, middle), fill=_TRACK, width=2)
            pen.line((left, middle, left + (right - left) * epoch / last, middle), fill=_INK, width=2)
        yield frame


def _even_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height that fit into `side` with the strip; even, because H.264 halves the resolution of color."""
    scale = min(1.0, side / width, (side - STRIP) / height)
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def _write_gif(path: Path, frames: Iterator[Image.Image], durations: Sequence[int]):
    next(frames).save(path, save_all=True, append_images=frames, duration=list(durations), loop=0)


def _write_mp4(ffmpeg: str, path: Path, frames: Iterator[Image.Image], durations: Sequence[int]):
    """Sends the frames to ffmpeg as they are made, each repeated for as long as it is held."""
    first = next(frames)
    command = [ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24"]
    command += ["-video_size", f"{first.width}x{first.height}", "-framerate", f"1000/{durations[0]}", "-i", "-"]
    # 25 frames a second, however many of them are the same: players stumble over fewer.
    command += ["-r", "25", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with contextlib.suppress(BrokenPipeError):  # it gave up, and tells why
            for frame, duration in zip(itertools.chain([first], frames), durations, strict=True):
                for _ in range(duration // durations[0]):
                    process.stdin.write(frame.tobytes())
        _, complaint = process.communicate()
    if process.returncode:
        reason = complaint.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise OSError(f"ffmpeg could not write {path.name}: {reason[0]}")
