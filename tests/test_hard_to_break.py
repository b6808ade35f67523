"""The mock survives malformed requests, load and kills; bench/ has these tests as longer commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from asking import send

from mockserver import MockGateway

pytestmark = pytest.mark.slow  # whole commands and servers

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ("bench.bad_input", "--count", "1000"),
        ("bench.bad_input", "--count", "300", "--service", "dashboard"),
        ("bench.kills", "--times", "3"),
        ("bench.kills", "--times", "1", "--service", "dashboard"),
        ("bench.soak", "--seconds", "2", "--clients", "16"),
        ("bench.soak", "--seconds", "2", "--clients", "16", "--directory"),
        ("bench.soak", "--seconds", "1", "--clients", "8", "--directory", "--service", "dashboard"),
        ("bench.deployment", "kill", "--seconds", "8", "--planes", "1", "--seed", "2"),
        ("bench.deployment", "spread", "--policies", "50", "--planes", "1"),
        ("bench.hostile", "gateway", "--cases", "100"),
        ("bench.hostile", "dashboard", "--cases", "100"),
        ("bench.hostile", "suite", "--cases", "5", "--seed", "5"),
    ],
    ids=" ".join,
)
def test_the_mock_survives(command: tuple[str, ...]) -> None:
    """A mock answers every request, and keeps each acknowledged write, also after a kill; the suite survives too."""
    process = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize("depth", [1_000, 9_990])
def test_deep_nesting_of_a_wrong_type_is_refused(depth: int) -> None:
    """The gateway refuses a deeply nested array where an object belongs, without recursion."""
    body = b'{"id":"deep","meta_data":' + b"[" * depth + b"]" * depth + b"}"
    with MockGateway() as gateway:
        headers = [("X-Tyk-Authorization", gateway.secret)]
        assert send(gateway, "POST", "/tyk/policies", headers, body).status == 400
