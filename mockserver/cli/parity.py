"""parity: replay recordings of real gateways and Dashboards against the mock and compare the answers."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, Commands
from mockserver.console.terminal import show


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "parity",
        help="Replay recordings of real gateways and Dashboards against the mocks and compare the answers.",
        description="Replay recordings of real gateways and Dashboards against the mocks, each scenario "
        "under its own configuration, and print the first difference of each scenario.",
        epilog="Exit codes: 0 all scenarios are identical, 1 a scenario differs, 2 usage error or internal "
        "error.",
    )
    parser.add_argument("recording", nargs="+", type=Path, metavar="FILE", help="Recording in JSON Lines.")
    parser.add_argument(
        "--scenarios",
        action="append",
        default=[],
        metavar="PREFIX",
        help="Replay only scenarios whose names begin with PREFIX. May be repeated.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Replay the recordings and print the differences; return the exit code."""
    from mockserver.evidence.recording import read_recording
    from mockserver.evidence.replay import replay

    # What a gateway logs about the files of a recording is no news of the comparison.
    logging.getLogger("tyk-contract").addHandler(logging.NullHandler())
    recordings = [(path, read_recording(path)) for path in options.recording]
    differing = total = 0
    for path, recording in recordings:
        show(f"{path}: {recording.service} {recording.version}")
        for outcome in replay(recording, tuple(options.scenarios)):
            total += 1
            differing += bool(outcome.difference)
            verdict = "differs" if outcome.difference else "identical"
            show(f"  {outcome.scenario:32} {outcome.exchanges:4} exchanges  {verdict}")
            if outcome.difference:
                show(f"    {outcome.difference}")
    if not total:
        prefixes = " or ".join(options.scenarios)
        raise ValueError(f"no scenario's name begins with {prefixes}; leave --scenarios out to replay all")
    show(f"{total - differing} of {total} scenarios identical")
    return BROKEN if differing else CONFORMS
