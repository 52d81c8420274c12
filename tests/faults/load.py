"""Clients that ask for planets on and on, and look at every answer."""

from __future__ import annotations

import dataclasses
import http.client
import io
import random
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

_PAUSE_S = 0.05  # between an answer and the next request

Pictures = Mapping[tuple[int, int], np.ndarray]  # by version and seed: uint8 of shape (H, W, 3)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came of one request.

    Attributes:
        asked: `time.monotonic()` at which it was sent.
        seconds: Until the answer was there.
        status: HTTP status; 0 if there was no answer.
        version: Version that drew the planet; 0 if none did.
        fault: What is wrong with the answer whatever happened meanwhile, else `""`.
    """

    asked: float
    seconds: float
    status: int
    version: int = 0
    fault: str = ""

    @property
    def came(self) -> float:
        return self.asked + self.seconds


class Load:
    """Requests by several clients at once, each asking again when it is answered.

    Args:
        port: The gateway's.
        model: Model to name.
        pictures: What each version shows for each of the seeds that are asked for.
        give_up_s: Seconds after which a client waits no longer.
    """

    def __init__(self, port: int, model: str, pictures: Pictures, give_up_s: float) -> None:
        self._port = port
        self._model = model
        self._pictures = pictures
        self._give_up_s = give_up_s
        self._seeds = sorted({seed for _, seed in pictures})
        self._stopped = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        self.answers: list[Answer] = []

    def start(self, clients: int) -> None:
        self._pool = ThreadPoolExecutor(clients)
        for number in range(clients):
            self._pool.submit(self._ask_on_and_on, random.Random(number))

    def stop(self) -> None:
        self._stopped.set()
        self._pool.shutdown()

    def burst(self, requests: int) -> list[Answer]:
        """Answers to requests made all at once, besides the others."""
        with ThreadPoolExecutor(requests) as pool:
            return list(pool.map(lambda index: self._ask(self._seeds[index % len(self._seeds)]), range(requests)))

    def _ask_on_and_on(self, rng: random.Random) -> None:
        while not self._stopped.wait(_PAUSE_S):
            self.answers.append(self._ask(rng.choice(self._seeds)))

    def _ask(self, seed: int) -> Answer:
        asked = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._give_up_s)
        try:
            connection.request("GET", f"/v1/planets/{seed}.png?model={self._model}")
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return Answer(asked, time.monotonic() - asked, 0, fault=f"no answer: {type(error).__name__}")
        finally:
            connection.close()
        seconds = time.monotonic() - asked
        version = int(response.headers.get("X-Planet-Version", 0)) if response.status == 200 else 0
        return Answer(asked, seconds, response.status, version, self._fault(seed, version, response, body))

    def _fault(self, seed: int, version: int, response: http.client.HTTPResponse, body: bytes) -> str:
        if response.status == 503:
            return "" if response.headers.get("Retry-After", "").isdecimal() else "a 503 without Retry-After"
        if response.status == 504:
            return ""
        if response.status != 200:
            return f"status {response.status}"
        expected = self._pictures.get((version, seed))
        if expected is None:
            return f"a picture by version {version}"
        found = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
        if found.shape != expected.shape or np.abs(found.astype(int) - expected).max() > 1:  # one rounding step
            return "a wrong picture"
        return ""
