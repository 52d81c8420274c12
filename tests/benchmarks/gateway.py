"""Planets per second of the gateway, beside its model called directly and the first project's server.

    python -m tests.benchmarks.gateway [--model dcgan_v1_64] [--seconds 5]

Every row is measured in this run on this machine, rounds in turn; the ratios are what travels to another machine.
Nothing else should be running: the load generator shares the processor with what it measures.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROUNDS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"))
    parser.add_argument("--model", default="dcgan_v1_64")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one measurement")
    options = parser.parse_args()
    saved_model = str(max((options.saved_models / options.model).glob("[0-9]*"), key=lambda path: int(path.name)))
    gateway = ["-m", "serving.gateway", "--backend", "embedded", "--saved-models", str(options.saved_models)]
    with (
        _server([*gateway, "--port"], "/health/ready") as gateway_port,
        _server(["-m", "tests.benchmarks.first_server", saved_model], "/get_planet/") as first_port,
    ):
        seeds = itertools.count()

        direct = _direct_caller(saved_model)
        cases: dict[str, Callable[[], float]] = {
            "direct call, batch 1": lambda: direct(1, options.seconds),
            "direct call, batch 16": lambda: direct(16, options.seconds),
        }
        for extension, clients in itertools.product(("png", "webp"), (1, 16)):
            cases[f"gateway, {extension}, {clients} client{'s' * (clients > 1)}"] = (
                lambda extension=extension, clients=clients: _load(
                    gateway_port,
                    lambda: f"/v1/planets/{next(seeds)}.{extension}?model={options.model}",
                    clients,
                    options.seconds,
                )
            )
        for clients in (1, 16):
            cases[f"first server, png, {clients} client{'s' * (clients > 1)}"] = lambda clients=clients: _load(
                first_port, lambda: "/get_planet/", clients, options.seconds
            )
        rates: dict[str, list[float]] = {name: [] for name in cases}
        for _, (name, measure) in itertools.product(range(ROUNDS), cases.items()):
            rates[name].append(measure())
    _report(rates)


def _report(rates: dict[str, list[float]]):
    median = {name: statistics.median(values) for name, values in rates.items()}
    print(f"{'planets per second, median of ' + str(ROUNDS):34} {'rate':>8} {'× direct 1':>11} {'× first server':>15}")
    for name, rate in median.items():
        clients = "16 clients" if "16 clients" in name else "1 client"
        first = median[f"first server, png, {clients}"]
        print(f"{name:34} {rate:8.1f} {rate / median['direct call, batch 1']:11.2f} {rate / first:15.1f}")


def _direct_caller(saved_model: str) -> Callable[[int, float], float]:
    """A function that calls the SavedModel in a loop and returns planets per second, nothing encoded."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    generate = tf.saved_model.load(saved_model).signatures["generate"]
    latent_size = generate.structured_input_signature[1]["latent"].shape[1]

    def run(batch: int, seconds: float) -> float:
        latent = np.random.default_rng(0).standard_normal((batch, latent_size), dtype=np.float32)
        generate(latent=tf.constant(latent))
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            generate(latent=tf.constant(latent))["image"].numpy()
            count += batch
        return count / (time.perf_counter() - started)

    return run


def _load(port: int, path: Callable[[], str], clients: int, seconds: float) -> float:
    """Planets per second that `clients` connections get, each asking again as soon as it is answered."""
    started = time.perf_counter()
    deadline = started + seconds

    def client(_) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        count = 0
        while time.perf_counter() < deadline:
            connection.request("GET", path())
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or not body:
                raise RuntimeError(f"{answer.status} {body[:200]!r}")
            count += 1
        connection.close()
        return count

    with ThreadPoolExecutor(clients) as pool:
        count = sum(pool.map(client, range(clients)))
    return count / (time.perf_counter() - started)


@contextlib.contextmanager
def _server(arguments: list[str], probe: str) -> Iterator[int]:
    """Starts `python ARGUMENTS PORT`, waits until `probe` answers 200, and ends it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *arguments, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _answers(port, probe):
            if process.poll() is not None:
                raise SystemExit(f"python {' '.join(arguments)} {port} ended with exit code {process.returncode}.")
            time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _answers(port: int, probe: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", probe)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
