"""What people are told instead of a traceback."""

from __future__ import annotations


class RequestError(ValueError):
    """What was asked for can't be done, or what it was asked of can't be used.

    Its text is one sentence: what was wrong, what was expected, what to do. Commands print it and end with exit code 2;
    any other `ValueError` is a mistake in the program, and is shown as one.
    """
