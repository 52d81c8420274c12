"""Makes API keys.

    python -m serving.gateway.keys studio >> api_keys.txt

prints a new key once, on stderr, and its line for the file of `--api-keys` on stdout.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence

from serving.gateway.guards.authorization import digest_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes a key, shows it on stderr and its line on stdout; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.gateway.keys",
        description="Makes an API key: the key goes to stderr, its line for the file of --api-keys to stdout.",
    )
    parser.add_argument("name", nargs="?", default="", help="whose key it is, a comment in the file")
    name = " ".join(parser.parse_args(arguments).name.split())
    key = secrets.token_urlsafe(32)
    print(f"The key, which is stored nowhere: {key}", file=sys.stderr)
    print(digest_line(key, name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
