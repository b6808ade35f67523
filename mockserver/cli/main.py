"""The command line: reads the arguments, runs the command, turns errors into one line and a code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from mockserver.cli import (
    EXIT_CODES,
    USAGE,
    behaviours,
    clean,
    deviations,
    diff,
    explain,
    installation,
    mutants,
    parity,
    record,
    serve,
    verify,
    why,
)

COMMANDS = (serve, verify, clean, behaviours, explain, diff, deviations, parity, record, mutants, why)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    options = _parser().parse_args(arguments)
    try:
        installation.check()
        code: int = options.run(options)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ValueError, OSError) as error:  # every error of ours that a user can mend is one of them
        print(f"tyk-contract: {error}", file=sys.stderr)
        code = getattr(error, "code", USAGE)
    except RecursionError:
        print("tyk-contract: a document is nested too deep to be read; mend the file", file=sys.stderr)
        code = USAGE
    except KeyboardInterrupt:
        print("tyk-contract: interrupted; what was written is removed", file=sys.stderr)
        code = USAGE
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tyk-contract",
        description="A mock of the Tyk Gateway policy API, and the contract suite for any gateway.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that takes as long as a tenth of a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from mockserver.contract.versions import package_version

        parser.exit(message=f"{package_version('tyk-contract from a checkout')}\n")
