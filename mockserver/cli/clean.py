"""clean: remove what a killed run left on a gateway."""

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
    """Do it; return the exit code."""
    from contract_tests.engine.cleanup import clean
    from mockserver.http.client import Client, ClientError

    secret = secret_of(options)
    try:
        with Client(options.url) as client:
            cleaned = clean(client, secret)
    except ClientError as error:
        print(f"tyk-contract: {options.url} cannot be cleaned: {error}", file=sys.stderr)
        return UNREACHABLE
    for each in cleaned.left:
        print(f"could not remove the {each.kind} {each.name}")
    counts = Counter(each.kind for each in cleaned.removed)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    print(f"{len(cleaned.removed)} leftovers of earlier runs removed{f': {told}' if told else ''}")
    return BROKEN if cleaned.left else CONFORMS
