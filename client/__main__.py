"""Command line of the client: `planets generate|morph|sheet|world|assets|system|classify|translate|models|health`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

from client.api import PlanetClient
from client.errors import PlanetError
from client.shell.arguments import parser
from client.shell.commands import EXIT_CANNOT, EXIT_STOPPED
from client.shell.console import Console


def main(
    argv: Sequence[str] | None = None, *, program: str = "planets", sleep: Callable[[float], None] = time.sleep
) -> int:
    """Runs one command.

    Args:
        argv: Arguments; those of the process if None.
        program: What the command line is called.
        sleep: Waits a number of seconds between two tries.

    Returns:
        Exit code: 0 all well, 1 some of it failed (or the server is not ready), 2 nothing could be done, 130
        stopped, by Ctrl+C or because nobody reads on.
    """
    arguments = parser(program).parse_args(argv)
    console = Console(program, arguments.json)
    try:
        with PlanetClient(arguments.url, arguments.timeout, sleep=sleep) as client:
            code: int = arguments.run(client, arguments, console)
            return code
    except BrokenPipeError:  # whoever read our stdout has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it flushes stdout
        return EXIT_STOPPED
    except (PlanetError, OSError) as error:
        console.complain(error)
        return EXIT_CANNOT
    except KeyboardInterrupt:
        console.complain("stopped")
        return EXIT_STOPPED


if __name__ == "__main__":
    sys.exit(main(program="python -m client"))
