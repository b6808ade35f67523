"""impact: show what a change of policies would do to the sessions that use them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    Commands,
    add_max_time,
    add_target,
    connection_of,
    secret_of,
    service_of,
    url_of,
)
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.credentials import KEY, SECRET
from mockserver.console.terminal import show
from mockserver.http.deadline import Deadline

if TYPE_CHECKING:
    from mockserver.gateway.impact import Rules
    from mockserver.gateway.impact_report import ImpactReport, Move
    from mockserver.gateway.loaded_policies import Policy
    from mockserver.gateway.session_impact import Key, SessionImpact, Unread

FORMATS = ("text", "json", "html")
_TEXT = f"""Exit codes: 0 the impact was found out, 1 it is what --fail-on names or a session could not be
read, 2 usage error or internal error, 3 the gateway or Dashboard cannot be reached.

{EXAMPLES}tyk-contract impact http://gateway:8080 --delete gold
tyk-contract impact http://gateway:8080 --change silver.json --format html > impact.html
tyk-contract impact http://gateway:8080 --delete gold --migrate gold=silver
tyk-contract impact --policies policies --keys keys.json --delete gold --gateway 5.8 --fail-on orphans
tyk-contract impact http://dashboard:3000 --service dashboard --delete gold --gateway-url http://gateway:8080
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "impact",
        help="Show what the deletion or change of policies would do to sessions.",
        description="Read policies and sessions, and show which sessions would lose all policies, and which "
        "would change and how, by the rules of the gateway's version. Nothing is written.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    add_target(parser, is_optional=True)
    parser.add_argument(
        "--policies",
        type=Path,
        metavar="PATH",
        help="Directory of policies, *.json, or a record file, in place of a URL.",
    )
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="Sessions as JSON, by key or in a list; without it they are read from the URL.",
    )
    parser.add_argument(
        "--gateway-url",
        metavar="URL",
        help="Gateway of a Dashboard, which its keys are read from with --secret; with --policies, the "
        "gateway that the requests of --migrate are for.",
    )
    parser.add_argument(
        "--delete",
        action="append",
        default=[],
        metavar="ID",
        help="Policy that would be deleted. May be repeated.",
    )
    parser.add_argument(
        "--change",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="Policy as JSON that would replace the one with its id. May be repeated.",
    )
    parser.add_argument(
        "--migrate",
        action="append",
        default=[],
        type=_move,
        metavar="OLD=NEW",
        help="Print the requests that move the sessions of policy OLD to policy NEW. May be repeated.",
    )
    parser.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Gateway version whose rules apply; without it the one that the URL tells, else the default.",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="Output format (text).")
    parser.add_argument(
        "--fail-on",
        choices=("orphans", "changes"),
        help="End with exit code 1 if requests with a session would be refused (orphans), or if a session is "
        "affected at all (changes).",
    )
    parser.add_argument(
        "--show-keys", action="store_true", help="Show the ids of keys, which are secrets, as they are."
    )
    add_max_time(parser, "Sessions that are not read by then are counted as unread.")
    parser.set_defaults(run=run)


@dataclass
class _Inventory:
    """What was read.

    Attributes:
        rules: the rules of the gateway's version.
        source: how the version was found out.
        policies: the policies as loaded.
        keys: the keys with their sessions.
        unread: the keys whose sessions could not be read.
        notes: what a reader must know of it.
    """

    rules: Rules
    source: str
    policies: list[Policy] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run(options: argparse.Namespace) -> int:
    """Print the impact; return the exit code."""
    from mockserver.cli.impact_files import policy_in
    from mockserver.gateway import impact
    from mockserver.gateway.impact_page import as_html
    from mockserver.gateway.impact_report import ImpactReport, as_json, as_text
    from mockserver.gateway.policy_plan import Plan
    from mockserver.http.redaction import all_hidden

    _check(options)
    inventory = _read_files(options) if options.policies else _read_services(options)
    replacements = tuple(policy_in(path, inventory.rules) for path in options.change)
    plan = Plan(tuple(options.delete), replacements)
    after = plan.carried_out(inventory.policies)
    report = ImpactReport(
        version=str(inventory.rules.version),
        source=inventory.source,
        plan=(*plan.texts, *(f"migrate {old} to {new}" for old, new in options.migrate)),
        impacts=tuple(impact.assess(inventory.rules, inventory.policies, after, inventory.keys)),
        unread=tuple(inventory.unread),
        notes=(*inventory.notes, *plan.notes(inventory.policies)),
        moves=_moves(options, inventory, after),
        shows_keys=options.show_keys,
    )
    text = {"text": as_text, "json": as_json, "html": as_html}[options.format](report)
    secrets = [value for kind in (SECRET, KEY) for value in kind.known(options)]
    show(*all_hidden(text, secrets).removesuffix("\n").split("\n"))
    return BROKEN if _fails(report, options.fail_on) else CONFORMS


def _move(text: str) -> tuple[str, str]:
    """The old and the new id of a policy in an argument."""
    old, _, new = text.partition("=")
    if not old or not new:
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW; give two policies, as in gold=silver")
    return old, new


