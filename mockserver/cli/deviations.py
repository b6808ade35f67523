"""deviations: list the differences between the vendor's published spec and a gateway."""

from __future__ import annotations

import argparse

from mockserver.cli import Commands
from mockserver.console.terminal import show


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "deviations",
        help="List the differences between the vendor's published spec and a gateway.",
        description="Print the table of deviations as Markdown. The file docs/deviations.md is this output.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table; return the exit code."""
    from mockserver.contract.deviations import page

    show(*page().splitlines())
    return 0
