"""clean: remove the leftovers of a killed run from a gateway or Dashboard."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    UNREACHABLE,
    USAGE,
    Commands,
    add_max_time,
    add_target,
    connection_of,
    secret_of,
    service_of,
    show_pace,
    url_of,
)
from mockserver.console.terminal import show, show_error
from mockserver.http.deadline import Deadline
from mockserver.http.redaction import hidden

if TYPE_CHECKING:
    from contract_tests.engine.leftovers import Leftover

SHOWN = 100  # leftovers by name; of more than that the number is printed
LONGEST = 200  # characters of a name that are printed


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "clean",
        help="Remove the leftovers of a killed run from a gateway or Dashboard.",
        description="List the policies, APIs, OAuth clients, keys and organisation keys that killed runs of "
        "the suite left on a gateway, ask, remove them, and reload the gateway; with --service dashboard, "
        "the policies, APIs and users that were left on a Dashboard. Only names that a run gives "
        "are listed: tyk-contract-, eight hex digits and a dash at the beginning, or database ids that a run "
        "made. Keys that the gateway lists by their hashes cannot be recognised, and stay.",
        epilog="Exit codes: 0 no leftovers are left, 1 some are left, as they could not be removed or the "
        "answer was no, 2 usage error or internal error, or leftovers, no --yes and no terminal to ask on, "
        "3 the gateway cannot be reached.",
    )
    add_target(parser)
    parser.add_argument("--yes", action="store_true", help="Remove what is found without a question.")
    add_max_time(parser, "What is not removed by then is left.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the leftovers, and remove them if the user agrees; return the exit code."""
    from contract_tests.engine import leftovers
    from mockserver.http.client import Client, ClientError
    from mockserver.http.pacing import Pacer

    service, secret, limit = service_of(options), secret_of(options), Deadline(options.max_time)
    url, connection, pacer = url_of(options), connection_of(options), Pacer()
    try:
        with Client(url, within=limit, settings=connection, pacer=pacer) as client:
            found = leftovers.find(client, service, secret)
            _show(found, "left by earlier runs", secret)
            if not found:
                return CONFORMS
            if not options.yes and not sys.stdin.isatty():
                show_error("tyk-contract: nothing was removed; remove all of it with --yes")
                return USAGE
            if not options.yes and not _agrees():
                show("nothing was removed")
                return BROKEN
            limit.set(options.max_time)  # a person may have taken their time to answer
            remaining = leftovers.remove(client, service, secret, found)
    except ClientError as error:
        show_error(hidden(f"tyk-contract: {url} cannot be cleaned: {error}", secret))
        return UNREACHABLE
    except ValueError as error:
        if not secret:
            message = f"no secret was given, and {url} asks for one: give it in {service.variable} or a file"
            raise ValueError(message) from error
        raise
    finally:
        show_pace(pacer)
    show(f"removed: {len(found) - len(remaining)} of {len(found)}")
    if remaining:
        _show(remaining, f"could not be removed; delete it on the {service.name}", secret)
    return BROKEN if remaining else CONFORMS


def _agrees() -> bool:
    try:
        return input("remove all of it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _show(leftovers: Sequence[Leftover], what: str, secret: str) -> None:
    """Print leftovers by name, without the secret, and their numbers by kind."""
    for leftover in leftovers[:SHOWN]:
        name = hidden(leftover.name, secret)
        show(f"{leftover.kind} {name if len(name) <= LONGEST else f'{name[:LONGEST]}...'}")
    if len(leftovers) > SHOWN:
        show(f"and {len(leftovers) - SHOWN} more")
    counts = Counter(leftover.kind for leftover in leftovers)
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    show(f"{len(leftovers)} {what}{f': {kinds}' if kinds else ''}")
