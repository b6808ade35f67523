"""The commands of `tyk-contract`, one module each: `add` declares a command, `run` executes it.

Commands import heavy modules inside `run`, so that the others start without them.
"""

from __future__ import annotations

import argparse
import os
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  argparse has no public name for it

CONFORMS, BROKEN, USAGE, UNREACHABLE = 0, 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 the gateway conforms, 1 it does not conform, 2 usage error, internal error, or a limit of "
    "the run was reached, 3 the gateway cannot be reached."
)


def add_target(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Declare the arguments that name a gateway: its URL and --secret."""
    parser.add_argument(
        "url",
        nargs="?" if is_optional else None,
        metavar="URL",
        help="URL of the gateway, as in http://host:8080.",
    )
    parser.add_argument(
        "--secret",
        metavar="SECRET",
        help="Secret of the gateway. The variable TYK_GW_SECRET is safer, because it does not appear in the "
        "list of processes.",
    )


def secret_of(options: argparse.Namespace) -> str:
    """The secret in --secret, else in the variable TYK_GW_SECRET, else ""."""
    return os.environ.get("TYK_GW_SECRET", "") if options.secret is None else str(options.secret)
