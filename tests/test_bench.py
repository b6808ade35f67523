"""The bench: its page compares the mock with a real gateway, and its errors name the next step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import load, page
from bench.__main__ import LOGS
from bench.real_gateway import real_gateway
from bench.servers import BenchError

RESULTS = Path(page.__file__).parent / "results"


@pytest.fixture(name="results")
def _results() -> dict[str, Any]:
    """The newest results in the repository, with a real gateway half as fast as our mock in memory."""
    results: dict[str, Any] = json.loads(max(RESULTS.glob("*.json")).read_text("utf-8"))
    for figures in results["load"].values():
        ours = figures["ours"]
        figures["gateway"] = {**ours, "per_second": ours["per_second"] / 2}
    results["cold"]["gateway"] = 2 * results["cold"]["ours"]
    results["memory"]["gateway"] = [2 * size for size in results["memory"]["ours"]]
    return results


def test_the_page_compares_with_a_real_gateway(results: dict[str, Any]) -> None:
    """The factor of the mock stands beside each figure, with the required one where there is one."""
    rows = {line.split(" | ")[0]: line for line in page.markdown(results).splitlines() if " x" in line}
    assert "(2.00 x, required 1.3 x)" in rows["| PUT, a second"]
    assert "missed" not in rows["| GET one, a second"]
    assert "(2.0 x)" in rows["| cold start"]
    assert "(2.0 x)" in rows["| memory after 100,000 requests"]


def test_a_missed_requirement_is_marked(results: dict[str, Any]) -> None:
    """A mock that is slower than required is marked in the table."""
    results["load"]["PUT"]["gateway"]["per_second"] *= 1.6
    row = next(line for line in page.markdown(results).splitlines() if line.startswith("| PUT, a second"))
    assert "(1.25 x, required 1.3 x: missed)" in row


def test_a_page_without_a_real_gateway_has_no_comparison(results: dict[str, Any]) -> None:
    """The section is left out if no real gateway was measured."""
    del results["cold"]["gateway"]
    assert "Beside a real gateway" not in page.markdown(results)


def test_the_page_has_the_price_of_waiting_for_the_disk(results: dict[str, Any]) -> None:
    """The page tells how many writes a second there are with `--fsync`, and leaves out what was not measured."""
    results["fsync"] = {
        "without": {"per_second": 6000.4, "p99_ms": 3.0},
        "with": {"per_second": 1234.5, "p99_ms": 21.0},
    }
    results["load"]["PUT"]["gateway"]["per_second"] = 4399.0
    line = (
        "PUT on a directory: 6,000 a second, and 1,234 with `--fsync` (99 % within 21.0 ms), which waits for "
        "the disk; a real gateway, which never waits, answers 4,399."
    )
    assert line in page.markdown(results).splitlines()
    for figures in results["load"].values():
        del figures["gateway"]
    del results["cold"]["gateway"]
    alone = line.replace("; a real gateway, which never waits, answers 4,399", "")
    assert alone in page.markdown(results).splitlines()
    del results["fsync"]
    assert "--fsync" not in page.markdown(results)


def test_the_page_has_the_price_of_the_log(results: dict[str, Any]) -> None:
    """The page tells what the log costs beside `--quiet`, and leaves out what was not measured."""
    rates = {"--quiet": (40000.4, 25.0), "default": (30000.0, 32.5), "--log-format json": (29000.0, 33.0)}
    figures = {name: {"per_second": rate, "cpu_us": cpu} for name, (rate, cpu) in rates.items()}
    assert list(rates) == list(LOGS)
    results["log"] = {"GET one": figures}
    line = (
        "GET one by the log, which goes to a file: --quiet 40,000 a second (25 us, 1.00 x), "
        "default 30,000 a second (32 us, 1.30 x), --log-format json 29,000 a second (33 us, 1.32 x)."
    )
    assert line in page.markdown(results).splitlines()
    del results["log"]
    assert "by the log" not in page.markdown(results)


def test_the_page_has_the_mock_dashboard(results: dict[str, Any]) -> None:
    """Each kind of request to the mock Dashboard has a row, and older results, which have none, no table."""
    figures = {"per_second": 4000.4, "cpu_us": 250.0, "p99_ms": 9.5, "failed": 0}
    results["dashboard"] = {
        case.name: {"in memory": figures, "on a directory": figures} for case in load.DASHBOARD_CASES
    }
    cell = "4,000 (250 us), 99 % in 9.5 ms"
    assert f"| create | {cell} | {cell} |" in page.markdown(results).splitlines()
    del results["dashboard"]
    assert "Dashboard" not in page.markdown(results)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """The message names the flag and its value."""
    with (
        pytest.raises(BenchError, match=r"--gateway-binary /no/tyk: there is no such file"),
        real_gateway(Path("/no/tyk"), tmp_path, "redis-server", tmp_path / "gateway"),
    ):
        pass
