"""record: play the scenarios on a gateway and write its answers to a recording."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mockserver.cli import CONFORMS, Commands, add_target, secret_of


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
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record the scenarios and print a line for each; return the exit code."""
    from contract_tests.engine.preflight import look
    from contract_tests.gateway.service import GATEWAY
    from mockserver.evidence.recorder import SECRET, Recorder
    from mockserver.evidence.scenarios import load_scenarios
    from mockserver.http.client import Client

    scenarios = load_scenarios(tuple(options.scenarios))
    secret = secret_of(options)
    detected = look(GATEWAY, options.url, secret, options.gateway)
    recorded = skipped = 0
    with Client(options.url, timeout=30) as client, options.out.open("w", encoding="utf-8") as out:
        directory = options.directory.absolute() if options.directory else None
        recorder = Recorder(client, secret, directory, _configuration(options.conf))
        recorder.check_empty()
        today = datetime.now(UTC).date().isoformat()
        _write(out, {"gateway": str(detected.version), "secret": SECRET, "recorded": today})
        for scenario, needs in scenarios:
            if reason := recorder.skip_reason(scenario, needs):
                skipped += 1
                print(f"  {scenario.name:32} skipped: {reason}")
                continue
            _write(out, {"scenario": scenario.name, "about": scenario.about, "config": scenario.config})
            for step in recorder.record(scenario):
                _write(out, step)
            recorded += 1
            print(f"  {scenario.name:32} recorded")
    print(f"{recorded} scenarios of gateway {detected.version} in {options.out}, {skipped} skipped")
    return CONFORMS


def _write(out: Any, line: dict[str, Any]) -> None:
    out.write(json.dumps(line, ensure_ascii=False) + "\n")


def _configuration(path: Path | None) -> dict[str, Any]:
    """The dotted keys of a tyk.conf; none without a file."""
    from mockserver.service.configuration import read_flat

    return read_flat(path) if path else {}
