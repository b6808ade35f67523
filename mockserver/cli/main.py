"""The command line `tyk-contract`: it runs a command, and reports an error as one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from mockserver.cli import EXIT_CODES, USAGE, installation
from mockserver.console.credentials import CREDENTIALS
from mockserver.console.terminal import guard, show_error

COMMANDS = (  # the modules of this package that are commands, in the order of the help
    "serve",
    "dashboard",
    "planes",
    "verify",
    "clean",
    "behaviours",
    "explain",
    "diff",
    "deviations",
    "parity",
    "propagation",
    "record",
    "mutants",
    "why",
    "impact",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command of the arguments and exit with its code."""
    guard()
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(arguments).parse_args(arguments)
    try:
        installation.check()
        code: int = options.run(options)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ValueError, OSError) as error:  # all errors that a user can correct are subclasses
        show_error(*_lines_of(error, [value for kind in CREDENTIALS for value in kind.known(options)]))
        code = getattr(error, "code", USAGE)
    except RecursionError:
        show_error("tyk-contract: a document is nested too deeply; correct the file")
        code = USAGE
    except KeyboardInterrupt as interruption:  # of a run of the suite it has a message
        show_error(f"tyk-contract: {str(interruption) or 'interrupted'}")
        code = USAGE
    sys.exit(code)


def _lines_of(error: Exception, secrets: list[str]) -> list[str]:
    """The message of an error, in one line, and the lines of its notes, without the secrets."""
    from mockserver.http.redaction import hidden

    notes = [line for note in getattr(error, "__notes__", ()) for line in note.splitlines()]
    lines = [f"tyk-contract: {error}", *notes]
    for secret in secrets:
        lines = [hidden(line, secret) for line in lines]
    return lines


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command that the arguments begin with, else of all commands, which takes longer."""
    parser = argparse.ArgumentParser(
        prog="tyk-contract",
        description="A mock of the Tyk Gateway's policy API, and a contract suite for mock and real "
        "gateways.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="Show the version and exit.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS:
        import_module(f"mockserver.cli.{command}").add(commands)
    return parser


class _Version(argparse.Action):
    """An action that prints the version; it reads the package metadata, which is slow, only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from mockserver.contract.versions import package_version

        parser.exit(message=f"{package_version('tyk-contract from a checkout')}\n")
