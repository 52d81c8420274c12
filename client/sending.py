"""Pictures on their way to the server."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from client.errors import InvalidRequest

AnyPicture = bytes | str | os.PathLike[str] | Image.Image

_MOST_BYTES = 64 * 1024 * 1024  # no planet server reads more
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def picture_file(picture: AnyPicture) -> bytes:
    """The bytes of a picture's file.

    Args:
        picture: The bytes themselves, the path of a file, or a Pillow image.

    Raises:
        InvalidRequest: The file is too large for any server.
        OSError: The file cannot be read.
    """
    if isinstance(picture, bytes):
        file = picture
    elif isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        (picture if picture.mode in _PNG_MODES else picture.convert("RGB")).save(buffer, "PNG")
        file = buffer.getvalue()
    else:
        file = Path(picture).read_bytes()
    if len(file) > _MOST_BYTES:
        raise InvalidRequest(
            f"The picture is {len(file)} bytes, more than the {_MOST_BYTES} that a server reads; make it smaller.",
            parameter="image",
        )
    return file
