"""record: play the scenarios on a gateway and write its answers to a recording."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mockserver.cli import CONFORMS, Commands, add_max_time, add_target, secret_of
from mockserver.console.terminal import show
from mockserver.http.deadline import Deadline


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "record",
        help="Play the scenarios on a gateway and write its answers to a recording.",
        description="Play the scenarios of spec/gateway/scenarios on an empty gateway, and write a recording "
        "that `tyk-contract parity` replays. The policies that the scenarios write are removed.",
    )
    add_target(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="Recording to write.")
    parser.add_argument(
        "--gateway",
        default="auto",
        metavar="VERSION",
        help="Gateway version to write into the recording, as in 5.12.0 (auto: the version in /hello).",
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
    from contract_tests.engine.preflight import look
    from contract_tests.gateway.service import GATEWAY
    from contract_tests.report import output_file
    from mockserver.evidence.recorder import SECRET, Recorder
    from mockserver.evidence.scenarios import load_scenarios
    from mockserver.http.client import Client

    output_file.check(options.out)
    scenarios = load_scenarios(tuple(options.scenarios))
    secret = secret_of(options)
    detected = look(GATEWAY, options.url, secret, options.gateway)
    recorded = skipped = 0
    lines: list[dict[str, Any]] = []
    limit = Deadline(options.max_time)
    with Client(options.url, timeout=30, within=limit) as client:
        directory = options.directory.absolute() if options.directory else None
        recorder = Recorder(client, secret, directory, _configuration(options.conf), limit=limit)
        recorder.check_empty()
        today = datetime.now(UTC).date().isoformat()
        lines.append({"gateway": str(detected.version), "secret": SECRET, "recorded": today})
        for scenario, needs in scenarios:
            if reason := recorder.skip_reason(scenario, needs):
                skipped += 1
                show(f"  {scenario.name:32} skipped: {reason}")
                continue
            lines.append({"scenario": scenario.name, "about": scenario.about, "config": scenario.config})
            lines += recorder.record(scenario)
            recorded += 1
            show(f"  {scenario.name:32} recorded")
    output_file.write(options.out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    show(f"{recorded} scenarios of gateway {detected.version} in {options.out}, {skipped} skipped")
    return CONFORMS


def _configuration(path: Path | None) -> dict[str, Any]:
    """The dotted keys of a tyk.conf; none without a file."""
    from mockserver.service.configuration import read_flat

    return read_flat(path) if path else {}
