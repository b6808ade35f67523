"""The mock stands what is wrong, odd or torn, and loses nothing when it is killed; the long forms are commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from asking import send

from mockserver import MockGateway

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ("bench.bad_input", "--count", "1000"),
        ("bench.kills", "--times", "3"),
        ("bench.soak", "--seconds", "2", "--clients", "16"),
        ("bench.soak", "--seconds", "2", "--clients", "16", "--directory"),
    ],
    ids=["bad input", "kills", "soak", "soak of a directory"],
)
def test_it_stands(command: tuple[str, ...]) -> None:
    """Every request is answered, good ones are served, every acknowledged write is there, after a kill too."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("depth", [1_000, 9_990])
def test_deep_nesting_of_a_wrong_type_is_refused(depth: int) -> None:
    """By its type, without a look at all of it."""
    body = b'{"id":"deep","meta_data":' + b"[" * depth + b"]" * depth + b"}"
    with MockGateway() as gateway:
        headers = [("X-Tyk-Authorization", gateway.secret)]
        assert send(gateway, "POST", "/tyk/policies", headers, body).status == 400
