"""verify: check a gateway with the contract suite."""

from __future__ import annotations

import argparse
import shlex
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    EXIT_CODES,
    SERVICES,
    UNREACHABLE,
    USAGE,
    Commands,
    add_max_time,
    add_target,
    connection_of,
    lines_of,
    seconds,
    secret_of,
    service_of,
    url_of,
    version_asked,
)
from mockserver.console.credentials import NODE_SECRET
from mockserver.console.terminal import show, show_error

if TYPE_CHECKING:
    from contract_tests.report.verdicts import Report


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "verify",
        help="Check a gateway or a Dashboard with the contract suite.",
        description="Check a gateway with the contract suite, or with --service dashboard a Dashboard, and "
        "print each failure with its requirement and a request to reproduce it. Without a URL, a mock is "
        "started and checked. The names of all objects that the run writes begin with a prefix, and the run "
        "removes them.",
        epilog=EXIT_CODES,
    )
    add_target(parser, is_optional=True)
    NODE_SECRET.add_options(
        parser, note=" (of a Dashboard; without it, what gateways are given is not judged)"
    )
    for declare in (_add_rules, _add_parts, _add_limits, _add_reports):
        declare(parser)
    parser.set_defaults(run=run)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules")
    group.add_argument(
        "--gateway",
        default="auto",
        metavar="VERSION",
        help="Gateway version whose rules apply, as in 5.12 or 5.12.0 (auto: the version in /hello).",
    )
    group.add_argument(
        "--dashboard",
        default="auto",
        metavar="VERSION",
        help="Dashboard version whose rules apply, as in 5.13 (auto: the default version, as none is told).",
    )
    group.add_argument(
        "--strict",
        action="store_true",
        help="Let every behaviour fail, also those whose evidence is too thin; else they are observed.",
    )
    group.add_argument("--read-only", action="store_true", help="Write and reload nothing.")
    group.add_argument(
        "--allow-group-reload",
        action="store_true",
        help="Also check /tyk/reload/group, which reloads all gateways of the group.",
    )
    group.add_argument(
        "--upstream",
        default="",
        metavar="URL",
        help="URL that the run's APIs forward to. Needed if the gateway is on another machine.",
    )


def _add_parts(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "parts", "A PATTERN fits behaviours, operations, levels (core, extended, setup) and groups (keys)."
    )
    group.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="Judge these alone, as in 'id-*' or addPolicy. May be repeated, and have commas.",
    )
    group.add_argument(
        "--skip", action="append", default=[], metavar="PATTERN", help="Leave these out. As --only."
    )
    group.add_argument(
        "--failed", type=Path, metavar="REPORT", help="Judge what failed in an earlier JSON report."
    )
    group.add_argument(
        "--quick", action="store_true", help="Skip slow checks; the report lists what was skipped."
    )
    group.add_argument("--list", action="store_true", help="List the selected behaviours, and judge nothing.")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("course of the run")
    group.add_argument("-x", "--exitfirst", action="store_true", help="End the run at the first failure.")
    group.add_argument(
        "--repeat",
        type=_count,
        default=1,
        metavar="N",
        help="Run the tests N times; a behaviour that fails in some runs only is called flaky.",
    )
    group.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="Run the tests in an order that the seed decides (0: in the order of the suite).",
    )
    group.add_argument(
        "--timeout",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="Time of one answer, until it counts as missing. (default: %(default)g)",
    )
    group.add_argument(
        "--max-response-time",
        type=seconds,
        default=0.0,
        metavar="SECONDS",
        help="Time of an answer from which it fails the service. Without it, slow answers are told alone.",
    )
    add_max_time(
        group,
        "What is not judged by then is reported as an error; what the run wrote is removed, which has up to "
        "60 s of its own.",
    )


