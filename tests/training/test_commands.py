"""What commands make of errors: a request that can't be met is told, a mistake in the program is shown."""

from __future__ import annotations

import importlib

import pytest

from datasets.errors import RequestError

COMMANDS = {
    "train": ("train", ["dcgan", "--data", "data", "--out", "run"]),
    "export": ("export_run", ["run"]),
    "evaluate": ("evaluate", ["model", "--data", "data"]),
    "compare": ("sweep", ["--data", "data", "--out", "runs", "dcgan"]),
    "sweep": ("sweep", ["dcgan_v1_64", "--data", "data", "--out", "runs"]),
    "calibrate": ("calibrate", ["run", "--data", "data"]),
    "report": ("write_report", ["run"]),
}


@pytest.fixture(params=COMMANDS)
def command(request, monkeypatch):
    """A function that runs a command whose work raises an error."""
    module = importlib.import_module(f"training.{request.param}")
    work, arguments = COMMANDS[request.param]

    def run(error: Exception) -> int:
        def fail(*_, **__):
            raise error

        monkeypatch.setattr(module, work, fail)
        return module.main(arguments)

    return run


def test_a_request_that_cannot_be_met_ends_in_its_sentence(command, capsys):
    assert command(RequestError("The data is of another planet: give another.")) == 2
    assert capsys.readouterr().err == "error: The data is of another planet: give another.\n"


def test_a_mistake_in_the_program_is_shown_as_one(command):
    with pytest.raises(ValueError, match="operands could not be broadcast"):
        command(ValueError("operands could not be broadcast together"))
