"""What befalls the model server, and what the gateway's clients may notice of it."""

from __future__ import annotations

import collections
import dataclasses
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.load import Answer, Load
from tests.faults.servers import ModelServer

MAX_RECOVERY_S = 5.0
SLACK_S = 2.0  # beyond the deadline, for a busy machine
_CALM_S = 2.0


@dataclasses.dataclass(frozen=True)
class Event:
    """Something that happened, and the answers to what was asked meanwhile.

    Attributes:
        name: What happened.
        answers: In the order in which they came.
        returned: `time.monotonic()` at which the model server was back; None if it was never away.
        burst: Answers that came besides, to requests made all at once.
        missed: What did not come about, one clause, else `""`.
    """

    name: str
    answers: Sequence[Answer]
    returned: float | None = None
    burst: Sequence[Answer] = ()
    missed: str = ""

    @property
    def statuses(self) -> dict[int, int]:
        """Answers by status."""
        return dict(sorted(collections.Counter(one.status for one in [*self.answers, *self.burst]).items()))

    @property
    def slowest_s(self) -> float:
        return max((one.seconds for one in [*self.answers, *self.burst]), default=0.0)

    @property
    def recovery_s(self) -> float | None:
        """From the server's return until the last answer that was not a planet; None if it was never away."""
        if self.returned is None:
            return None
        return max([0.0, *(one.came - self.returned for one in self.answers if one.status != 200)])

    def faults(self, deadline_s: float) -> list[str]:
        """What must not be, one clause each."""
        everything = [*self.answers, *self.burst]
        found = [f"{count} times {fault}" for fault, count in _counted(one.fault for one in everything).items()]
        if self.slowest_s > deadline_s + SLACK_S:
            found.append(f"an answer took {self.slowest_s:.1f} s")
        failed = sum(one.status != 200 for one in self.answers)
        if self.returned is None and failed:
            found.append(f"{failed} requests failed")
        if self.recovery_s is not None and self.recovery_s > MAX_RECOVERY_S:
            found.append(f"recovery took {self.recovery_s:.1f} s")
        if not any(one.status == 200 and one.came > (self.returned or 0.0) for one in self.answers):
            found.append("no planet was drawn")
        return found + [self.missed] * bool(self.missed)


class Scenario:
    """One event after another, under load.

    Args:
        load: Clients that ask already.
        server: The model server; None if the gateway runs the model itself.
        model: Folder of its model's versions, in which stands version 1.
        new: Folder of version 2.
        deadline_s: The gateway's.
    """

    def __init__(self, load: Load, server: ModelServer | None, model: Path, new: Path, deadline_s: float) -> None:
        self._load = load
        self._server = server
        self._model = model
        self._new = new
        self._deadline_s = deadline_s

    def events(self) -> list[Callable[[], Event]]:
        """What can befall the gateway, in order."""
        of_server = [self.kill, self.freeze, self.fill_the_queue] if self._server is not None else []
        return [self.calm, *of_server, self.break_a_version, self.swap]

    def calm(self) -> Event:
        start = self._mark()
        time.sleep(_CALM_S)
        return Event(self._named("nothing"), self._since(start))

    def kill(self) -> Event:
        start = self._mark()
        self._server.kill()
        time.sleep(_CALM_S)
        self._server.start()
        return self._recovered("killed, started again", start)

    def freeze(self) -> Event:
        start = self._mark()
        self._server.freeze()
        time.sleep(self._deadline_s + 1.0)
        self._server.thaw()
        return self._recovered("frozen past the deadline", start)

    def fill_the_queue(self) -> Event:
        """More requests than work or wait, while the server stands still for a moment."""
        start = self._mark()
        self._server.freeze()
        burst = self._load.burst(60)
        self._server.thaw()
        missed = "" if any(one.status == 503 and one.seconds < 1.0 for one in burst) else "nobody was refused at once"
        event = self._recovered("60 requests at once", start)
        return dataclasses.replace(event, burst=burst, missed=missed)

    def break_a_version(self) -> Event:
        start = self._mark()
        broken = shutil.copytree(self._new, self._model.parent / ".broken")
        (broken / "saved_model.pb").write_bytes(b"not a protobuf")
        broken.rename(self._model / "2")
        time.sleep(2 * _CALM_S)
        event = Event(self._named("a broken version came"), self._since(start))
        shutil.rmtree(self._model / "2")
        return event

    def swap(self) -> Event:
        """Version 3 with version 2's weights, as a number that was broken is not given again."""
        start = self._mark()
        new = shutil.copytree(self._new, self._model.parent / ".new")
        new.rename(self._model / "3")
        end = time.monotonic() + 60.0
        while not any(one.version == 3 for one in self._since(start)) and time.monotonic() < end:
            time.sleep(0.05)
        shutil.rmtree(self._model / "1")
        time.sleep(_CALM_S)
        answers = self._since(start)
        missed = "" if answers[-1].version == 3 else "the new version did not come"
        return Event(self._named("a version swapped"), answers, missed=missed)

    def _named(self, name: str) -> str:
        return name if self._server is not None else f"embedded: {name}"

    def _mark(self) -> int:
        return len(self._load.answers)

    def _since(self, start: int) -> list[Answer]:
        return self._load.answers[start:]

    def _recovered(self, name: str, start: int) -> Event:
        """The event, once there was time to recover and all that was asked before that is answered."""
        returned = time.monotonic()
        time.sleep(MAX_RECOVERY_S + 1.0)
        return Event(name, self._since(start), returned=returned)


def _counted(faults: object) -> dict[str, int]:
    return dict(collections.Counter(fault for fault in faults if fault))
