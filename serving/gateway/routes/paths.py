"""Paths that end in a seed or an address."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class Anything(BaseConverter):
    """The rest of the path, slashes and all; unlike Werkzeug's `path` it may begin with a slash."""

    regex = r"[\s\S]+"
    part_isolating = False
