"""record: play the scenarios on a service and write its answers to a recording."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.cli import (
    CONFORMS,
    Commands,
    add_max_time,
    add_target,
    add_versions,
    connection_of,
    secret_of,
    service_of,
    show_pace,
    url_of,
    version_asked,
)
from mockserver.cli.help_format import HelpFormatter
from mockserver.cli.record_proxy import PROXY_EPILOG, add_proxy, run_proxy
from mockserver.console.credentials import ADMIN_SECRET
from mockserver.console.terminal import show
from mockserver.http.deadline import Deadline

if TYPE_CHECKING:
    from mockserver.evidence.dashboard_recorder import DashboardRecorder
    from mockserver.evidence.recorder import Recorder
    from mockserver.http.client import Client


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "record",
        help="Record the answers of a gateway or Dashboard to scenarios, or to live traffic.",
        description="Play the scenarios of spec/gateway/scenarios on an empty gateway, and write a recording "
        "that `tyk-contract parity` replays. The policies that the scenarios write are removed. With "
        "--service dashboard, play those of spec/dashboard/scenarios on a Dashboard, which others may use: "
        "only policies and users whose names begin with the prefix of the run are written, and they are "
        "removed. The recording has no key, organisation, address of a machine, or thing of others. With "
        "--proxy, stand before a service instead: forward the requests of clients to it, judge both sides by "
        "the specification, and record what they send each other until SIGINT or SIGTERM.",
        epilog=PROXY_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_target(parser, is_optional=True)
    parser.add_argument(
        "--out",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="Recording to write. With --proxy it must not exist, and only you may read it.",
    )
    add_proxy(parser)
    add_versions(
        parser,
        " to write into the recording, {example} (auto: the version in /hello, else the default).",
        "auto",
    )
    ADMIN_SECRET.add_options(
        parser, note=" of a Dashboard; scenarios of the admin API are skipped without it"
    )
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="Working directory of the gateway, with policies/ and apps/. Scenarios that need files are "
        "skipped without it.",
    )
    parser.add_argument(
        "--conf",
        type=Path,
        metavar="FILE",
        help="The gateway's tyk.conf. Scenarios that need a configuration are skipped without it.",
    )
    parser.add_argument(
        "--scenarios",
        action="append",
        default=[],
        metavar="PREFIX",
        help="Record only scenarios whose names begin with PREFIX. May be repeated.",
    )
    add_max_time(parser, "Nothing is recorded if it is over before the end.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record the scenarios and print a line for each; return the exit code."""
    if options.proxy:
        return run_proxy(options)
    if not options.url:
        raise ValueError("give the URL of a service to play the scenarios on, or --proxy URL")
    from contract_tests.engine.managed_paths import managed_paths
    from contract_tests.engine.preflight import look
    from contract_tests.report import output_file
    from mockserver.evidence.recorder import SECRET
    from mockserver.evidence.scenarios import load_scenarios
    from mockserver.http.client import Client
    from mockserver.http.pacing import Pacer

    output_file.check(options.out)
    service = service_of(options)
    scenarios = load_scenarios(tuple(options.scenarios), service.name)
    url, connection = url_of(options), connection_of(options)
    detected = look(service, url, secret_of(options), version_asked(options) or "auto", settings=connection)
    pacer = Pacer(managed_paths(service.contract(detected.version)))
    recorded = skipped = 0
    lines: list[dict[str, Any]] = []
    limit = Deadline(options.max_time)
    with Client(url, timeout=30, within=limit, settings=connection, pacer=pacer) as client:
        recorder = _recorder(client, options, limit, detected.scheme)
        recorder.prepare()
        today = datetime.now(UTC).date().isoformat()
        lines.append({service.name: str(detected.version), "secret": SECRET, "recorded": today})
        for scenario, needs in scenarios:
            if reason := recorder.skip_reason(scenario, needs):
                skipped += 1
                show(f"  {scenario.name:32} skipped: {reason}")
                continue
            lines.append({"scenario": scenario.name, "about": scenario.about, "config": scenario.config})
            lines += recorder.record(scenario)
            recorded += 1
            show(f"  {scenario.name:32} recorded")
    show_pace(pacer)
    output_file.write(options.out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    show(f"{recorded} scenarios of {service.name} {detected.version} in {options.out}, {skipped} skipped")
    return CONFORMS


def _of_gateway(client: Client, options: argparse.Namespace, limit: Deadline) -> Recorder:
    from mockserver.evidence.recorder import Recorder
    from mockserver.service.configuration import read_flat

    directory = options.directory.absolute() if options.directory else None
    config = read_flat(options.conf) if options.conf else {}
    return Recorder(client, secret_of(options), directory, config, limit=limit)


def _of_dashboard(
    client: Client, options: argparse.Namespace, limit: Deadline, scheme: str
) -> DashboardRecorder:
    from mockserver.cli.recorded_run import RecordedRun
    from mockserver.evidence.dashboard_recorder import DashboardRecorder

    key = secret_of(options)
    run = RecordedRun(client, service_of(options), key)
    return DashboardRecorder(client, key, run, ADMIN_SECRET.of(options) or "", limit, scheme)


def _recorder(
    client: Client, options: argparse.Namespace, limit: Deadline, scheme: str
) -> Recorder | DashboardRecorder:
    return (
        _of_dashboard(client, options, limit, scheme)
        if options.service == "dashboard"
        else _of_gateway(client, options, limit)
    )
