"""behaviours: list the behaviours that the suite requires of a service."""

from __future__ import annotations

import argparse

from mockserver.cli import Commands, add_service, add_versions, service_of, version_asked
from mockserver.console.terminal import show


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    listing = commands.add_parser(
        "behaviours",
        help="List the behaviours that the suite requires of a gateway or Dashboard.",
        description="List the behaviours that the suite requires of a version of a gateway, or with "
        "--service dashboard of a Dashboard: id, operation, level, statement, kind of evidence, and source. "
        "What is only observed fails nothing; `tyk-contract explain inferred` explains a kind of evidence.",
    )
    add_service(listing)
    add_versions(listing, ", {example}; the default version if left out.", None)
    listing.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the behaviours; return the exit code."""
    from mockserver.contract.spec_files import version_of

    service = service_of(options)
    version = version_of(version_asked(options), service.folder)
    for row in service.behaviours.values():
        if row.holds_for(version):
            evidence = row.evidence if row.may_fail else f"{row.evidence}, only observed"
            show(f"{row.id}  ({row.operation}, {row.level})", f"    {row.statement}")
            show(f"    {evidence}: {row.source}")
    return 0
