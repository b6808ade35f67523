"""Without a URL a part of the tests runs in another process, on a mock of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import contract_tests
from mockserver.http.echo_server import Echo

if sys.platform != "linux":
    pytest.skip("processes are not copied there", allow_module_level=True)

TESTS = ("test_get_policy.py", "test_framing.py", "test_delete_policy.py")
RUN = """
import os, sys
import pytest
from contract_tests import generated, halves, runner

report, other, *tests = sys.argv[1:]
generated.maker = lambda version: None  # none of these tests needs it
Half = halves.Half
halves.Half = lambda batch, url: Half(batch, other or url)
if other == "dies":
    halves._run = lambda *_: os._exit(1)
folder, *arguments = runner.SUITE
arguments += ["--contract-unattended", f"--contract-report={report}", "--gateway-version=5.12.0"]
sys.exit(pytest.main([*(f"{folder}/{name}" for name in tests), *arguments]))
"""


def _judged(folder: Path, other: str = "") -> dict[str, Any]:
    """The report of a run whose second mock is the server at another URL; {} where none was made."""
    report = folder / "report.json"
    subprocess.run(
        [sys.executable, "-c", RUN, report, other, *TESTS], cwd=folder, check=False, timeout=120,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
    return told


def _with(told: dict[str, Any], status: str) -> set[str]:
    return {verdict["behaviour"] for verdict in told["verdicts"] if verdict["status"] == status}


def test_each_test_has_a_verdict_wherever_it_ran(tmp_path: Path) -> None:
    """Together they judge what one process would, and those that look back see the exchanges of both."""
    told = _judged(tmp_path)
    assert told["conforms"]
    texts = [(Path(contract_tests.__file__).parent / name).read_text() for name in TESTS]
    declared = set(re.findall(r'@behaviour\("([^"]+)"', "".join(texts)))
    assert declared <= _with(told, "passed")


def test_what_fails_elsewhere_is_told(tmp_path: Path) -> None:
    """A second gateway that is none makes those tests fail that it had, and those that look back at its answers."""
    echo = Echo()
    echo.start()
    try:
        told = _judged(tmp_path, echo.url.rstrip("/"))
    finally:
        echo.stop()
    failed = _with(told, "failed")
    assert {"delete-unknown-is-500", "answers-are-compact-json"} <= failed
    assert len(failed) > len(_with(told, "passed"))
    assert echo.url.rstrip("/") in json.dumps([verdict["curl"] for verdict in told["verdicts"]])


def test_one_that_goes_away_elsewhere_is_gone(tmp_path: Path) -> None:
    """Tests that could not be judged are errors, and the report says so."""
    told = _judged(tmp_path, "http://127.0.0.1:9")
    assert (told["gone"], _with(told, "failed")) == (True, set())
    assert len(_with(told, "error")) > 2


def test_a_part_without_an_end_gives_no_report(tmp_path: Path) -> None:
    """A process that dies is a fault of ours, never a verdict."""
    assert _judged(tmp_path, "dies") == {}
