"""behaviours: list the behaviours that the suite requires of a gateway."""

from __future__ import annotations

import argparse

from mockserver.cli import Commands
from mockserver.console.terminal import show


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    listing = commands.add_parser(
        "behaviours",
        help="List the behaviours that the suite requires of a gateway.",
        description="List the behaviours that the suite requires of a gateway version: id, operation, level, "
        "statement and source.",
    )
    listing.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Gateway version, as in 5.12 or 5.12.0; the default version if left out.",
    )
    listing.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the behaviours; return the exit code."""
    from mockserver.contract import behaviours
    from mockserver.contract.spec_files import version_of

    version = version_of(options.gateway)
    for row in behaviours.load().values():
        if row.holds_for(version):
            show(f"{row.id}  ({row.operation}, {row.level})", f"    {row.statement}", f"    {row.source}")
    return 0
