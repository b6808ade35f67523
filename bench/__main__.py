"""Measure the mock beside its peers, print medians as multiples of Prism, and write results and the page."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import load, page
from bench.servers import ROOT, BenchError, Kind, ours, peers, started

RESULTS = Path(__file__).parent / "results"
SIZES = (1, 100, 10_000)  # policies of a reload
SOAK = 100_000  # requests before memory is looked at
BASE = "prism"


OURS = (sys.executable, "-m", "mockserver")


def main() -> int:
    """Do it; return the exit code."""
    options = _options()
    try:
        load.check_tools()
        with tempfile.TemporaryDirectory(prefix="tyk-contract-bench-") as folder:
            results = _measure(options, Path(folder))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{results['date'][:10]}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    text = page.made_of(results)
    (ROOT / "docs" / "performance.md").write_text(text, "utf-8")
    print(text)
    print(f"written to {path.relative_to(ROOT)} and docs/performance.md")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of each kind of request (3)")
    parser.add_argument("--seconds", type=int, default=4, metavar="N", help="of load in a round (4)")
    parser.add_argument("--no-peers", action="store_true", help="only ours")
    parser.add_argument(
        "--vendor-spec", type=Path, metavar="FILE", help="the vendor's OpenAPI file, for its cold start"
    )
    return parser.parse_args()


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    (folder / "policies").mkdir()
    kinds = [ours(), ours(folder / "policies"), *([] if options.no_peers else peers())]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "cold": {kind.name: _cold(kind) for kind in kinds},
        "cold_vendor": _cold(ours(spec=options.vendor_spec)) if options.vendor_spec else None,
        "load": _load(kinds, options.rounds, options.seconds),
        "reload": _reloads(folder),
        "growth": _growth(options.seconds),
        "memory": {kind.name: _memory(kind) for kind in kinds},
        "verify": statistics.median(_timed([*OURS, "verify"]) for _ in range(3)),
        "quick": statistics.median(_timed([*OURS, "verify", "--quick"]) for _ in range(3)),
        "help": statistics.median(_timed([*OURS, "--help"]) for _ in range(5)),
        "plugin": statistics.median(_plugin() for _ in range(5)),
    }


def _load(kinds: list[Kind], rounds: int, seconds: int) -> dict[str, dict[str, Any]]:
    """Each case on each server, in turns; the median of each figure."""
    found: dict[str, dict[str, list[load.Measured]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for kind in kinds:
            with started(kind) as server:
                if kind.is_ours:
                    load.seed(server, 100)
                for case in load.CASES:
                    found[case.name][kind.name].append(load.measure(server, case, seconds))
    fields = ("per_second", "cpu_us", "p99_ms", "failed")
    return {
        case: {
            name: {field: statistics.median(getattr(each, field) for each in measured) for field in fields}
            for name, measured in of.items()
        }
        for case, of in found.items()
    }


def _cold(kind: Kind) -> float:
    """Seconds to the first answer, the median of five starts."""
    taken = []
    for _ in range(5):
        with started(kind) as server:
            taken.append(server.cold)
    return statistics.median(taken)


def _memory(kind: Kind) -> list[float]:
    """Megabytes after the start, and after many requests."""
    with started(kind) as server:
        found = [server.memory_mb()]
        if kind.is_ours:
            load.seed(server, 1)
        sent = 0.0
        while sent < SOAK:
            sent += 4 * load.measure(server, load.CASES[0], 4).per_second
            sent += 2 * load.measure(server, load.CASES[2], 2).per_second
        return [*found, server.memory_mb()]


def _reloads(folder: Path) -> dict[str, dict[str, float]]:
    """Seconds of a reload by the number of policies."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for size in SIZES:
        place = folder / f"policies-{size}"
        place.mkdir()
        for kind in (ours(), ours(place)):
            with started(kind) as server:
                load.seed(server, size)
                found[kind.name][str(size)] = load.reload_seconds(server)
    return found


def _growth(seconds: int) -> dict[str, dict[str, float]]:
    """Microseconds of CPU for one request by the number of policies."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for size in SIZES:
        with started(ours()) as server:
            load.seed(server, size)
            for case in (load.CASES[0], load.CASES[2]):
                found[case.name][str(size)] = load.measure(server, case, seconds).cpu_us
    return found


def _plugin() -> float:
    """Milliseconds that the pytest plugin adds to a session that does not use it: its imports."""
    command = [sys.executable, "-X", "importtime", "-c", "import pytest, mockserver.pytest_plugin"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    *_, last = done.stderr.splitlines()  # the plugin, with all that it imports
    return int(last.split("|")[1]) / 1000


def _timed(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - begun


def _machine() -> dict[str, str]:
    cores = Path("/proc/cpuinfo").read_text()
    model = next(
        (line.partition(": ")[2] for line in cores.splitlines() if line.startswith("model name")), ""
    )
    return {
        "cores": str(cores.count("processor\t")),
        "cpu": model,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
