"""record: write down what a gateway answers to our scenarios."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mockserver.cli import CONFORMS, Commands, secret_of


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    record = commands.add_parser(
        "record",
        help="record a gateway's answers to our scenarios",
        description="Run the scenarios of spec/gateway/scenarios on an empty gateway that you may write to, "
        "and write a recording that `tyk-contract parity` replays. It removes what it writes.",
    )
    record.add_argument("url", metavar="URL", help="the gateway, http://host:8080")
    record.add_argument("--out", type=Path, required=True, metavar="FILE", help="the recording to write")
    record.add_argument("--secret", help="its secret; better in the variable TYK_GW_SECRET")
    record.add_argument(
        "--gateway", default="auto", metavar="VERSION", help="version to write down (as /hello says)"
    )
    record.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="its working directory with policies/ and apps/, for scenarios that need files",
    )
    record.add_argument(
        "--conf", type=Path, metavar="FILE", help="its tyk.conf, for scenarios that need a configuration"
    )
    record.add_argument(
        "--scenarios",
        action="append",
        default=[],
        metavar="PREFIX",
        help="only scenarios whose names begin so; may be repeated",
    )
    record.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from contract_tests.engine.preflight import look
    from contract_tests.gateway.service import GATEWAY
    from mockserver.evidence.recorder import SECRET, Recorder
    from mockserver.evidence.scenarios import load_scenarios
    from mockserver.http.client import Client

    scenarios = load_scenarios(tuple(options.scenarios))
    secret = secret_of(options)
    found = look(GATEWAY, options.url, secret, options.gateway)
    recorded = skipped = 0
    with Client(options.url, timeout=30) as client, options.out.open("w", encoding="utf-8") as out:
        directory = options.directory.absolute() if options.directory else None
        recorder = Recorder(client, secret, directory, _configuration(options.conf))
        recorder.check_empty()
        today = datetime.now(UTC).date().isoformat()
        _write(out, {"gateway": str(found.version), "secret": SECRET, "recorded": today})
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
    print(f"{recorded} scenarios of gateway {found.version} in {options.out}, {skipped} skipped")
    return CONFORMS


def _write(out: Any, line: dict[str, Any]) -> None:
    out.write(json.dumps(line, ensure_ascii=False) + "\n")


def _configuration(path: Path | None) -> dict[str, Any]:
    """All keys of a tyk.conf, dotted; none where no file is named."""
    from mockserver.gateway.config import read_flat

    return read_flat(path) if path else {}
