"""`python -m training.report RUN`: the report of a training, written anew."""

from __future__ import annotations

import sys

from training.reports.report import main

if __name__ == "__main__":
    sys.exit(main())
