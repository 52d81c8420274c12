"""Whether a program of this project understands a command line: its own parser is asked, and nothing is run."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import io
from collections.abc import Callable, Sequence
from unittest import mock


class _Understood(Exception):
    """Stops a program once its arguments are parsed; holds those that it would pass on."""

    def __init__(self, passed_on: Sequence[str]) -> None:
        super().__init__("understood")
        self.passed_on = list(passed_on)


def main_of(module: str) -> Callable[[list[str]], object]:
    """What `python -m MODULE` calls with its arguments."""
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"there is no module {module}"
    return importlib.import_module(f"{module}.__main__" if spec.submodule_search_locations else module).main


def check_arguments(main: Callable[[list[str]], object], arguments: list[str]) -> list[str]:
    """Has a program parse its arguments; what is wrong with them fails the test.

    Returns:
        The arguments that it doesn't know and would pass on to another program.
    """
    original = argparse.ArgumentParser.parse_known_args
    is_nested = False  # a parser has its commands' parsers parse what is theirs

    def parse(parser: argparse.ArgumentParser, args: Sequence[str] | None, namespace: object) -> list[str]:
        nonlocal is_nested
        is_nested = True
        return original(parser, args, namespace)[1]

    def parse_known(
        parser: argparse.ArgumentParser, args: Sequence[str] | None = None, namespace: object = None
    ) -> object:
        if is_nested:
            return original(parser, args, namespace)
        raise _Understood(parse(parser, args, namespace))

    def parse_all(parser: argparse.ArgumentParser, args: Sequence[str] | None = None, namespace: object = None) -> None:
        unknown = parse(parser, args, namespace)
        if unknown:
            parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        raise _Understood([])

    said = io.StringIO()
    with (
        mock.patch.object(argparse.ArgumentParser, "parse_known_args", parse_known),
        mock.patch.object(argparse.ArgumentParser, "parse_args", parse_all),
        contextlib.redirect_stderr(said),
    ):
        try:
            main(arguments)
        except _Understood as understood:
            return understood.passed_on
        except SystemExit:
            raise AssertionError(said.getvalue()) from None
    raise AssertionError(f"{main.__module__} parsed no arguments")


def options_of(main: Callable[[list[str]], object]) -> set[str]:
    """Every option that a program or one of its commands has."""
    options: set[str] = set()
    add = argparse._ActionsContainer.add_argument

    def noting(container: argparse._ActionsContainer, *names: str, **settings: object) -> argparse.Action:
        action = add(container, *names, **settings)
        options.update(action.option_strings)
        return action

    with (
        mock.patch.object(argparse._ActionsContainer, "add_argument", noting),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.suppress(SystemExit),
    ):
        main(["--help"])
    return options
