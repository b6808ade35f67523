"""Run a whole deployment, a Dashboard on a Redis with data planes: kill its parts, or measure changes.

Exit codes: 0 all gateways ended with the acknowledged policies, 1 one did not, 2 a part did not start.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench import deployment_kills, deployment_spread
from bench.deployment_setup import deployed
from bench.servers import BenchError


def main() -> int:
    """Run the command and print the result; return the exit code."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that the parts stop with a terminated run
    try:
        with tempfile.TemporaryDirectory(prefix="tyk-contract-deployment-") as folder:
            code: int = options.run(options, options.logs or Path(folder))
    except BenchError as error:
        print(f"deployment: {error}", file=sys.stderr)
        return 2
    return code


def _kill(options: argparse.Namespace, folder: Path) -> int:
    with deployed(folder, options.planes, has_node=True, durable=True) as deployment:
        outcome = deployment_kills.kill(deployment, options.seconds, options.seed)
    if outcome.faults:
        print(*outcome.timeline, *outcome.faults, sep="\n")
    print(*outcome.lines, sep="\n")
    print(f"{len(outcome.faults)} faults in {options.seconds:g} s, seed {options.seed}")
    return 1 if outcome.faults else 0


def _spread(options: argparse.Namespace, folder: Path) -> int:
    with deployed(folder, options.planes, has_node=False, durable=False) as deployment:
        for line in deployment_spread.measure(deployment, options.policies):
            print(line, flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.deployment", description=__doc__)
    commands = parser.add_subparsers(required=True)
    kill = commands.add_parser(
        "kill",
        help="Kill parts at random moments.",
        description="Kill Redis, Dashboard, data planes and a node at random moments under a load of writes, "
        "and start them again. No gateway may serve a policy that is torn or was never written, and at the "
        "end each must have the last acknowledged ones.",
    )
    kill.add_argument("--seconds", type=float, default=60, metavar="S", help="Duration of the kills (60).")
    kill.add_argument("--seed", type=int, default=0, metavar="N", help="Seed of the moments and writes (0).")
    kill.set_defaults(run=_kill)
    spread = commands.add_parser(
        "spread",
        help="Measure how fast changes reach all planes.",
        description="Import policies, then change one, and print the seconds from the answer of the "
        "Dashboard until all data planes have loaded it, the CPU seconds, and the memory of each part.",
    )
    spread.add_argument(
        "--policies", type=int, default=10_000, metavar="N", help="Number of policies (10000)."
    )
    spread.set_defaults(run=_spread)
    for command, planes in ((kill, 3), (spread, 10)):
        command.add_argument(
            "--planes", type=int, default=planes, metavar="N", help=f"Number of data planes ({planes})."
        )
        command.add_argument("--logs", type=Path, metavar="DIR", help="Directory that keeps the logs.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
