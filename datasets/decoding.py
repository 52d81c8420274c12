"""Picture files decoded in one way: upright, transparency on black, and no more of them than memory holds."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

LARGEST_PICTURE = 600_000_000  # pixels: the finest maps have 374 million, and each takes up to 4 bytes while it is read

_DEEP = "deep"  # whether channels have 16 bits, of which Pillow keeps the upper 8 of colors

Image.MAX_IMAGE_PIXELS = None  # in place of Pillow's own limit, which NASA's map of the Earth is beyond


class Unusable(Exception):
    """The reason why bytes are no usable picture, in one sentence."""


def open_picture(data: bytes) -> Image.Image:
    """Opens a picture, not decoded yet, if it is small enough, and sound where its format can tell.

    Raises:
        Unusable: It isn't.
    """
    if not data:
        raise Unusable("It is empty.")
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > LARGEST_PICTURE:
            raise Unusable(
                f"It is {image.width}x{image.height} pixels, more than {LARGEST_PICTURE // 1_000_000} million: "
                "make it smaller."
            )
        if image.format == "PNG":  # compares checksums, which decoding doesn't
            image.verify()
            image = Image.open(io.BytesIO(data))
        image.info[_DEEP] = any(";16" in str(tile.args) for tile in image.tile)  # which loading forgets
    except Image.UnidentifiedImageError:
        raise Unusable("It is not a picture that Pillow can read.") from None
    except Unusable:
        raise
    except Exception as error:  # decoders raise what they like at broken files: OSError, SyntaxError, struct.error, …
        raise undecodable(error) from None
    return image


def upright_on_black(image: Image.Image) -> Image.Image:
    """Turned as its EXIF says, transparency on black, the first frame of an animation; of any mode without alpha.

    Raises:
        Unusable: Its colors of 16 bits use the lowest alone, such as 12, and what is left of them would be black.
    """
    is_deep = image.info.get(_DEEP)
    ImageOps.exif_transpose(image, in_place=True)
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA")).convert("RGB")
    image.load()
    if is_deep and image.mode == "RGB" and max(high for _, high in image.getextrema()) < 64:
        raise Unusable("It uses 14 of its 16 bits per channel or fewer, and would be nearly black: stretch it first.")
    return image


def undecodable(error: Exception) -> Unusable:
    """The reason for an error of a decoder."""
    return Unusable(f"It can't be decoded: {str(error).rstrip('.') or type(error).__name__}.")
