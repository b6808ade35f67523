"""parity: replay recordings of real gateways against the mock."""

from __future__ import annotations

import argparse
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, Commands


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parity = commands.add_parser(
        "parity",
        help="replay recordings of real gateways against the mock",
        description="Replay recordings against the mock, each scenario under its own configuration, "
        "and say where the answers differ. Exit 0 when all are identical, 1 when one is not.",
    )
    parity.add_argument("recording", nargs="+", type=Path, metavar="RECORDING")
    parity.add_argument(
        "--scenarios",
        action="append",
        default=[],
        metavar="PREFIX",
        help="only scenarios whose names begin so; may be repeated",
    )
    parity.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from mockserver.evidence.recording import read_recording
    from mockserver.evidence.replay import replay

    recordings = [(path, read_recording(path)) for path in options.recording]
    differing = total = 0
    for path, recording in recordings:
        print(f"{path}: gateway {recording.gateway}")
        for outcome in replay(recording, tuple(options.scenarios)):
            total += 1
            differing += bool(outcome.difference)
            word = "differs" if outcome.difference else "identical"
            print(f"  {outcome.scenario:32} {outcome.exchanges:4} exchanges  {word}")
            if outcome.difference:
                print(f"    {outcome.difference}")
    if not total:
        raise ValueError("no scenario begins so; leave --scenarios out to see all")
    print(f"{total - differing} of {total} scenarios identical")
    return BROKEN if differing else CONFORMS
