"""behaviours: list what the suite holds a gateway to."""

from __future__ import annotations

import argparse

from mockserver.cli import Commands


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    listing = commands.add_parser(
        "behaviours",
        help="list what the suite holds a gateway to",
        description="List the behaviours of a version: id, operation, statement and source.",
    )
    listing.add_argument("--gateway", metavar="VERSION", help="version: 5.12, or 5.12.0")
    listing.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from mockserver.contract import behaviours
    from mockserver.contract.spec_files import version_of

    version = version_of(options.gateway)
    for row in behaviours.load().values():
        if row.holds_for(version):
            print(f"{row.id}  ({row.operation}, {row.level})\n    {row.statement}\n    {row.source}")
    return 0
