"""Measure the mock beside its peers, write the results and docs/performance.md, and print that page."""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import load, page
from bench.real_gateway import real_gateway
from bench.servers import ROOT, BenchError, Kind, our_dashboard, ours, peers, started

RESULTS = Path(__file__).parent / "results"
SIZES = (1, 100, 10_000)  # policies of a reload
SOAK = 100_000  # requests before the second measurement of memory
SOAK_SECONDS = 120  # at most, for a slow server
LOGS: dict[str, tuple[str, ...]] = {
    "--quiet": ("--quiet",),
    "default": (),
    "--log-format json": ("--log-format", "json"),
}
OURS = (sys.executable, "-m", "mockserver")


def main() -> int:
    """Run the measurements; return the exit code: 0, or 2 if a server or tool is missing."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that servers stop with a terminated run
    try:
        load.check_tools()
        with (
            tempfile.TemporaryDirectory(prefix="tyk-contract-bench-") as folder,
            _gateway(options, Path(folder) / "gateway") as gateways,
        ):
            results = _measure(options, Path(folder), gateways)
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
    parser.add_argument(
        "--gateway-binary",
        type=Path,
        metavar="PATH",
        help="Program of a real Tyk Gateway, which is started with its own Redis and measured too.",
    )
    parser.add_argument(
        "--gateway-templates",
        type=Path,
        metavar="DIR",
        help="Templates of the real gateway, its template_path; the directory templates beside the program "
        "if left out.",
    )
    parser.add_argument(
        "--redis-binary",
        default="redis-server",
        metavar="PATH",
        help="Program of Redis for the real gateway (redis-server).",
    )
    return parser.parse_args()


@contextlib.contextmanager
def _gateway(options: argparse.Namespace, folder: Path) -> Iterator[list[Kind]]:
    """The real gateway of the flags in a list, which is empty without --gateway-binary."""
    binary: Path | None = options.gateway_binary
    if binary is None:
        yield []
        return
    templates = options.gateway_templates or binary.parent / "templates"
    with real_gateway(binary, templates, options.redis_binary, folder) as kind:
        yield [kind]


def _measure(options: argparse.Namespace, folder: Path, gateways: list[Kind]) -> dict[str, Any]:
    (folder / "policies").mkdir()
    kinds = [ours(), ours(folder / "policies"), *gateways, *([] if options.no_peers else peers())]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "cold": {kind.name: _cold(kind) for kind in kinds},
        "cold_vendor": _cold(ours(spec=options.vendor_spec)) if options.vendor_spec else None,
        "load": _load(kinds, options.rounds, options.seconds),
        "dashboard": _dashboard(folder, options.rounds, options.seconds),
        "reload": _reloads(folder),
        "growth": _growth(options.seconds),
        "fsync": _fsync(folder, options.seconds),
        "log": _log(options.rounds, options.seconds),
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
                load.seed(server, 100)
                for case in load.CASES:
                    samples[case.name][kind.name].append(load.measure(server, case, seconds))
    return _medians(samples)


def _medians(samples: Mapping[str, Mapping[str, list[load.Measured]]]) -> dict[str, dict[str, Any]]:
    """The median of each figure, by case and server."""
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


def _dashboard(folder: Path, rounds: int, seconds: int) -> dict[str, dict[str, Any]]:
    """The median figures of every case on our mock Dashboard, in memory and on a directory.

    Each measurement has a new Dashboard with 100 policies, for what is created would slow down the rest.
    """
    samples: dict[str, dict[str, list[load.Measured]]] = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for case in load.DASHBOARD_CASES:
            for state in (None, folder / f"state-{number}-{case.method}-{len(case.path)}"):
                with started(our_dashboard(state)) as server:
                    load.seed_dashboard(server, 100)
                    name = "on a directory" if state else "in memory"
                    samples[case.name][name].append(load.measure(server, case, seconds))
    return _medians(samples)


def _cold(kind: Kind) -> float:
    """Seconds from start to first answer, the median of five starts."""
    durations = []
    for _ in range(5):
        with started(kind) as server:
            durations.append(server.cold)
    return statistics.median(durations)


def _memory(kind: Kind) -> list[float]:
    """Megabytes of memory after the start, and after `SOAK` requests or `SOAK_SECONDS`.

    Of our mock also after one more, the first to `/_mock/`, which imports Flask.
    """
    with started(kind) as server:
        at_start = server.memory_mb()
        load.write_policy(server)
        requests = 0.0
        deadline = time.monotonic() + SOAK_SECONDS
        while requests < SOAK and time.monotonic() < deadline:
            requests += 4 * load.measure(server, load.CASES[0], 4).per_second
            requests += 2 * load.measure(server, load.CASES[2], 2).per_second
        figures = [at_start, server.memory_mb()]
        if kind.is_ours:
            load.ask(server, "GET", "/_mock/state")
            figures.append(server.memory_mb())
        return figures


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


def _fsync(folder: Path, seconds: int) -> dict[str, dict[str, float]]:
    """PUTs a second on a directory, and their 99th percentile in milliseconds, without and with --fsync."""
    figures = {}
    directory = folder / "policies-fsync"
    directory.mkdir()
    for name, fsync in (("without", False), ("with", True)):
        with started(ours(directory, fsync=fsync)) as server:
            load.seed(server, 1)
            measured = load.measure(server, load.CASES[2], seconds)
            figures[name] = {"per_second": measured.per_second, "p99_ms": measured.p99_ms}
    return figures


def _log(rounds: int, seconds: int) -> dict[str, dict[str, Any]]:
    """The median figures of requests to our mock by case and form of its log, which goes to a file."""
    samples: dict[str, dict[str, list[load.Measured]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for name, flags in LOGS.items():
            with tempfile.TemporaryFile() as log, started(ours(log=flags), log=log) as server:
                load.seed(server, 100)
                for case in (load.CASES[0], load.CASES[2]):
                    samples[case.name][name].append(load.measure(server, case, seconds))
    return _medians(samples)


def _plugin() -> float:
    """Milliseconds that the import of the pytest plugin adds to a session that does not use it."""
    command = [sys.executable, "-X", "importtime", "-c", "import pytest, mockserver.serving.pytest_plugin"]
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
