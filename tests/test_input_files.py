"""Files that commands are given are read within bounds, and what is beyond them is refused with a line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from serving import COMMAND

from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.selection import Selection
from contract_tests.gateway.service import GATEWAY
from contract_tests.report import baseline
from contract_tests.report.conformance.implementation import Implementation
from mockserver.cli.comparison import reports
from mockserver.cli.main import main
from mockserver.console.credentials import read_file
from mockserver.console.input_files import content_within
from mockserver.evidence.recording import read_recording
from mockserver.gateway.config import Config
from mockserver.golang import json_size
from mockserver.http.connection_settings import LONGEST_FILE, ConnectionSettings
from mockserver.storage.snapshot import content_of

READERS: dict[str, Callable[[Path], object]] = {
    "--header": lambda path: ConnectionSettings.of(headers=[f"@{path}"]),
    "--cert": lambda path: ConnectionSettings.of(cert=str(path)),
    "--secret-file": lambda path: read_file(str(path), "--secret-file"),
    "--baseline": lambda path: baseline.read(path, {}),
    "--failed": lambda path: Selection.of(RunOptions(failed=path), GATEWAY),
    "--implementation": Implementation.read,
    "--conf": lambda path: Config.load(path, {}),
    "compare": reports.read,
    "parity": read_recording,
}


@pytest.mark.parametrize("option", READERS)
def test_a_file_without_an_end_is_refused(option: str, tmp_path: Path) -> None:
    """A file of many gigabytes is refused with its name, before it takes memory."""
    path = tmp_path / "endless.yaml"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match=r"over \d+ [KM]iB|over 65536 bytes") as caught:
        READERS[option](path)
    assert str(path) in str(caught.value)


def test_a_long_file_of_headers_is_not_cut(tmp_path: Path) -> None:
    """A file of headers may have 64 KiB; one of more is refused as a whole, for a line after those was lost."""
    path = tmp_path / "headers"
    lines = "".join(f"X-{number}: {'v' * 1000}\n" for number in range(60))
    path.write_text(lines + f"X-Last: {'v' * (LONGEST_FILE - len(lines) - 9)}\n")
    assert ConnectionSettings.of(headers=[f"@{path}"]).headers[-1][0] == "X-Last"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(ValueError, match="it has over 64 KiB; give a file with lines"):
        ConnectionSettings.of(headers=[f"@{path}"])


def test_a_bound_counts_all_bytes(tmp_path: Path) -> None:
    """A file of as many bytes as the bound is read whole, and one of another byte is refused."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1024)
    assert content_within(path, 1024) == content_of(path, 1024) == path.read_bytes()
    for read in (content_within, content_of):
        with pytest.raises(OSError, match="it has over"):
            read(path, 1023)


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "FILE"],
        ["why", "--session", "FILE", "--policies", "/dev/null"],
        ["impact", "--policies", "FILE", "--delete", "gold", "--keys", "FILE"],
        ["import", "FILE", "http://127.0.0.1:1"],
        ["compare", "FILE", "FILE"],
        ["verify", "--failed", "FILE"],
    ],
    ids=" ".join,
)
def test_a_command_refuses_a_file_of_too_many_values(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of more JSON values than the bound is refused with one line, before they take memory."""
    monkeypatch.setattr(json_size, "MAX_VALUES_OF_FILE", 1000)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "values.json"
    path.write_text("[" + "[]," * 500 + "[]]")
    with pytest.raises(SystemExit) as end:
        main([str(path) if word == "FILE" else word for word in arguments])
    error = capsys.readouterr().err
    assert (end.value.code, error.count("\n")) == (2, 1)
    assert f"{path}: it has over 1,000 JSON values" in error


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "FILE"],
        ["why", "--session", "FILE", "--policies", "."],
        ["why", "--session", "/dev/null", "--policies", "FILE"],
        ["impact", "--policies", "FILE", "--delete", "gold", "--keys", "FILE"],
        ["export", "FILE", "--output", "out.json"],
        ["import", "FILE", "http://127.0.0.1:1"],
    ],
    ids=" ".join,
)
def test_a_command_refuses_a_file_without_an_end(arguments: list[str], tmp_path: Path) -> None:
    """A command that reads policies or sessions refuses a file of many gigabytes with one line."""
    path = tmp_path / "endless.json"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    command = [*COMMAND, *(str(path) if word == "FILE" else word for word in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    assert "it has over 256 MiB" in done.stderr
    assert done.stderr.count("\n") == 1
