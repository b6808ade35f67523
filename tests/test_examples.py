"""The examples pass their own tests, copied elsewhere as a reader would copy them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import LEAN, QUIET

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent / "examples"
LANGUAGES = ("python", "go", "javascript")
BIN = Path(sys.executable).parent  # has the command tyk-contract
PATH = os.pathsep.join(
    [str(BIN), os.environ["PATH"], "/usr/local/go/bin"]
)  # the last is where Go's archive goes
SECONDS = 180  # that the tests of an example may take, with the compiler
ENVIRONMENT = {
    "PATH": PATH,
    "PYTEST_ADDOPTS": shlex.join(LEAN),
    "GOFLAGS": "-count=1",  # else Go shows the result of the last run
    "GOTOOLCHAIN": "local",
}


def command_of(example: Path) -> list[str]:
    """The command in the README of an example."""
    block = re.search(r"```sh\n(.*?)(?:  #.*)?\n```", (example / "README.md").read_text())
    assert block is not None
    return shlex.split(block[1])


@pytest.fixture(name="example", params=LANGUAGES)
def _example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an example; the test is skipped if its language is not installed."""
    example = EXAMPLES / request.param
    name = command_of(example)[0]
    if shutil.which(name, path=PATH) is None:
        pytest.skip(f"{name} is not installed, which the example in {request.param} needs")
    return Path(shutil.copytree(example, tmp_path / request.param))


def run_tests(example: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of a copy by the command of its README."""
    name, *arguments = command_of(example)
    command = shutil.which(name, path=PATH)
    assert command is not None
    return subprocess.run(
        [command, *arguments], cwd=example, env=QUIET | ENVIRONMENT, timeout=SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_example_passes_its_tests(example: Path) -> None:
    """The tests of each example pass, with the installed command and nothing else of this repository."""
    process = run_tests(example)
    assert process.returncode == 0, process.stdout + process.stderr


def test_an_example_notices_a_client_without_retries(example: Path) -> None:
    """The tests of each example fail for a client that sends each request once."""
    for path in example.glob("*publish*"):
        path.write_text(
            re.sub(r"(attempts(?:=| = |: ))3\b", r"\g<1>1", path.read_text(), flags=re.IGNORECASE)
        )
    process = run_tests(example)
    assert process.returncode == 1
    assert "lost" in process.stdout.lower()


def test_each_example_is_listed() -> None:
    """examples/README.md names each example, and no other."""
    listed = re.findall(r"^\| \[(\w+)\]\(\1\)", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