def _add_reports(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reports")
    group.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="Report to write; the extension selects the format: .json, .yaml, .html, .md for a summary, or "
        ".xml for JUnit. The word github gives annotations and the summary of a step of GitHub Actions. "
        "May be repeated.",
    )
    group.add_argument("--baseline", type=Path, metavar="FILE", help="Known failures to accept, as YAML.")
    group.add_argument(
        "--write-baseline", type=Path, metavar="FILE", help="Baseline to write, with all present failures."
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of runs; give 1 or more")
    return count


def run(options: argparse.Namespace) -> int:
    """Check the gateway and print the report; return the exit code."""
    from contract_tests.report import github

    if Path(github.KIND) not in options.report:
        return _judge(options)
    with github.commands_stopped(lambda error: "\n".join(lines_of(error, options))):
        return _judge(options)


def _judge(options: argparse.Namespace) -> int:
    from contract_tests.engine import preflight, runner, selection
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.report import baseline, formats, output_file, verdicts

    if options.url == "":
        raise ValueError("the URL is empty; give that of the service, or none to judge a mock")
    for path in options.report:
        formats.check_path(path)
    if options.write_baseline:
        output_file.check(options.write_baseline)
    service, secret, version = service_of(options), secret_of(options), version_asked(options) or "auto"
    url, connection = url_of(options), connection_of(options)
    accepted = baseline.read(options.baseline, service.behaviours) if options.baseline else []
    settings = RunOptions(
        url=url,
        secret=secret,
        second=(NODE_SECRET.of(options) or "") if service.second_variable else "",
        read_only=options.read_only,
        allow_group_reload=options.allow_group_reload,
        quick=options.quick,
        upstream=options.upstream,
        service=service.name,
        strict=options.strict,
        max_time=options.max_time,
        connection=connection,
        only=tuple(options.only),
        skip=tuple(options.skip),
        failed=options.failed,
        exit_first=options.exitfirst,
        seed=options.seed,
        timeout=options.timeout,
        max_response_time=options.max_response_time,
        repeat=options.repeat,
    )
    selected = selection.Selection.of(settings, service)
    if options.list:
        rows = [row for row in service.behaviours.values() if not selected.why_not(row)]
        show(*(f"{row.id}  ({row.operation}, {row.level})  {row.statement}" for row in rows))
        return CONFORMS
    if url:
        detected = preflight.look(service, url, secret, version, timeout=options.timeout, settings=connection)
    else:
        detected = preflight.of_mock(service, version)
    if detected.leftovers:
        flag = "" if service.name == SERVICES[0] else f" --service {service.name}"
        advice = f"remove them with `tyk-contract clean {shlex.quote(url)}{flag}`"
        message = f"policies of an earlier run are left on the {service.name}: {detected.leftovers}; {advice}"
        show_error(f"tyk-contract: {message}")
    today = datetime.now(UTC).date()
    report = baseline.apply(runner.run(settings, detected), accepted, today)
    show(*verdicts.as_terminal(report).splitlines())
    if not _has_written(report, options, today):
        return USAGE
    if report.of(verdicts.Status.FAILED) or report.stale:
        return BROKEN
    if report.gone:
        return UNREACHABLE
    return USAGE if report.of(verdicts.Status.ERROR) else CONFORMS


def _has_written(report: Report, options: argparse.Namespace, today: date) -> bool:
    """Write the baseline and all reports, also after one that cannot be written; False if there is one."""
    from contract_tests.report import formats
    from contract_tests.report.output_file import OutputError

    writes = [partial(formats.write, report, path) for path in options.report]
    if options.write_baseline:
        writes.insert(0, partial(_write_baseline, report, options.write_baseline, today))
    failed = 0
    for write in writes:
        try:
            write()
        except OutputError as error:
            show_error(f"tyk-contract: {error}")
            failed += 1
    return not failed


def _write_baseline(report: Report, path: Path, today: date) -> None:
    from contract_tests.report import baseline

    count = baseline.write(report, path, today)
    show(f"failures written to {path}: {count}; add the reason to each")
