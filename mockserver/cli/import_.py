"""import: write an export to a gateway or a Dashboard."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    UNREACHABLE,
    USAGE,
    Commands,
    add_connection,
    add_max_time,
    add_service,
    connection_of,
    secret_of,
    service_of,
    show_pace,
    url_of,
)
from mockserver.cli.export import shortened
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.credentials import KEY, SECRET
from mockserver.console.terminal import show, show_error, show_progress
from mockserver.http.deadline import Deadline

if TYPE_CHECKING:
    from mockserver.cli.transfer.plan import Plan, Target

_TEXT = f"""Exit codes: 0 all of the export is in the gateway or Dashboard, 1 something is not, 2 usage error,
internal error, or --yes is missing, 3 it cannot be reached any more.

{EXAMPLES}tyk-contract import prod http://127.0.0.1:8080
tyk-contract import prod.json http://staging:8080 --yes --overwrite
tyk-contract import prod http://dashboard:3000 --service dashboard
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "import",
        help="Write an export to a gateway or Dashboard, mock or real.",
        description="Write the policies, API definitions, keys and OAuth clients of an export to a gateway, "
        "and load them, or to a Dashboard. What is there already is passed over, and what is there otherwise "
        "is written with --overwrite alone. Nothing is deleted.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "source",
        type=Path,
        metavar="SOURCE",
        help="Export, a directory or a file; or a directory of policies, or a record file.",
    )
    parser.add_argument("url", metavar="URL", help="URL of the gateway or Dashboard, as in http://host:8080.")
    add_service(parser)
    SECRET.add_options(parser, note=" (of a mock: mock-secret)")
    KEY.add_options(parser)
    parser.add_argument(
        "--yes", action="store_true", help="Write to a service that is not a mock; without it, only say what."
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="Replace what is there otherwise; each is named."
    )
    add_connection(parser)
    add_max_time(parser, "Then it ends, and the same command goes on.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write an export; return the exit code."""
    from contract_tests.engine.preflight import PreflightError
    from mockserver.cli.transfer.services import is_mock, opened, target_of
    from mockserver.cli.transfer.sources import of_path
    from mockserver.http.client import ClientError
    from mockserver.http.pacing import Pacer

    contents = of_path(options.source)
    service, secret = service_of(options), secret_of(options) or _secret_of_mock(options.service)
    limit, url, settings, pacer = Deadline(options.max_time), url_of(options), connection_of(options), Pacer()
    try:
        with opened(service, url, secret, None, limit, settings=settings, pacer=pacer) as (client, version):
            target = target_of(service, client, version, is_mock=is_mock(url, limit, settings))
            return _carry_out(options, target, target.plan(contents), contents.problems)
    except PreflightError as error:
        if "is not a Tyk gateway" not in str(error):
            raise
        raise PreflightError(f"{error}; for a Dashboard, give --service dashboard", error.code) from error
    except ClientError as error:
        show_error(f"tyk-contract: {url}: {error}; nothing was written")
        return UNREACHABLE
    finally:
        show_pace(pacer)


def _secret_of_mock(service: str) -> str:
    """The secret or key of a mock that was started without one."""
    if service == "dashboard":
        from mockserver.dashboard.dashboard import DEFAULT_KEY

        return DEFAULT_KEY
    from mockserver.gateway.config import DEFAULT_SECRET

    return DEFAULT_SECRET


def _carry_out(options: argparse.Namespace, target: Target, plan: Plan, problems: list[str]) -> int:
    """Write what a plan has, as far as the options allow it; return the exit code."""
    from mockserver.cli.transfer.contents import in_words
    from mockserver.cli.transfer.plan import carried_out
    from mockserver.http.client import ClientError
    from mockserver.http.redaction import all_hidden

    problems = [*problems, *plan.problems]
    secrets = [value for kind in (SECRET, KEY) for value in kind.known(options)]
    secrets += connection_of(options).secrets
    differing = [write.text for write in plan.differing]
    wanted = [write.text for write in plan.writes]
    if differing and not options.overwrite:
        show_error(
            *shortened(problems, "tyk-contract: "),
            f"tyk-contract: the {target.title} has {len(differing)} of them otherwise; nothing was written:",
            *shortened(differing, "  "),
            "tyk-contract: give --overwrite to replace them",
        )
        return BROKEN
    if wanted and not target.is_mock and not options.yes:
        show(*shortened(wanted, "would write "))
        show_error(
            f"tyk-contract: this {target.title} is not a mock: nothing was written; give --yes to write"
        )
        return USAGE
    written, overwritten, failure = dict.fromkeys(plan.same, 0), list[str](), ""
    try:
        for number, (write, reason) in enumerate(carried_out(target, plan), 1):
            if reason:
                problems.append(all_hidden(f"{write.text} is not written: {reason}", secrets))
            else:
                written[write.kind] += 1
                overwritten += [] if write.is_new else [write.text]
            show_progress(f"{number} of {len(wanted)}")
    except ClientError as error:
        failure = str(error)
    show_progress("")
    show(f"written: {in_words(written)}", f"there already: {in_words(plan.same)}")
    show(
        *shortened(overwritten, "overwrote "),
        *shortened(target.notes if any(written.values()) else [], "note: "),
    )
    show_error(*shortened(problems, "tyk-contract: "))
    if failure:
        show_error(
            f"tyk-contract: {failure}; run the command again: it passes over what is written, and goes on"
        )
        return UNREACHABLE
    return BROKEN if problems else CONFORMS
