"""export: save policies, APIs, keys and OAuth clients of a gateway or Dashboard, without secrets."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    Commands,
    add_connection,
    add_max_time,
    add_service,
    connection_of,
    secret_of,
    service_of,
    show_pace,
)
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.cli.json_service import cut
from mockserver.console.credentials import KEY, SECRET
from mockserver.console.terminal import show, show_error
from mockserver.http.deadline import Deadline

if TYPE_CHECKING:
    from mockserver.cli.transfer.contents import Contents

SHOWN = 20  # lines of one sort
LONGEST_LINE = 1000  # characters
_TEXT = f"""Exit codes: 0 all was carried, 1 something could not be carried, 2 usage error or internal error,
3 the gateway or Dashboard cannot be reached.

{EXAMPLES}tyk-contract export http://gateway:8080 --output prod
tyk-contract serve --policies prod/policies/policies.json --apis prod/apis
tyk-contract export http://dashboard:3000 --service dashboard --output prod.json
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "export",
        help="Save policies, APIs, keys and OAuth clients of a gateway, without secrets.",
        description="Read the policies, API definitions, keys and OAuth clients of a gateway, the policies "
        "and API definitions of a Dashboard, or policies in files, and save them as files. Ids of keys "
        "become made-up ones, and secrets are replaced. Nothing is written to the source.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="URL of a gateway, mock or real, or of a Dashboard; or a directory of policies, a record file, "
        "or another export.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR|FILE",
        help="Directory to write to, new or of an earlier export; a name that ends with .json is one file.",
    )
    parser.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Version of the gateway; without it the one that the URL tells, else the default.",
    )
    add_service(parser)
    SECRET.add_options(parser)
    KEY.add_options(parser)
    add_connection(parser)
    add_max_time(parser, "Then nothing is saved.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Save an export; return the exit code."""
    from mockserver.cli.transfer import export_files
    from mockserver.cli.transfer.contents import NAMES, Contents
    from mockserver.cli.transfer.secret_members import Masking
    from mockserver.http.redaction import all_hidden

    export_files.check(options.output)
    contents = _contents(options)
    secrets = [value for kind in (SECRET, KEY) for value in kind.known(options)]
    secrets += connection_of(options).secrets
    masking = Masking(secrets)
    masked = Contents(contents.service, contents.version, notes=contents.notes)
    for kind, documents in contents.kinds.items():
        for name, document in documents.items():
            if masking.has_known(name):
                contents.problems.append(
                    f"{NAMES[kind][0]} {name[:80]!r} is not carried: its id has a secret"
                )
            else:
                masked.kinds[kind][name] = masking.masked(f"{kind}/{name}", document)
    masked.problems = [all_hidden(cut(problem, LONGEST_LINE), secrets) for problem in contents.problems]
    export_files.write(options.output, export_files.manifest_of(masked, masking.replaced), masked)
    show(f"{masked.summary} in {options.output}")
    show(*shortened(sorted(masking.replaced), "replaced: "))
    if masked.keys:
        show("replaced: the ids of all keys, by made-up ones")
    show(*[f"note: {note}" for note in masked.notes])
    show_error(*shortened(masked.problems, "tyk-contract: "))
    return BROKEN if masked.problems else CONFORMS


def shortened(lines: Sequence[str], before: str = "") -> list[str]:
    """The first lines of many, each after a text and cut if it is long, and how many more there are."""
    more = len(lines) - SHOWN
    shown = [f"{before}{cut(line, LONGEST_LINE)}" for line in lines[:SHOWN]]
    return [*shown, f"  and {more} more"] if more > 0 else shown


def _contents(options: argparse.Namespace) -> Contents:
    """What the source has.

    Raises:
        ValueError: it cannot be read.
    """
    from mockserver.cli.transfer import sources
    from mockserver.cli.transfer.key_names import KeyNames
    from mockserver.cli.transfer.services import opened
    from mockserver.gateway.impact import Rules
    from mockserver.http.pacing import Pacer

    source = options.source
    if "://" not in source:
        return sources.of_path(Path(source), options.gateway)
    service, secret, limit = service_of(options), secret_of(options), Deadline(options.max_time)
    settings, pacer = connection_of(options), Pacer()
    url = settings.located(source)
    with opened(service, url, secret, options.gateway, limit, settings=settings, pacer=pacer) as opening:
        client, version = opening
        contents = (
            sources.of_dashboard(client, str(version))
            if service.name == "dashboard"
            else sources.of_gateway(client, Rules(version), KeyNames(secret))
        )
    show_pace(pacer)
    return contents
