"""The command line `tyk-contract`: it runs a command, and reports an error as one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword

from mockserver.cli import EXIT_CODES, SERVICES, USAGE, installation, lines_of
from mockserver.cli.help_format import EXAMPLES, grouped
from mockserver.cli.parser import Parser
from mockserver.console.terminal import guard, show, show_error

GROUPS = {  # the modules of this package that are commands, in the order of the help
    "Mock a gateway or Dashboard": ("serve", "dashboard", "planes"),
    "Check a gateway or Dashboard": ("verify", "conformance", "clean", "behaviours", "explain"),
    "Understand policies": ("lint", "why", "impact", "propagation"),
    "Carry state from one gateway to another": ("export", "import"),
    "Compare versions and recordings": ("compare", "diff", "deviations", "parity", "record", "mutants"),
}
COMMANDS = tuple(command for commands in GROUPS.values() for command in commands)
OTHER_NAMES = {  # of commands, as other programs call them
    "check": "lint", "validate": "lint", "mock": "serve", "start": "serve", "run": "serve", "test": "verify",
}  # fmt: skip
TOP_EXAMPLES = f"""{EXAMPLES}tyk-contract serve --port 8080                      a mock gateway
tyk-contract serve --conf tyk.conf                  with a real gateway's configuration
tyk-contract verify http://gateway:8080             check a real gateway
tyk-contract help COMMAND                           what a command does, with examples
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command of the arguments and exit with its code; without arguments print the help."""
    guard()
    arguments = _as_options(sys.argv[1:] if arguments is None else arguments)
    parser = parser_of(arguments)
    if not arguments:
        parser.print_help()
        sys.exit(USAGE)
    options = parser.parse_args(arguments)
    options.arguments = arguments
    try:
        installation.check()
        code: int = options.run(options)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ValueError, OSError) as error:  # all errors that a user can correct are subclasses
        show_error(*lines_of(error, options))
        code = getattr(error, "code", USAGE)
    except RecursionError:
        show_error("tyk-contract: a document is nested too deeply; correct the file")
        code = USAGE
    except MemoryError:
        show_error("tyk-contract: there is not enough memory; give smaller files, or the process more")
        code = USAGE
    except KeyboardInterrupt as interruption:  # of a run of the suite it has a message
        show_error(f"tyk-contract: {str(interruption) or 'interrupted'}")
        code = USAGE
    sys.exit(code)


def _as_options(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments with `help` and `version` as the options of these names."""
    match arguments:
        case ["version"] | ["help"]:
            return [f"--{arguments[0]}"]
        case ["help", command]:
            return [command, "--help"]
        case _:
            return arguments


def parser_of(arguments: Sequence[str]) -> Parser:
    """The parser of the command that the arguments begin with, else of all commands, which takes longer."""
    shown = arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS
    parser = Parser(
        prog="tyk-contract",
        description="Mocks of the Tyk Gateway and Dashboard, a contract suite for mock and real ones, and "
        "tools for policies.",
        epilog=f"{EXIT_CODES} Those of other commands are in their help.\n\n{TOP_EXAMPLES}",
        formatter_class=grouped(GROUPS if len(shown) > 1 else {}),
    )
    parser.other_names = OTHER_NAMES
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        help="Show the version and those of gateways and Dashboards that it knows, and exit.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in shown:
        name = f"{command}_" if iskeyword(command) else command
        import_module(f"mockserver.cli.{name}").add(commands)
    return parser


class _Version(argparse.Action):
    """An action that prints the version; it reads the package metadata, which is slow, only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from mockserver.contract import releases
        from mockserver.contract.spec_files import known_versions, spec_path
        from mockserver.contract.versions import package_version

        lines = [f"tyk-contract {package_version('from a checkout')}"]
        for name in SERVICES:
            versions = known_versions(spec_path(name))
            lines.append(f"{name.capitalize()} versions: {', '.join(map(str, versions.values()))}")
        read = [str(row.version) for row in releases.load().rows if row.nearest is not None]
        lines.append(f"Gateway versions read and not recorded: {', '.join(read)}")
        show(*lines)
        parser.exit()
