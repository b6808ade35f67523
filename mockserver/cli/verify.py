"""verify: check a gateway with the contract suite."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import replace
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
    add_target,
    connection_of,
    lines_of,
    secret_of,
    service_of,
    url_of,
    version_asked,
)
from mockserver.cli.command_text import command_of
from mockserver.cli.verify_options import add_options
from mockserver.console.credentials import NODE_SECRET
from mockserver.console.terminal import show, show_error
from mockserver.http.run_flags import values_of

if TYPE_CHECKING:
    from contract_tests.engine.preflight import DetectedVersion
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.report.conformance.implementation import Implementation
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
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the gateway and print the report; return the exit code."""
    from contract_tests.report import github

    if Path(github.KIND) not in options.report:
        return _judge(options)
    with github.commands_stopped(lambda error: "\n".join(lines_of(error, options))):
        return _judge(options)


def _judge(options: argparse.Namespace) -> int:
    from contract_tests.engine import configuration, preflight, selection
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.report import baseline, formats, output_file

    if options.url == "":
        raise ValueError("the URL is empty; give that of the service, or none to judge a mock")
    for path in options.report:
        formats.check_path(path, options.report_format)
    if options.write_baseline:
        output_file.check(options.write_baseline)
    service, secret, version = service_of(options), secret_of(options), version_asked(options) or "auto"
    url, connection = url_of(options), connection_of(options)
    judged = _implementation(options.implementation)
    accepted = baseline.read(options.baseline, service.behaviours) if options.baseline else []
    settings = RunOptions(
        url=url,
        secret=secret,
        second=(NODE_SECRET.of(options) or "") if service.second_variable else "",
        service=service.name,
        connection=connection,
        exit_first=options.exitfirst,
        **values_of(lambda flag: getattr(options, flag.field)),
        coverage=bool(options.report) or options.min_coverage is not None,
    )
    if settings.configuration is not None and not url:
        raise ValueError("--conf says what the gateway at a URL has; give the URL too")
    known = configuration.Configuration.of_options(settings, service)
    selected = selection.Selection.of(settings, service)
    if options.list:
        rows = [row for row in service.behaviours.values() if not selected.why_not(row)]
        rows = [row for row in rows if not (known and known.why_not(row))]
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

    def completed(report: Report) -> Report:
        report = baseline.apply(report, accepted, today)
        return replace(report, command=command_of(options), implementation=judged)

    report = _judged(settings, detected, options, completed)
    if not _has_written(report, options, today):
        return USAGE
    return _exit_code(report, options.min_coverage)


def _implementation(path: Path | None) -> Implementation | None:
    from contract_tests.report.conformance.implementation import Implementation

    return Implementation.read(path) if path else None


def _exit_code(report: Report, minimum: float | None) -> int:
    """The exit code of a report; a coverage below the minimum, if there is one, is told and fails."""
    from contract_tests.report.verdicts import Status

    shortfall = report.coverage.shortfall(minimum) if report.coverage and minimum is not None else ""
    if shortfall:
        show_error(f"tyk-contract: {shortfall}")
    if shortfall or report.of(Status.FAILED) or report.stale:
        return BROKEN
    if report.gone:
        return UNREACHABLE
    return USAGE if report.of(Status.ERROR) else CONFORMS


def _judged(
    settings: RunOptions,
    detected: DetectedVersion,
    options: argparse.Namespace,
    completed: Callable[[Report], Report],
) -> Report:
    """The completed report of the run; if it is interrupted, it is told and written as far as it was judged.

    Raises:
        Interrupted: the run was interrupted.
    """
    from contract_tests.engine import runner

    try:
        return completed(runner.run(settings, detected))
    except runner.Interrupted as interruption:
        if interruption.report is not None:
            options.write_baseline = None  # a part of the failures is no baseline
            _has_written(completed(interruption.report), options, datetime.now(UTC).date())
        raise


def _has_written(report: Report, options: argparse.Namespace, today: date) -> bool:
    """Print the report, and write all files; False if one of them cannot be written."""
    from contract_tests.report import formats, verdicts
    from contract_tests.report.output_file import OutputError

    is_piped = formats.STANDARD_OUTPUT in options.report
    print_line = show_error if is_piped else show
    print_line(*verdicts.as_terminal(report).splitlines())
    paths = dict.fromkeys(options.report)
    writes = [partial(formats.write, report, path, options.report_format) for path in paths]
    if options.write_baseline:
        writes.insert(0, partial(_write_baseline, report, options.write_baseline, today, print_line))
    failed = 0
    for write in writes:
        try:
            write()
        except OutputError as error:
            show_error(f"tyk-contract: {error}")
            failed += 1
    return not failed


def _write_baseline(report: Report, path: Path, today: date, print_line: Callable[[str], None]) -> None:
    from contract_tests.report import baseline

    count = baseline.write(report, path, today)
    what = f"{count}; add the reason to each" if count else "none, for nothing fails"
    print_line(f"failures written to {path}: {what}")
