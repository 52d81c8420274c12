"""`python -m serving.bake OUT`: pictures and maps of many addresses, in shards."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from parallel.chunks import ParallelError
from parallel.crew import crew
from serving.bake.oven import Oven
from serving.bake.plan import BakeError, Plan, begin, check_wants, parse_range, read_addresses, resumed
from serving.bake.shards import broken, missing, remove
from serving.bake.workers import Job, close_oven, failed

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 all is there, 1 some shards aren't or are broken, 2 bad request, 130 interrupted."""
    given = _parser().parse_args(arguments)
    try:
        if importlib.util.find_spec("pyarrow") is None:
            raise BakeError("Bakes need pyarrow for their index: pip install -r requirements-bake.txt")
        plan = _plan(given)
        plan = resumed(given.out, plan) or _pinned(plan, given.saved_models)
        begin(given.out, plan)
        if given.verify or given.repair:
            return _verify(given.out, plan, given.repair)
        return _bake(given, plan)
    except (BakeError, ParallelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to go on.", file=sys.stderr)
        return 130


def _bake(given: argparse.Namespace, plan: Plan) -> int:
    part, parts = given.part
    todo = [shard for shard in missing(given.out, plan) if shard % parts == part]
    job = Job(plan, given.out, given.saved_models)
    addresses = sum(len(plan.texts(shard)) for shard in todo)
    unmade = 0
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(tqdm(total=addresses, unit="planet", disable=None))
        stack.callback(close_oven)
        ray = given.ray if todo else None
        run = stack.enter_context(crew(min(given.workers, len(todo)) or 1, ray, given.cpus, given.gpus))
        for _, made in run(job, todo, failed=failed):
            progress.update(made.count)
            if made.problem:
                unmade += 1
                tqdm.write(f"shard {made.shard:06d}: {made.problem}", file=sys.stderr)
    done = len(todo) - unmade
    print(f"{done} shards made, {unmade} not; {plan.shards} in all, of {plan.count} addresses, in {given.out}.")
    return 1 if unmade else 0


def _verify(out: Path, plan: Plan, repair: bool) -> int:
    found = 0
    for shard, sentence in broken(out, plan):
        found += 1
        print(f"shard {shard:06d}: {sentence}{'; removed' if repair else ''}.", file=sys.stderr)
        if repair:
            remove(out, shard)
    absent = len(missing(out, plan))
    whole = plan.shards - absent - (0 if repair else found)
    print(f"{whole} of {plan.shards} shards are whole{f', {found} broken' if found and not repair else ''}.")
    return 1 if found or absent else 0


def _plan(given: argparse.Namespace) -> Plan:
    wants = check_wants(given.want or ["planet.webp"])
    named = {"kind": given.kind, "model": given.model, "version": given.version}
    options = {name: value for name, value in named.items() if value is not None}
    if given.addresses:
        addresses = read_addresses(given.addresses)
        return Plan(None, 0, len(addresses), wants, options, given.shard_size, addresses)
    first, count = parse_range(given.seeds)
    return Plan(given.stem, first, count, wants, options, given.shard_size)


def _pinned(plan: Plan, saved_models: Path) -> Plan:
    """The same with the model and version that draw its first address, lest a new version come in between.

    Raises:
        BakeError: The first address can't be baked as asked, and so none.
    """
    known = "model" in plan.options and "version" in plan.options
    oven = Oven(saved_models, (plan.options["model"], plan.options["version"]) if known else None)
    try:
        [(entry, _)] = oven.files(plan, plan.texts(0)[:1])
    finally:
        oven.close()
    pinned = {**plan.options, "model": entry["model"], "version": str(entry["version"])}
    return dataclasses.replace(plan, options=pinned)


def _part(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or int(match[1]) >= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no part such as 0/8, the first of eight")
    return int(match[1]), int(match[2])


def _at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.bake",
        description="Makes the files of many addresses, in shards: byte for byte what the gateway gives.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("out", type=Path, metavar="OUT", help="folder of the shards; the same command goes on where it was stopped")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seeds", metavar="FIRST:END", help="seeds, END not among them; see --stem")
    which.add_argument("--addresses", type=Path, metavar="FILE", help="text file with an address in each line")
    add("--stem", metavar="ADDRESS", help="the addresses ADDRESS/FIRST, and so on, instead of seeds")
    add("--want", action="append", metavar="FILE", help="planet.webp?size=256, map.png, world.glb, …; again for more")
    add("--kind", help="of all, such as mars or mars:0.7,earth:0.3; else as their seeds choose")
    add("--model", help="else the gateway's default")
    add("--version", help="else the newest")
    add("--saved-models", type=Path, default=Path("saved_models"), metavar="FOLDER", help="holds NAME/VERSION/ models")
    add("--shard-size", type=_at_least_1, default=1000, metavar="N", help="addresses of a shard")
    add("--workers", type=_at_least_1, default=1, metavar="N", help="processes of this machine")
    add("--part", type=_part, default=(0, 1), metavar="I/N", help="of N machines this is number I, from 0 on")
    add("--ray", metavar="ADDRESS", help="of a Ray cluster that shares the folders; local starts one here")
    add("--cpus", type=float, default=1.0, metavar="N", help="CPUs that a task on Ray asks for")
    add("--gpus", type=float, default=0.0, metavar="N", help="GPUs that it asks for, or a share of one")
    add("--verify", action="store_true", help="makes nothing, and compares all shards with their checksums")
    add("--repair", action="store_true", help="the same, and takes broken ones away, to be made anew")
    return parser


if __name__ == "__main__":
    sys.exit(main())
