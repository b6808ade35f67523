"""deviations: where the vendor's published spec and a gateway disagree."""

from __future__ import annotations

import argparse

from mockserver.cli import Commands


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    ledger = commands.add_parser(
        "deviations",
        help="list where the published spec and a gateway disagree",
        description="Print the ledger of deviations as Markdown; docs/deviations.md is its output.",
    )
    ledger.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from mockserver.contract.deviations import page

    print(page(), end="")
    return 0
