"""`python -m training.report RUN`: what a training did, as one HTML file that needs no other, and as a film."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.errors import RequestError
from training.reports.report import write_report
from training.reports.timelapse import write_timelapse


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 written, 2 bad request."""
    parser = argparse.ArgumentParser(
        prog="python -m training.report", description="Writes a run's report.html and the timelapse of its samples."
    )
    parser.add_argument("run", type=Path, help="run folder made by training.train")
    parser.add_argument("--gif", action="store_true", help="write the timelapse as a GIF, too")
    options = parser.parse_args(arguments)
    try:
        written = [write_report(options.run), *write_timelapse(options.run, options.gif)]
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Written: {', '.join(map(str, written))}.")
    if not any(path.suffix == ".mp4" for path in written):
        print("There is no timelapse.mp4 because no program ffmpeg is on the PATH.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
