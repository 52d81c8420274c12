"""Picture files of many kinds, drawn for the tests of uploads."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

RED, GREEN, BLUE = (230, 20, 20), (20, 230, 20), (20, 20, 230)


def planet(width: int = 64, height: int = 64, color: tuple[int, ...] = RED, box: Any = None) -> Image.Image:
    """A disc, in the middle unless its box (left, top, right, bottom) is given, on a black sky."""
    picture = Image.new("RGB", (width, height))
    radius = min(width, height) * 3 // 8
    x, y = width // 2, height // 2
    ImageDraw.Draw(picture).ellipse(box or (x - radius, y - radius, x + radius, y + radius), fill=color)
    return picture


def file_of(picture: Image.Image, picture_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def photo_of_20_megapixels() -> bytes:
    """A JPEG of 5472×3648 px with detail everywhere, mostly red."""
    noise = np.random.default_rng(0).integers(0, 90, (456, 684, 3), dtype=np.uint8)
    noise[..., 0] += 150
    return file_of(Image.fromarray(noise).resize((5472, 3648), Image.Resampling.BILINEAR), "JPEG", quality=90)


def animation(picture_format: str, frames: int = 3) -> bytes:
    """A planet that is red in the first frame and blue in all others, each of which differs."""
    later = [planet(color=(20, 20, 200 + 10 * i)) for i in range(frames - 1)]
    return file_of(planet(color=RED), picture_format, save_all=True, append_images=later, duration=40)


def gray_16_bits() -> bytes:
    """A PNG of 16-bit gray whose levels run from 0 to 65535 from left to right, 64×64 px."""
    return file_of(Image.fromarray(np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))), "PNG")


def rgb_16_bits(width: int = 64, height: int = 64) -> bytes:
    """A PNG of 16 bits per channel, all of it (58880, 5120, 5120) of 65535: a red of (230, 20, 20) of 255."""
    rows = np.tile(np.array([230 << 8, 20 << 8, 20 << 8], ">u2"), (height, width, 1))
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return png(width, height, 16, 2, [(b"IDAT", zlib.compress(data))])


def png(width: int, height: int, depth: int, color_type: int, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of a header and chunks (type, data), whatever they are."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def png_bomb(side: int = 50_000) -> bytes:
    """A PNG that claims side × side pixels, and begins with 10 MB of zeros in 10 kB."""
    rows = zlib.compress(bytes(10_000_000), 9)
    return png(side, side, 8, 0, [(b"IDAT", rows)])


def metadata_bomb(kind: str) -> bytes:
    """A PNG of 8×8 px with 4 MB of zeros, compressed, as its text or its color profile."""
    data = zlib.compress(bytes(4 << 20), 9)
    chunk = {"zTXt": b"Comment\0\0" + data, "iCCP": b"profile\0\0" + data}[kind]
    pixels = zlib.compress(b"\0" * 9 * 8)
    return png(8, 8, 8, 0, [(kind.encode(), chunk), (b"IDAT", pixels)])


def gif_bomb() -> bytes:
    """A GIF that claims a screen of 65535×65535 px."""
    data = bytearray(file_of(planet(16, 16), "GIF"))
    data[6:10] = struct.pack("<HH", 65535, 65535)
    return bytes(data)


def webp_bomb() -> bytes:
    """An animated WebP that claims a canvas of 16383×16383 px."""
    data = bytearray(animation("WEBP"))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = struct.pack("<I", 16382)[:3] * 2
    return bytes(data)


def jpeg_of_many_scans(scans: int = 300) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    data = file_of(planet(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]
