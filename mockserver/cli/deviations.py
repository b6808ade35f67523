"""deviations: list the differences between the vendor's published spec and a service."""

from __future__ import annotations

import argparse

from mockserver.cli import Commands, add_service, service_of
from mockserver.console.terminal import show


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "deviations",
        help="List the differences between the vendor's published spec and a gateway or Dashboard.",
        description="Print the table of deviations of a gateway, or with --service dashboard of a "
        "Dashboard, as Markdown. The files docs/deviations.md and "
        "docs/deviations-dashboard.md are this output.",
    )
    add_service(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table; return the exit code."""
    from mockserver.contract.deviations import page

    show(*page(service_of(options).folder).splitlines())
    return 0
