"""behaviours: list the behaviours that the suite requires of a service."""

from __future__ import annotations

import argparse
from pathlib import Path

from mockserver.cli import SERVICES, Commands, add_versions, service_named
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.terminal import show

FORMATS = ("text", "markdown", "json", "html")
ALL = "all"


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    listing = commands.add_parser(
        "behaviours",
        help="List the behaviours that the suite requires of a gateway or Dashboard.",
        description="List the behaviours that the suite requires of a gateway, or with --service dashboard "
        "of a Dashboard: id, operation, level, versions, statement, kind of evidence, and source. The other "
        "formats have a recorded example and the tests too. "
        "What is only observed fails nothing; `tyk-contract explain inferred` explains a kind of evidence.",
        epilog=f"{EXAMPLES}tyk-contract behaviours --gateway 5.14\n"
        "tyk-contract behaviours --service all --format html --output behaviours.html",
        formatter_class=HelpFormatter,
    )
    listing.add_argument(
        "--service",
        choices=(*SERVICES, ALL),
        default=SERVICES[0],
        help="Service that is meant, or all. (default: %(default)s)",
    )
    add_versions(listing, ", {example}; the behaviours of all versions if left out.", None)
    listing.add_argument(
        "--format",
        choices=FORMATS,
        default=FORMATS[0],
        help="Output format; html is one page that needs no other file, with the ids of the behaviours as "
        "anchors (text).",
    )
    listing.add_argument("--output", metavar="FILE", help="File to write instead of standard output.")
    listing.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print or write the behaviours; return the exit code."""
    from contract_tests.report import output_file
    from mockserver.cli import catalogue, catalogue_formats
    from mockserver.contract.spec_files import version_of

    names = SERVICES if options.service == ALL else (options.service,)
    if options.output:
        output_file.check(Path(options.output))
    listed = {}
    for service in map(service_named, names):
        asked = getattr(options, service.name)
        version = None if asked is None else version_of(asked, service.folder)
        listed[service.name] = [
            entry for entry in catalogue.entries(service) if version is None or entry.row.holds_for(version)
        ]
    text = catalogue_formats.FORMATS[options.format](listed)
    if options.output:
        output_file.write(Path(options.output), text)
    else:
        show(*text.splitlines())
    return 0
