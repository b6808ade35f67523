"""The commands of `tyk-contract`, one module each: `add` declares a command, `run` executes it.

Commands import heavy modules inside `run`, so that the others start without them.
"""

from __future__ import annotations

import argparse
import math
from typing import TypeAlias

from mockserver.console.credentials import SECRET
from mockserver.http.deadline import RUN_SECONDS

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  argparse has no public name for it

CONFORMS, BROKEN, USAGE, UNREACHABLE = 0, 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 the gateway conforms, 1 it does not conform, 2 usage error, internal error, or a limit of "
    "the run was reached, 3 the gateway cannot be reached."
)


def add_target(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Declare the arguments that name a gateway: its URL and its secret."""
    parser.add_argument(
        "url",
        nargs="?" if is_optional else None,
        metavar="URL",
        help="URL of the gateway, as in http://host:8080.",
    )
    SECRET.add_options(parser)


def add_max_time(parser: argparse.ArgumentParser, consequence: str) -> None:
    """Declare --max-time, with a sentence that says what happens then."""
    parser.add_argument(
        "--max-time",
        type=_seconds,
        default=RUN_SECONDS,
        metavar="SECONDS",
        help=f"Time of all requests together. {consequence} (default: %(default)g)",
    )


def _seconds(text: str) -> float:
    """The seconds of an argument."""
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time; give seconds, as in --max-time 600")
    return seconds


def secret_of(options: argparse.Namespace) -> str:
    """The secret of the options, else of the variable, else "".

    Raises:
        CredentialError: the options give several, or a file or standard input has none.
    """
    return SECRET.of(options) or ""
