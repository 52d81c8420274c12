"""How long the parts of a checkpoint must be, read from its index, a table in LevelDB's format.

Reference: https://github.com/google/leveldb/blob/main/doc/table_format.md, tensorflow/core/protobuf/tensor_bundle.proto
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import DecodeError

from serving.backends.protos import BundleEntryProto, BundleHeaderProto

_FOOTER = 48  # bytes: two blocks' places, padding, and the end
_END = bytes.fromhex("57fb808b247547db")
_MAX_SHARDS = 99999  # as many as their names have digits for
_TRAILER = 5  # bytes after each block: its compression, a checksum


def shard_sizes(index: bytes) -> list[int]:
    """Bytes that each part must at least have, in their order.

    Raises:
        ValueError: The index is cut off or damaged.
    """
    if len(index) < _FOOTER or not index.endswith(_END):
        raise ValueError("not the end of a table")
    position = len(index) - _FOOTER
    for _ in range(2):  # the place of what is told of the table itself
        _, position = _varint(index, position)
    sizes: list[int] = []
    try:
        for _, handle in _entries(_block(index, position)):
            for key, value in _entries(_block(index, 0, handle)):
                if key:
                    entry = BundleEntryProto.FromString(value)
                    sizes[entry.shard_id] = max(sizes[entry.shard_id], entry.offset + entry.size)
                else:  # the first
                    sizes = [0] * min(BundleHeaderProto.FromString(value).num_shards, _MAX_SHARDS)
    except (IndexError, DecodeError) as error:
        raise ValueError("a block of the table is damaged") from error
    return sizes


def _block(index: bytes, position: int, handle: bytes | None = None) -> bytes:
    """The block whose place, offset and length, stands at a position of the index, or in a handle."""
    place = index if handle is None else handle
    offset, position = _varint(place, position)
    length, _ = _varint(place, position)
    if offset + length + _TRAILER > len(index) or index[offset + length] != 0:  # TensorFlow never compresses them
        raise ValueError("a block of the table is not there")
    return index[offset : offset + length]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; of a key only what differs from the one before is written."""
    end = len(block) - 4 - 4 * int.from_bytes(block[-4:], "little")  # where the list of whole keys begins
    key, position = b"", 0
    while position < end:
        shared, position = _varint(block, position)
        unshared, position = _varint(block, position)
        length, position = _varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A number in base 128, low digits first, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position
