"""Measure the mock beside its peers, write the results and docs/performance.md, and print that page."""

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
SOAK = 100_000  # requests before the second measurement of memory


OURS = (sys.executable, "-m", "mockserver")


def main() -> int:
    """Run the measurements; return the exit code: 0, or 2 if a server or tool is missing."""
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
    text = page.markdown(results)
    (ROOT / "docs" / "performance.md").write_text(text, "utf-8")
    print(text)
    print(f"written to {path.relative_to(ROOT)} and docs/performance.md")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="Rounds of each kind of request (3)."
    )
    parser.add_argument("--seconds", type=int, default=4, metavar="N", help="Seconds of load in a round (4).")
    parser.add_argument("--no-peers", action="store_true", help="Measure our mock without its peers.")
    parser.add_argument(
        "--vendor-spec",
        type=Path,
        metavar="FILE",
        help="The vendor's OpenAPI file, to measure a cold start with it.",
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
    """The median figures of every case on every server; the servers take turns in each round."""
    samples: dict[str, dict[str, list[load.Measured]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for kind in kinds:
            with started(kind) as server:
                if kind.is_ours:
                    load.seed(server, 100)
                for case in load.CASES:
                    samples[case.name][kind.name].append(load.measure(server, case, seconds))
    fields = ("per_second", "cpu_us", "p99_ms", "failed")
    return {
        case: {
            name: {
                field: statistics.median(getattr(sample, field) for sample in of_server) for field in fields
            }
            for name, of_server in of_case.items()
        }
        for case, of_case in samples.items()
    }


def _cold(kind: Kind) -> float:
    """Seconds from start to first answer, the median of five starts."""
    durations = []
    for _ in range(5):
        with started(kind) as server:
            durations.append(server.cold)
    return statistics.median(durations)


def _memory(kind: Kind) -> list[float]:
    """Megabytes of memory after the start, and after `SOAK` requests."""
    with started(kind) as server:
        at_start = server.memory_mb()
        if kind.is_ours:
            load.seed(server, 1)
        requests = 0.0
        while requests < SOAK:
            requests += 4 * load.measure(server, load.CASES[0], 4).per_second
            requests += 2 * load.measure(server, load.CASES[2], 2).per_second
        return [at_start, server.memory_mb()]


def _reloads(folder: Path) -> dict[str, dict[str, float]]:
    """Seconds of a reload by server and number of policies."""
    figures: dict[str, dict[str, float]] = defaultdict(dict)
    for size in SIZES:
        directory = folder / f"policies-{size}"
        directory.mkdir()
        for kind in (ours(), ours(directory)):
            with started(kind) as server:
                load.seed(server, size)
                figures[kind.name][str(size)] = load.reload_seconds(server)
    return figures


def _growth(seconds: int) -> dict[str, dict[str, float]]:
    """Microseconds of CPU for one request by kind of request and number of policies."""
    figures: dict[str, dict[str, float]] = defaultdict(dict)
    for size in SIZES:
        with started(ours()) as server:
            load.seed(server, size)
            for case in (load.CASES[0], load.CASES[2]):
                figures[case.name][str(size)] = load.measure(server, case, seconds).cpu_us
    return figures


def _plugin() -> float:
    """Milliseconds that the import of the pytest plugin adds to a session that does not use it."""
    command = [sys.executable, "-X", "importtime", "-c", "import pytest, mockserver.pytest_plugin"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    *_, last = process.stderr.splitlines()  # the plugin and its own imports
    return int(last.split("|")[1]) / 1000


def _timed(command: list[str]) -> float:
    started_at = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - started_at


def _machine() -> dict[str, str]:
    cpu_info = Path("/proc/cpuinfo").read_text()
    model = next(
        (line.partition(": ")[2] for line in cpu_info.splitlines() if line.startswith("model name")), ""
    )
    return {
        "cores": str(cpu_info.count("processor\t")),
        "cpu": model,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
