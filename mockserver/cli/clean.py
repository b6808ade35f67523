"""clean: remove the leftovers of a killed run from a gateway."""

from __future__ import annotations

import argparse
from collections import Counter

from mockserver.cli import BROKEN, CONFORMS, UNREACHABLE, Commands, add_target, secret_of
from mockserver.terminal import show, show_error


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "clean",
        help="Remove the leftovers of a killed run from a gateway.",
        description="Remove the policies, APIs, OAuth clients, keys and organisation keys that killed runs "
        "of the suite left on a gateway, and reload it. Their names begin with tyk-contract-, and database "
        "ids with 7c0a57ac; nothing else is removed. Keys that the gateway lists by their hashes cannot be "
        "recognised, and stay.",
        epilog="Exit codes: 0 all leftovers were removed, 1 some remain, 2 usage error or internal error, "
        "3 the gateway cannot be reached.",
    )
    add_target(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Remove the leftovers; return the exit code."""
    from contract_tests.engine import leftovers
    from contract_tests.gateway.service import GATEWAY
    from mockserver.http.client import Client, ClientError
    from mockserver.http.redaction import hidden

    secret = secret_of(options)
    try:
        with Client(options.url) as client:
            removal = leftovers.remove(client, GATEWAY, secret)
    except ClientError as error:
        show_error(hidden(f"tyk-contract: {options.url} cannot be cleaned: {error}", secret))
        return UNREACHABLE
    for leftover in removal.remaining:
        name = hidden(leftover.name, secret)
        show(f"the {leftover.kind} {name} could not be removed; delete it on the gateway")
    counts = Counter(leftover.kind for leftover in removal.removed)
    summary = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    show(f"{len(removal.removed)} leftovers of earlier runs removed{f': {summary}' if summary else ''}")
    return BROKEN if removal.remaining else CONFORMS
