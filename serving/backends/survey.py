"""What one TensorFlow Serving says of the models that it serves, asked a few at a time."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import time
from collections.abc import Iterable, Mapping

from serving.backends.base import LABELS, BackendError, ModelNotFound, Overloaded
from serving.backends.cards import StoredVersion
from serving.backends.model_server import ModelServer

_AT_ONCE = 4  # a server has 4 threads per core unless told otherwise, and predictions need them
_PAUSE_S = 0.1


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a server says of one model.

    Attributes:
        target: Who says it, `HOST:PORT`.
        states: State and error by version.
        labels: Version by label.
        silence: Why it says nothing, one sentence, else `""`.
    """

    target: str
    states: Mapping[int, tuple[str, str]]
    labels: Mapping[str, int]
    silence: str = ""

    def describe(self, stored: StoredVersion) -> tuple[str, str]:
        """State and error of one version."""
        asked = f"version {stored.version}" if self.states else f"model '{stored.name}'"
        state, error = self.states.get(
            stored.version, ("UNAVAILABLE", f"The model server at {self.target} does not serve {asked}.")
        )
        if state == "UNAVAILABLE" and not error:
            error = f"The model server at {self.target} has unloaded version {stored.version}."
        return state, error


class Survey:
    """Asks one server, and remembers what it said: a server too busy to answer still serves what it did.

    One call tells the states of all versions of a model, one more each label's version; there is none for all models.
    """

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._known: dict[str, Answer] = {}
        self._threads = concurrent.futures.ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="survey")

    def ask(self, names: Iterable[str], expires: float) -> dict[str, concurrent.futures.Future[Answer]]:
        """Answers to come by model name, none much later than `expires`, a `time.monotonic()`.

        Raises:
            RuntimeError: Closed.
        """
        return {name: self._threads.submit(self._ask, name, expires) for name in names}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, name: str, expires: float) -> Answer:
        known = self._known.get(name)
        try:
            states = self._ask_states(name, expires, is_known=known is not None)
        except BackendError as error:
            if known and isinstance(error, Overloaded):
                return known
            self._server.forget(name)
            return Answer(self._server.target, {}, {}, str(error))
        available = [version for version, (state, _) in states.items() if state == "AVAILABLE"]
        self._server.forget(name, but=available)
        labels = self._ask_labels(name, len(available), known.labels if known else {}, expires)
        self._known[name] = Answer(self._server.target, states, labels)
        return self._known[name]

    def _ask_states(self, name: str, expires: float, is_known: bool) -> dict[int, tuple[str, str]]:
        """The states of a model's versions; of a busy server, which nothing is known of yet, asked on and on."""
        while True:
            try:
                return self._server.states(name, expires)
            except Overloaded:
                if is_known or time.monotonic() + _PAUSE_S >= expires:
                    raise
            time.sleep(_PAUSE_S)

    def _ask_labels(self, name: str, available: int, known: Mapping[str, int], expires: float) -> dict[str, int]:
        """Version by label. A label of which nothing can be learned now means what it did."""
        labels: dict[str, int] = {}
        for label in LABELS:
            if len(labels) == available:  # a version bears one label, and a label's version is available
                break
            try:
                labels[label] = self._server.labelled(name, label, expires)
            except ModelNotFound:
                pass
            except BackendError:
                labels |= {label: known[label]} if label in known else {}
        return labels
