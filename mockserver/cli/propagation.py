"""propagation: show which node was given, and which has loaded, which policy of a Dashboard."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mockserver.cli import BROKEN, CONFORMS, UNREACHABLE, Commands, add_connection, connection_of, url_of
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.credentials import CREDENTIALS, KEY, SECRET
from mockserver.console.terminal import show
from mockserver.http.deadline import Deadline

if TYPE_CHECKING:
    from mockserver.cli.propagation_overview import Overview, ShownNode
    from mockserver.cli.propagation_sources import GatewayAddress
    from mockserver.dashboard.nodes.propagation import Placement
    from mockserver.http.connection_settings import ConnectionSettings

PAUSE = 0.5  # seconds between two readings
SHOWN = 100  # lines of what is not right; of more than that the number is printed
LONGEST = 60  # characters of a column
_TEXT = f"""Exit codes: 0 all nodes have today's policies as far as is known, 1 a node has others or is not
known, 2 usage error, wrong key or secret, or internal error, 3 the Dashboard or a gateway cannot be
reached.

{EXAMPLES}tyk-contract propagation http://127.0.0.1:3000
tyk-contract propagation http://dashboard:3000 --gateway http://gateway:8080 --wait 30
tyk-contract propagation http://dashboard:3000 --gateway http://edge-1:8080 --gateway http://edge-2:8080 \\
    --format json
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "propagation",
        help="Show which gateway was given, and which has loaded, which policy of a Dashboard.",
        description="Show for each policy and each node one of three states: delivered (the node was given "
        "it), confirmed (the node itself says what it has) or unknown. A mock Dashboard knows what its nodes "
        "were given, and takes note of what gateways confirm; of another one only the gateways of --gateway "
        "are known, and nothing is written. A node of a mock Dashboard is found by the host name in the URL "
        "of --gateway; NODE=URL names it by its id or its host name, and a gateway that is no known node is "
        "shown for itself.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("url", metavar="DASHBOARD_URL", help="URL of the Dashboard, as in http://host:3000.")
    parser.add_argument(
        "--gateway",
        action="append",
        default=[],
        metavar="[NODE=]URL",
        help="Gateway that is asked for its policies with --secret. May be repeated.",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="Output format (text).")
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="Read again until all nodes have today's policies, or until this time is over.",
    )
    SECRET.add_options(parser)
    KEY.add_options(parser)
    add_connection(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is where; return the exit code."""
    from mockserver.http.redaction import all_hidden

    overview = _read_until_converged(options)
    secrets = [value for kind in CREDENTIALS for value in kind.known(options)]
    lines = _json(overview) if options.format == "json" else _text(overview)
    show(*[all_hidden(line, secrets) for line in lines])
    if any("does not answer" in node.error for node in overview.nodes):
        return UNREACHABLE
    return CONFORMS if overview.has_converged else BROKEN


def _read_until_converged(options: argparse.Namespace) -> Overview:
    """The last reading: the first one that shows what is asked for, or the one before the time was over.

    Raises:
        ServiceError: no reading succeeded, or a key or secret is wrong.
    """
    from mockserver.cli.json_service import READING, ServiceError
    from mockserver.http.client import TimeOver

    key, secret = KEY.of(options) or "", SECRET.of(options) or ""
    addresses = [_address(text) for text in options.gateway]
    url, settings = url_of(options), connection_of(options)
    waiting, within = Deadline(options.wait), Deadline(options.wait or READING)
    last: Overview | ServiceError | None = None
    while True:
        try:
            last = _read(url, key, addresses, secret, within, settings)
        except ServiceError as error:
            last = error
            if error.code != UNREACHABLE:
                raise
        except TimeOver:
            last = last or ServiceError("nothing was read in time; give more with --wait", UNREACHABLE)
        if (not isinstance(last, ServiceError) and last.has_converged) or waiting.is_over:
            break
        time.sleep(min(PAUSE, waiting.left))
        within = Deadline(max(PAUSE, waiting.left))
    if isinstance(last, ServiceError):
        raise last
    return last


def _read(
    url: str,
    key: str,
    addresses: Sequence[GatewayAddress],
    secret: str,
    within: Deadline,
    settings: ConnectionSettings,
) -> Overview:
    from mockserver.cli.json_service import JsonService
    from mockserver.cli.propagation_sources import overview_of, tell_confirmed

    with ExitStack() as services:

        def service(url: str, header: str, value: str) -> JsonService:
            return services.enter_context(
                JsonService(url, (header, value), within, settings=settings, has_long_listings=True)
            )

        dashboard = service(url, "Authorization", key)
        gateways = [(address, service(address.url, "X-Tyk-Authorization", secret)) for address in addresses]
        overview = overview_of(dashboard, gateways)
        if overview.is_of_mock:
            tell_confirmed(dashboard, overview)
        return overview


def _json(overview: Overview) -> list[str]:
    document = {
        "converged": overview.has_converged,
        "confirmed": not overview.unconfirmed,
        "read": overview.note,
        "policies": overview.count,
        "nodes": [vars(node) for node in overview.nodes],
        "placements": [placement.as_dict() for placement in overview.placements],
    }
    return json.dumps(document, indent=2).splitlines()


def _text(overview: Overview) -> list[str]:
    """Counts, a line for each node that is not known or gone, a line for each placement that is not right."""
    wrong = [placement for placement in overview.placements if not placement.is_right]
    total = len(overview.placements)
    verdict = "converged" if overview.has_converged else "not converged"
    counts = f"policies {overview.count}, nodes {len(overview.nodes)}, right {total - len(wrong)} of {total}"
    lines = [
        f"{verdict}: {counts}, confirmed {total - overview.unconfirmed} of {total}",
        f"read: {overview.note}",
        *[line for node in overview.nodes if (line := _line_of(node))],
    ]
    names = {node.id: node.hostname or node.id for node in overview.nodes}
    rows = [
        (placement.state, names.get(placement.node, placement.node), _policy(placement), _what(placement))
        for placement in wrong[:SHOWN]
    ]
    lines += _table([("state", "node", "policy", "what is known"), *rows]) if rows else []
    lines += [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    return [*lines, *[f"next: {step}" for step in _next(overview, wrong)]]


def _line_of(node: ShownNode) -> str:
    """What is to be said of a node; "" if it is known."""
    if node.error:
        return f"node {node.hostname or node.id}: {node.error}"
    if node.is_gone:
        return f"node {node.id} is gone: it came last at {_time(node.came_last)}"
    return "" if node.is_known else f"node {node.id} was given no policies yet"


def _next(overview: Overview, wrong: Sequence[Placement]) -> list[str]:
    """The next steps."""
    if not overview.nodes:
        return ["start a gateway that takes its policies from this Dashboard, or name one with --gateway URL"]
    if any(node.error for node in overview.nodes):
        return ["start the gateways that do not answer, or correct their URLs"]
    is_unknown = any(not (node.is_known or node.is_gone) for node in overview.nodes)
    if is_unknown or any(placement.state == "unknown" for placement in wrong):
        return ["let gateways reload, so that they pull; or ask them with --gateway URL"]
    if wrong:
        return ["reload the gateways (GET /tyk/reload/group with their secret), or give --wait SECONDS"]
    if overview.unconfirmed:
        return ["delivered is not loaded: ask the gateways with --gateway URL, or with NODE=URL"]
    return []


def _policy(placement: Placement) -> str:
    return f"{placement.policy_id} of {placement.org_id}" if placement.org_id else placement.policy_id


def _what(placement: Placement) -> str:
    if placement.state != "delivered" or not placement.given_time:
        return placement.words
    return f"{placement.words} ({placement.given_digest} at {_time(placement.given_time)})"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of columns; a cell but the last is cut at `LONGEST`."""
    cut = [
        tuple(cell if len(cell) <= LONGEST else f"{cell[:LONGEST]}..." for cell in row[:-1]) + row[-1:]
        for row in rows
    ]
    widths = [max(len(row[i]) for row in cut) for i in range(len(cut[0]) - 1)]
    return ["  ".join([*map(str.ljust, row[:-1], widths), row[-1]]) for row in cut]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _address(text: str) -> GatewayAddress:
    from mockserver.cli.propagation_sources import GatewayAddress

    node, separator, url = text.partition("=")
    is_named = separator and "://" not in node
    return GatewayAddress(url.rstrip("/"), node) if is_named else GatewayAddress(text.rstrip("/"))


def _seconds(text: str) -> float:
    """The seconds of an argument."""
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time; give seconds, as in --wait 30")
    return seconds
