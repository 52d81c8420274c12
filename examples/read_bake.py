"""A file of a bake by its address: `python examples/read_bake.py galaxy/ orion/7 planet.webp > planet.webp`."""

import sys
from pathlib import Path

import pyarrow.parquet as pq

bake, address, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
[row] = pq.read_table(bake / "index", filters=[("address", "==", address), ("file", "==", name)]).to_pylist()
with open(bake / "shards" / row["shard"], "rb") as shard:
    shard.seek(row["offset"])
    sys.stdout.buffer.write(shard.read(row["size"]))
