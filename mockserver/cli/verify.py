"""verify: judge a gateway by the contract suite."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, EXIT_CODES, UNREACHABLE, USAGE, Commands, secret_of


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    verify = commands.add_parser(
        "verify",
        help="judge a gateway by the contract suite",
        description="Hold a gateway against spec/ and say what is wrong. Without a URL a mock is "
        "started and judged. Everything that is written bears a prefix of the run and is removed.",
        epilog=EXIT_CODES,
    )
    verify.add_argument("url", nargs="?", metavar="URL", help="the gateway, http://host:8080")
    verify.add_argument("--secret", help="its secret; better in the variable TYK_GW_SECRET")
    verify.add_argument(
        "--gateway",
        default="auto",
        metavar="VERSION",
        help="version to judge it as: 5.12, 5.12.0, or auto, as /hello says (auto)",
    )
    verify.add_argument("--read-only", action="store_true", help="write nothing, reload nothing")
    verify.add_argument(
        "--allow-group-reload",
        action="store_true",
        help="try /tyk/reload/group, which reaches others",
    )
    verify.add_argument(
        "--upstream",
        default="",
        metavar="URL",
        help="what the APIs that the run makes stand before; needed where the gateway is on another machine",
    )
    verify.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write a report: .json, .yaml, .html, or .xml for JUnit; may be repeated",
    )
    verify.add_argument(
        "--quick", action="store_true", help="leave out what takes its time; the report says what"
    )
    verify.add_argument(
        "--baseline", type=Path, metavar="FILE", help="accept the failures that the file lists"
    )
    verify.add_argument(
        "--write-baseline", type=Path, metavar="FILE", help="write what fails now as a baseline"
    )
    verify.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge the gateway and print the report; return the exit code."""
    from contract_tests.engine import preflight, runner
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.gateway.service import GATEWAY
    from contract_tests.report import baseline, formats, verdicts

    for path in options.report:
        formats.check_path(path)
    accepted = baseline.read(options.baseline, GATEWAY.behaviours) if options.baseline else []
    secret = secret_of(options)
    if options.url:
        detected = preflight.look(GATEWAY, options.url, secret, options.gateway)
    else:
        detected = preflight.of_mock(GATEWAY, options.gateway)
    if detected.leftovers:
        advice = f"remove them: tyk-contract clean {options.url}"
        message = f"{detected.leftovers} policies of an earlier run are there; {advice}"
        print(f"tyk-contract: {message}", file=sys.stderr)
    settings = RunOptions(
        url=options.url or "",
        secret=secret,
        read_only=options.read_only,
        allow_group_reload=options.allow_group_reload,
        quick=options.quick,
        upstream=options.upstream,
    )
    today = datetime.now(UTC).date()
    report = baseline.apply(runner.run(settings, detected), accepted, today)
    print(verdicts.as_terminal(report), end="")
    if options.write_baseline:
        count = baseline.write(report, options.write_baseline, today)
        print(f"{count} failures written to {options.write_baseline}; say why each is accepted")
    for path in options.report:
        formats.write(report, path)
    if report.of(verdicts.Status.FAILED) or report.stale:
        return BROKEN
    if report.gone:
        return UNREACHABLE
    return USAGE if report.of(verdicts.Status.ERROR) else CONFORMS
