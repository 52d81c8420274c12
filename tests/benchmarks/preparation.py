"""Memory and time of a preparation of very many pictures, and what is left of it after it was killed. Linux only.

    python -m tests.benchmarks.preparation [--pictures 100000] [-- --workers 2]

Draws pictures of 24x24 px into a temporary folder, and prepares them at 16 px: undisturbed, of which it tells memory
and CPU time for each tenth of the pictures that were looked at and drawn, of all processes together; and again, killed
three times on the way. Options after `--` are handed on to `datasets.prepare`. Exit code 1 if the two differ, or if
memory after the first tenth rose or fell by more than a tenth.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from datasets.preparation import BEGUN

KINDS = ("ice", "lava", "rock", "water")
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = 1 / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("options", nargs="*", help="of datasets.prepare")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        raw, whole, killed = (Path(folder, name) for name in ("raw", "whole", "killed"))
        draw(raw, given.pictures)
        print(f"{'done':>14}  {'MB':>5}  {'CPU-ms each':>11}", flush=True)
        sizes = []
        for phase, done, size, seconds in measured(raw, whole, given.pictures, given.options):
            print(f"{phase:>5} {done:>8}  {size / 1e6:5.0f}  {1e3 * seconds:11.2f}", flush=True)
            sizes.append(size)
        level = sizes[0]
        spread = max(abs(size / level - 1) for size in sizes)
        print(f"Memory from the first tenth to the end: {100 * spread:.1f} % off at most.", flush=True)
        kill_thrice(raw, killed, given.pictures, given.options)
        same = digest(whole) == digest(killed)
        print(f"Killed three times, and gone on with: {'the same' if same else 'ANOTHER'} tree and manifest.")
    return 0 if same and spread <= 0.1 else 1


def draw(raw: Path, count: int) -> None:
    """Discs on black, each of another color."""
    random = np.random.default_rng(0)
    for kind in KINDS:
        (raw / kind).mkdir(parents=True)
    for number in range(count):
        image = Image.new("RGB", (24, 24))
        ImageDraw.Draw(image).ellipse((3, 3, 20, 20), tuple(random.integers(60, 256, 3).tolist()))
        image.save(raw / KINDS[number % len(KINDS)] / f"{number:07d}.png", compress_level=1)


def measured(raw: Path, out: Path, count: int, options: list[str]) -> Iterator[tuple[str, int, int, float]]:
    """Phase, pictures done, bytes of memory and CPU-seconds a picture since the last time, after each tenth."""
    process = start(raw, out, options)
    used = 0.0
    for phase, name in (("seen", "seen.jsonl"), ("drawn", "drawn.jsonl")):
        before = 0
        for tenth in range(1, 11):
            done = wait_for(process, out / BEGUN / name, count * tenth // 10)
            memory, seconds = usage(process.pid)
            yield phase, done, memory, (seconds - used) / max(1, done - before)
            before, used = done, seconds
    _, status, resources = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    # The main process at its largest, the manifest's writing among it.
    yield "end", count, resources.ru_maxrss * 1024, 0.0


def kill_thrice(raw: Path, out: Path, count: int, options: list[str]) -> None:
    """Prepares, and kills it at half of looking, and at a third and two thirds of drawing."""
    for name, share in (("seen.jsonl", 1 / 2), ("drawn.jsonl", 1 / 3), ("drawn.jsonl", 2 / 3)):
        process = start(raw, out, options)
        wait_for(process, out / BEGUN / name, int(count * share))
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert start(raw, out, options).wait() == 0


def start(raw: Path, out: Path, options: list[str]) -> subprocess.Popen:
    command = [sys.executable, "-m", "datasets.prepare", str(raw), str(out), "--sizes", "16", *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def wait_for(process: subprocess.Popen, journal: Path, lines: int) -> int:
    """Waits until a journal has so many lines, and returns how many it has; all, if it is gone already."""
    counted, place = 0, 0
    while counted < lines:
        assert process.poll() in (None, 0)
        try:
            with journal.open("rb") as file:
                file.seek(place)
                chunk = file.read()
        except FileNotFoundError:
            if process.poll() == 0 or place:
                return lines
            chunk = b""
        place += len(chunk)
        counted += chunk.count(b"\n") - chunk.count(b"\n\n")
        time.sleep(0.05)  # between looks
    return counted


def usage(pid: int) -> tuple[int, float]:
    """Bytes of memory that a process and its children hold, and CPU-seconds that they have used."""
    memory, seconds = 0, 0.0
    for one in (pid, *children(pid)):
        try:
            memory += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * PAGE
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        seconds += sum(map(int, fields[11:13])) * TICK
    return memory, seconds


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in found.read_text().split()] if found.exists() else []


def digest(out: Path) -> str:
    """SHA-256 of all names and contents of a folder."""
    sha256 = hashlib.sha256()
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        sha256.update(str(path.relative_to(out)).encode() + b"\0" + path.read_bytes())
    return sha256.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
