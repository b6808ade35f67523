"""clean: remove the leftovers of a killed run from a gateway."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from mockserver.cli import BROKEN, CONFORMS, UNREACHABLE, Commands, secret_of


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    clean = commands.add_parser(
        "clean",
        help="remove what a killed run left on a gateway",
        description="Remove the policies, APIs, OAuth clients, keys and organisations whose names bear the "
        "prefix of our runs, tyk-contract- or, of database ids, 7c0a57ac. It reloads the gateway. Others are "
        "not touched; keys that the gateway lists by their hashes cannot be told from others, and stay.",
    )
    clean.add_argument("url", metavar="URL", help="the gateway, http://host:8080")
    clean.add_argument("--secret", help="its secret; better in the variable TYK_GW_SECRET")
    clean.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Remove the leftovers; return the exit code."""
    from contract_tests.engine import leftovers
    from contract_tests.gateway.service import GATEWAY
    from mockserver.http.client import Client, ClientError

    secret = secret_of(options)
    try:
        with Client(options.url) as client:
            removal = leftovers.remove(client, GATEWAY, secret)
    except ClientError as error:
        print(f"tyk-contract: {options.url} cannot be cleaned: {error}", file=sys.stderr)
        return UNREACHABLE
    for leftover in removal.remaining:
        print(f"could not remove the {leftover.kind} {leftover.name}")
    counts = Counter(leftover.kind for leftover in removal.removed)
    summary = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    print(f"{len(removal.removed)} leftovers of earlier runs removed{f': {summary}' if summary else ''}")
    return BROKEN if removal.remaining else CONFORMS
