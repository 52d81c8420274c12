"""What a command line says: results on stdout, as text or JSON, and what goes wrong on stderr, in sentences."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from tqdm import tqdm


@dataclasses.dataclass(frozen=True)
class Console:
    """Where a command's results and complaints go.

    Attributes:
        program: What the command line is called, which complaints begin with.
        as_json: Whether stdout gets one JSON document instead of lines of text.
    """

    program: str
    as_json: bool = False

    def line(self, text: str) -> None:
        """Shows a line of text, unless JSON is asked for."""
        if not self.as_json:
            tqdm.write(_encodable(text), file=sys.stdout)
            sys.stdout.flush()

    def document(self, value: Any) -> None:
        """Shows a result as JSON, if that is asked for."""
        if self.as_json:
            print(_encodable(json.dumps(value, indent=1, ensure_ascii=False)), flush=True)

    def complain(self, error: Exception | str) -> None:
        """Shows what went wrong."""
        tqdm.write(f"{self.program}: {sentence(error)}", file=sys.stderr)


def _encodable(text: str) -> str:
    """What stdout can carry: a file's name that isn't UTF-8, or what a terminal has no letters for, as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def sentence(error: Exception | str) -> str:
    """What went wrong in a sentence, with the request's name where the server gave one."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}."
    request_id = getattr(error, "request_id", None)
    return f"{error} (request {request_id})" if request_id else str(error)
