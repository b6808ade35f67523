"""Attack the mocks as a hostile client, and the suite as a hostile server, with what a seed generates.

A mock must answer each case in time, in well-framed HTTP, without a failure of its own. The commands of the
suite must end in time, print no traceback and no control character, and never name a thing of others in a
write. None may take more memory than a bound, and each must end in ten seconds if it is asked to.
`--case N` repeats one case of a seed.
Exit codes: 0 all is well, 1 there are faults, 2 a server did not start.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

from bench import hostile_client
from bench.servers import SERVICES, BenchError, Running, our, started

SIDES = (*SERVICES, "suite")
MAX_MB = {"gateway": 400, "dashboard": 400, "suite": 600}  # of the process that is attacked
END_SECONDS = 10.0  # from SIGTERM to the end of a process
BLOCK = 2_500  # cases with one configuration
FLAGS = {"gateway": ("--gateway", "5.14"), "dashboard": ()}  # of the mock, so that it has MCP proxies
CONFIGURATIONS: dict[str, tuple[dict[str, str], ...]] = {  # variables of the odd and the even blocks
    "gateway": ({}, {"TYK_GW_HASHKEYS": "true", "TYK_GW_ENABLEHASHEDKEYSLISTING": "true"}),
    "dashboard": ({}, {"TYK_DB_ALLOWUNSAFEPOLICYIDS": "true"}),
}
SHOWN = 40  # faults that are printed


def main() -> int:
    """Run the attack and print the figures; return the exit code."""
    options = _options()
    sides = SIDES if options.side == "all" else (options.side,)
    try:
        faults = sum(len(_attack(side, options)) for side in sides)
    except BenchError as error:
        print(f"hostile: {error}", file=sys.stderr)
        return 2
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument(
        "side", nargs="?", default="all", choices=["all", *SIDES],
        help="What is attacked: a mock, or the commands of the suite (all).",
    )  # fmt: skip
    parser.add_argument("--cases", type=int, default=10_000, metavar="N", help="Cases of each side (10,000).")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="Seed of the cases (0).")
    parser.add_argument("--case", type=int, metavar="N", help="Only the case with this number.")
    parser.add_argument(
        "--seconds",
        type=float,
        default=600,
        metavar="S",
        help="Time for each side; later cases are left out (600).",
    )
    return parser.parse_args()


def _attack(side: str, options: argparse.Namespace) -> list[str]:
    numbers = range(options.cases) if options.case is None else range(options.case, options.case + 1)
    started_at = time.monotonic()
    if side == "suite":
        from bench import hostile_server

        outcome, memory = hostile_server.attack(options.seed, numbers, options.seconds)
    else:
        outcome, memory = _attack_mock(side, options.seed, numbers, options.seconds)
    if memory > MAX_MB[side]:
        outcome.faults.append(f"it takes {memory:.0f} MB, must be at most {MAX_MB[side]}")
    for kind, statuses in sorted(outcome.statuses.items()):
        print(f"{kind:15}", ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items())))
    print(*outcome.faults[:SHOWN], sep="\n", end="\n" if outcome.faults else "")
    print(
        f"{side}: {outcome.cases} of {len(numbers)} cases in {time.monotonic() - started_at:.0f} s, ", end=""
    )
    print(f"{len(outcome.faults)} faults, longest case {outcome.longest:.1f} s, {memory:.0f} MB", flush=True)
    return outcome.faults


def _attack_mock(
    service: str, seed: int, numbers: range, seconds: float
) -> tuple[hostile_client.Outcome, float]:
    """Attack a mock, a new one with another configuration for each block; the outcome, and megabytes."""
    outcome, memory, end = hostile_client.Outcome(), 0.0, time.monotonic() + seconds
    while numbers and time.monotonic() < end:
        block = numbers[: BLOCK - numbers[0] % BLOCK]
        numbers = numbers[len(block) :]
        environment = CONFIGURATIONS[service][block[0] // BLOCK % 2]
        kind = our(service)
        kind = replace(kind, command=(*kind.command, *FLAGS[service]), environment=environment)
        with tempfile.TemporaryFile() as log:
            with started(kind, log=log) as server:
                asyncio.run(
                    hostile_client.attack(server, service, seed, block, end - time.monotonic(), outcome)
                )
                memory = max(memory, server.memory_mb())
                outcome.faults += _end(server)
            log.seek(0)
            lines = log.read().decode("utf-8", "replace").splitlines()
        outcome.faults += [f"the mock logs: {line[:300]}" for line in lines]
    return outcome, memory


def _end(server: Running) -> list[str]:
    """Ask a server to end; the fault if it does not in time."""
    server.process.terminate()
    try:
        server.process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        return [f"the mock does not end within {END_SECONDS:g} s of SIGTERM"]
    return []


if __name__ == "__main__":
    sys.exit(main())