def _check(options: argparse.Namespace) -> None:
    """Check that the options fit together.

    Raises:
        ValueError: they do not; the message says what to give.
    """
    if bool(options.url) == bool(options.policies):
        raise ValueError("give the URL of a gateway or Dashboard, or else --policies; one of them")
    if options.policies and not options.keys:
        raise ValueError("--policies has no sessions; give them with --keys FILE")
    if not (options.delete or options.change or options.migrate):
        raise ValueError("nothing would change; give --delete ID, --change FILE or --migrate OLD=NEW")
    if options.policies and options.migrate and not options.gateway_url:
        raise ValueError("--migrate needs the gateway that its requests are for; give it with --gateway-url")


def _fails(report: ImpactReport, fail_on: str | None) -> bool:
    """True if the exit code must be 1; what was not read may be what must not be."""
    found = {"orphans": report.has_orphans, "changes": report.has_changes}
    return fail_on is not None and (found[fail_on] or bool(report.unread))


def _read_files(options: argparse.Namespace) -> _Inventory:
    """The policies and keys of files."""
    from mockserver.cli.impact_files import keys_in, policies_at
    from mockserver.contract.spec_files import version_of
    from mockserver.gateway.impact import Rules

    source = "as asked for" if options.gateway else "the default"
    inventory = _Inventory(Rules(version_of(options.gateway)), source)
    inventory.policies, inventory.notes = policies_at(options.policies, inventory.rules)
    inventory.keys, inventory.unread = keys_in(options.keys, inventory.rules)
    return inventory


def _read_services(options: argparse.Namespace) -> _Inventory:
    """The policies and keys of a gateway, or of a Dashboard and its gateway."""
    from contract_tests.engine.preflight import look
    from contract_tests.gateway.service import GATEWAY
    from mockserver.cli import impact_services as services
    from mockserver.cli.impact_files import keys_in
    from mockserver.cli.json_service import JsonService
    from mockserver.contract.spec_files import version_of
    from mockserver.gateway.impact import Rules, mismatched
    from mockserver.http.pacing import Pacer

    service, secret, limit = service_of(options), secret_of(options), Deadline(options.max_time)
    is_dashboard = service.name == "dashboard"
    url, connection, pacer = url_of(options), connection_of(options), Pacer()
    wanted = "auto" if is_dashboard else options.gateway or "auto"
    detected = look(service, url, secret, wanted, settings=connection)
    version, source = detected.version, detected.source
    gateway_secret = SECRET.of(options) or ""
    if is_dashboard and options.gateway_url:
        wanted = options.gateway or "auto"
        detected = look(GATEWAY, options.gateway_url, gateway_secret, wanted, settings=connection)
        version, source = detected.version, detected.source
    elif is_dashboard:
        version = version_of(options.gateway)
        source = "as asked for" if options.gateway else "assumed, for a Dashboard does not tell its gateway's"
    inventory = _Inventory(Rules(version), source)
    with ExitStack() as clients:

        def service_at(url: str, header: str, value: str) -> JsonService:
            return clients.enter_context(
                JsonService(url, (header, value), limit, settings=connection, pacer=pacer)
            )

        main = service_at(url, service.auth_header, secret)
        read_policies = services.policies_of_dashboard if is_dashboard else services.policies_of_gateway
        inventory.policies, inventory.notes = read_policies(main, inventory.rules)
        if options.keys:
            inventory.keys, inventory.unread = keys_in(options.keys, inventory.rules)
            return inventory
        if is_dashboard and not options.gateway_url:
            inventory.keys, inventory.unread = services.keys_of_dashboard(main, inventory.rules)
        else:
            source_of_keys = (
                service_at(options.gateway_url, GATEWAY.auth_header, gateway_secret) if is_dashboard else main
            )
            inventory.keys, inventory.unread = services.keys_of_gateway(source_of_keys, inventory.rules)
    if pacer.note:
        inventory.notes.append(pacer.note)
    if others := mismatched(inventory.rules, inventory.policies, inventory.keys):
        inventory.notes.append(
            f"the gateway shows {len(others)} of {len(inventory.keys)} sessions otherwise than policies make "
            f"them by the rules of {inventory.rules.version}; check --gateway"
        )
    return inventory


def _moves(options: argparse.Namespace, inventory: _Inventory, after: Sequence[Policy]) -> tuple[Move, ...]:
    """The moves of the sessions that name an old policy.

    Raises:
        ValueError: a new policy is not there afterwards, or nobody knows an old one.
    """
    from contract_tests.gateway.service import GATEWAY
    from mockserver.cli.impact_moves import Mover
    from mockserver.gateway.impact import assess
    from mockserver.gateway.policy_plan import named
    from mockserver.gateway.session_store import policy_names

    if not options.migrate:
        return ()
    moves = dict(options.migrate)
    keys = [key for key in inventory.keys if moves.keys() & set(policy_names(key.session))]
    for old, new in moves.items():
        named(new, after)
        if not any(old in policy_names(key.session) for key in keys):
            named(old, inventory.policies)
    if options.policies:
        mover = Mover(GATEWAY, options.gateway_url, "", moves, options.show_keys)
    else:
        mover = Mover(
            service_of(options), url_of(options), secret_of(options), moves, options.show_keys,
            connection_of(options),
        )  # fmt: skip
    impacts: list[SessionImpact] = assess(inventory.rules, inventory.policies, after, keys, moves)
    return tuple(mover.move(impact) for impact in impacts)
